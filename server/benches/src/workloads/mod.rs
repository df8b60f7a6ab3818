//! The workloads: what is done to a server, and which of its figures come out.

mod fan_out;
mod idle;
mod publish;
mod replay;
mod topics;

use std::path::Path;
use std::time::Duration;

use crate::Outcome;
use crate::schedule::{Punctuality, Schedule};
use crate::sequence::Faults;
use crate::servers::{DURABLE_STREAMS, GO, Keeps, LIMIT, NCHAN, Running, Server, TICKERTAPE};

/// One line of the tables.
pub(crate) struct Workload {
    pub(crate) name: &'static str,
    pub(crate) words: &'static str,
    /// Those that it is done to: all, where none is named. Variants of Tickertape go with it.
    servers: &'static [&'static str],
    keeps: Keeps,
    measure: fn(&Running, Duration) -> Outcome<Measured>,
}

/// A figure of one run.
pub(crate) struct Figure {
    pub(crate) name: &'static str,
    pub(crate) unit: &'static str,
    pub(crate) value: f64,
}

/// What came of one run.
pub(crate) struct Measured {
    pub(crate) figures: Vec<Figure>,
    pub(crate) faults: Faults,
    /// Why the run does not count although nothing was lost.
    pub(crate) late: Option<String>,
}

pub(crate) const CPU: &str = "server CPU a delivery";
pub(crate) const P99: &str = "p99";
pub(crate) const MEMORY: &str = "user memory a connection";
pub(crate) const ACCEPT: &str = "server CPU a connection";
pub(crate) const RATE: &str = "publishes a second";
pub(crate) const PUBLISH_CPU: &str = "server CPU a publish";

pub(crate) const WORKLOADS: &[Workload] = &[
    Workload {
        name: "F1",
        words: "1 publisher, 1,000 subscribers, 50 events/s of 100 B",
        servers: &[],
        keeps: Keeps::InMemory,
        measure: |server, time| fan_out::measure(server, &fan_out::F1, time),
    },
    Workload {
        name: "F1K",
        words: "the same with events of 1 KB",
        servers: &[LIMIT, TICKERTAPE, NCHAN, GO],
        keeps: Keeps::InMemory,
        measure: |server, time| fan_out::measure(server, &fan_out::F1K, time),
    },
    Workload {
        name: "F2",
        words: "10,000 subscribers, 5 events/s of 100 B",
        servers: &[LIMIT, TICKERTAPE, NCHAN, GO],
        keeps: Keeps::InMemory,
        measure: |server, time| fan_out::measure(server, &fan_out::F2, time * 2),
    },
    Workload {
        name: "F3",
        words: "25 subscribers, 2,000 events/s of 100 B in bursts of 20",
        servers: &[LIMIT, TICKERTAPE, NCHAN, GO],
        keeps: Keeps::InMemory,
        measure: |server, time| fan_out::measure(server, &fan_out::F3, time),
    },
    Workload {
        name: "T",
        words: "1,000 topics with 10 subscribers each, 1,000 events/s of 100 B, Zipf",
        servers: &[TICKERTAPE, NCHAN],
        keeps: Keeps::InMemory,
        measure: topics::measure,
    },
    Workload {
        name: "I",
        words: "15,000 idle connections",
        servers: &[LIMIT, TICKERTAPE, NCHAN, GO],
        keeps: Keeps::InMemory,
        measure: idle::measure,
    },
    Workload {
        name: "R",
        words: "1,000 clients, each 1,000 events behind, while 10 events/s are published",
        servers: &[TICKERTAPE, NCHAN, DURABLE_STREAMS],
        keeps: Keeps::InMemory,
        measure: replay::measure,
    },
    Workload {
        name: "P",
        words: "durable publishes of 100 B on 32 connections",
        servers: &[TICKERTAPE, DURABLE_STREAMS],
        keeps: Keeps::OnDisk,
        measure: publish::measure,
    },
    Workload {
        name: "S0",
        words: "F1K, to hold S against",
        servers: &[TICKERTAPE, NCHAN],
        keeps: Keeps::InMemory,
        measure: |server, time| fan_out::measure(server, &fan_out::S0, time),
    },
    Workload {
        name: "S",
        words: "the same, 1 in 100 of its readers stalled: the others",
        servers: &[TICKERTAPE, NCHAN],
        keeps: Keeps::InMemory,
        measure: |server, time| fan_out::measure(server, &fan_out::S, time),
    },
];

impl Workload {
    pub(crate) fn is_for(&self, server: &Server) -> bool {
        let variant = server.name.starts_with(TICKERTAPE);
        let named = |name: &&str| *name == server.name || (variant && *name == TICKERTAPE);
        self.servers.is_empty() || self.servers.iter().any(named)
    }

    /// Starts the server afresh and does this to it.
    pub(crate) fn run(&self, server: &Server, dir: &Path, time: Duration) -> Outcome<Measured> {
        let running = server.start(dir, self.keeps)?;
        (self.measure)(&running, time)
            .map_err(|error| format!("{error} ({})", running.process.said()).into())
    }
}

impl Measured {
    fn new(figures: Vec<Figure>, faults: Faults) -> Self {
        Self {
            figures,
            faults,
            late: None,
        }
    }

    /// With what the generator itself did wrong.
    fn by(mut self, punctuality: &Punctuality, schedule: &Schedule) -> Self {
        let share = punctuality.share(schedule.pause) * 100.0;
        self.late = punctuality
            .late(schedule.pause)
            .then(|| format!("the generator was {share:.0} % of a pause late"));
        self
    }
}

impl Figure {
    fn cpu(name: &'static str, spent: Duration, count: usize) -> Self {
        let value = spent.as_secs_f64() * 1e6 / count as f64;
        Self {
            name,
            unit: "µs",
            value,
        }
    }
}
