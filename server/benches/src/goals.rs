//! What Tickertape is to reach, as ratios within a round.

use crate::results::{Of, Results, Spread};
use crate::servers::{DURABLE_STREAMS, GO, LIMIT, NCHAN, TICKERTAPE};
use crate::workloads::{CPU, MEMORY, P99, PUBLISH_CPU, RATE, STALLED, WITHOUT_PUBLISH};

/// One ratio to one bound.
pub(crate) struct Goal {
    one: Of,
    /// Held against another figure, or by itself.
    other: Option<Of>,
    at_most: bool,
    bound: f64,
}

/// How near it is.
pub(crate) struct Standing {
    pub(crate) words: String,
    pub(crate) spread: Spread,
    pub(crate) reached: bool,
}

const fn of(workload: &'static str, server: &'static str, figure: &'static str) -> Of {
    Of {
        workload,
        server,
        figure,
    }
}

const fn at_most(one: Of, other: Of, bound: f64) -> Goal {
    Goal {
        one,
        other: Some(other),
        at_most: true,
        bound,
    }
}

const fn at_least(one: Of, other: Of, bound: f64) -> Goal {
    Goal {
        one,
        other: Some(other),
        at_most: false,
        bound,
    }
}

const fn ours(workload: &'static str) -> Of {
    of(workload, TICKERTAPE, CPU)
}

pub(crate) const GOALS: &[Goal] = &[
    at_most(ours("F1"), of("F1", LIMIT, CPU), 1.10),
    at_least(of("F1", NCHAN, CPU), ours("F1"), 1.45),
    at_least(of("F1", GO, CPU), ours("F1"), 1.8),
    at_most(ours("F1K"), of("F1K", LIMIT, CPU), 1.10),
    at_least(of("F1K", NCHAN, CPU), ours("F1K"), 1.45),
    at_least(of("F1K", GO, CPU), ours("F1K"), 1.8),
    at_most(ours("F2"), of("F2", LIMIT, CPU), 1.15),
    at_least(of("F2", NCHAN, CPU), ours("F2"), 1.35),
    at_most(ours("F3"), of("F3", LIMIT, CPU), 0.6),
    at_most(of("F3", TICKERTAPE, P99), of("F3", NCHAN, P99), 1.0),
    at_most(ours("T"), ours("F1"), 1.2),
    at_most(of("T", TICKERTAPE, WITHOUT_PUBLISH), ours("F1"), 1.2),
    Goal {
        one: of("I", TICKERTAPE, MEMORY),
        other: None,
        at_most: true,
        bound: 0.5,
    },
    at_least(of("R", NCHAN, CPU), ours("R"), 20.0),
    at_least(
        of("P", TICKERTAPE, RATE),
        of("P", DURABLE_STREAMS, RATE),
        1.0,
    ),
    at_most(
        of("P", TICKERTAPE, PUBLISH_CPU),
        of("P", DURABLE_STREAMS, PUBLISH_CPU),
        1.0,
    ),
    Goal {
        one: of("S", TICKERTAPE, STALLED),
        other: None,
        at_most: true,
        bound: 1.1,
    },
];

impl Goal {
    /// Nothing where not all of it was measured.
    pub(crate) fn standing(&self, results: &Results) -> Option<Standing> {
        let spread = match self.other {
            Some(other) => results.ratio(self.one, other),
            None => results.spread(self.one),
        }?;
        let reached = match self.at_most {
            true => spread.median <= self.bound,
            false => spread.median >= self.bound,
        };
        Some(Standing {
            words: self.words(),
            spread,
            reached,
        })
    }

    fn words(&self) -> String {
        let Of {
            workload,
            server,
            figure,
        } = self.one;
        let against = match self.other {
            Some(other) if other.workload != workload => {
                format!(" ÷ {}'s of {}", other.server, other.workload)
            }
            Some(other) => format!(" ÷ {}'s", other.server),
            None => String::new(),
        };
        let (bound, at) = (
            self.bound,
            if self.at_most { "at most" } else { "at least" },
        );
        format!("{workload}: {server}'s {figure}{against} {at} {bound}")
    }
}
