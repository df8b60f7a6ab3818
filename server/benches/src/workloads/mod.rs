//! The workloads: what is done to a server, and which of its figures come out.

mod fan_out;
mod idle;
mod publish;
mod replay;
mod stalled;
mod topics;

use std::time::Duration;

use crate::Outcome;
use crate::arguments::Compare;
use crate::cores::Cores;
use crate::schedule::{Punctuality, Schedule};
use crate::sequence::Faults;
use crate::servers::{
    BODY, DURABLE_STREAMS, GO, Keeps, LIMIT, NCHAN, Running, SOCKET, Server, TICKERTAPE, TLS, TOKEN,
};

/// One line of the tables.
pub(crate) struct Workload {
    pub(crate) name: &'static str,
    pub(crate) words: &'static str,
    /// Those that it is done to: all, where none is named.
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
    /// Events were due faster than they arrived.
    behind: bool,
}

pub(crate) const CPU: &str = "server CPU a delivery";
pub(crate) const WITHOUT_PUBLISH: &str = "the same without the publish";
pub(crate) const P99: &str = "p99";
pub(crate) const MEMORY: &str = "user memory a connection";
pub(crate) const ACCEPT: &str = "server CPU a connection";
pub(crate) const STALLED: &str = "p99 with stalled ÷ without";
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
        servers: &[LIMIT, TICKERTAPE, BODY, SOCKET, NCHAN, GO],
        keeps: Keeps::InMemory,
        measure: |server, time| fan_out::measure(server, &fan_out::F1K, time),
    },
    Workload {
        name: "F2",
        words: "10,000 subscribers, 5 events/s of 100 B",
        servers: &[LIMIT, TICKERTAPE, BODY, SOCKET, NCHAN, GO],
        keeps: Keeps::InMemory,
        measure: |server, time| fan_out::measure(server, &fan_out::F2, time * 2),
    },
    Workload {
        name: "F3",
        words: "25 subscribers, 2,000 events/s of 100 B in bursts of 20",
        servers: &[LIMIT, TICKERTAPE, BODY, SOCKET, NCHAN, GO],
        keeps: Keeps::InMemory,
        measure: |server, time| fan_out::measure(server, &fan_out::F3, time),
    },
    Workload {
        name: "T",
        words: "1,000 topics with 10 subscribers each, 1,000 events/s of 100 B, Zipf",
        servers: &[LIMIT, TICKERTAPE, BODY, SOCKET, NCHAN],
        keeps: Keeps::InMemory,
        measure: topics::measure,
    },
    Workload {
        name: "I",
        words: "15,000 idle connections",
        servers: &[LIMIT, TICKERTAPE, BODY, SOCKET, NCHAN, GO],
        keeps: Keeps::InMemory,
        measure: idle::measure,
    },
    Workload {
        name: "R",
        words: "1,000 clients, each 1,000 events behind, while 10 events/s are published",
        servers: &[TICKERTAPE, BODY, SOCKET, NCHAN, DURABLE_STREAMS],
        keeps: Keeps::InMemory,
        measure: replay::measure,
    },
    Workload {
        name: "P",
        words: "durable publishes of 100 B on 32 connections",
        servers: &[TICKERTAPE, TOKEN, TLS, DURABLE_STREAMS],
        keeps: Keeps::OnDisk,
        measure: publish::measure,
    },
    Workload {
        name: "S",
        words: "F1K with and without 1 in 100 readers stalled: the others",
        servers: &[TICKERTAPE, BODY, SOCKET, NCHAN],
        keeps: Keeps::InMemory,
        measure: stalled::measure,
    },
];

impl Workload {
    pub(crate) fn is_for(&self, server: &Server) -> bool {
        self.servers.is_empty() || self.servers.contains(&server.name)
    }

    /// Starts the server afresh and does this to it.
    pub(crate) fn run(
        &self,
        server: &Server,
        compare: &Compare,
        cores: &Cores,
    ) -> Outcome<Measured> {
        let running = server.start(&compare.dir, self.keeps, cores)?;
        let mut measured = (self.measure)(&running, compare.time())
            .map_err(|error| format!("{error} ({})", running.process.said()))?;
        if server.name == LIMIT && measured.behind {
            measured.late = Some("the machine was too busy for the limit itself".into());
        }
        Ok(measured)
    }
}

impl Measured {
    /// Whether nothing was wrong but that the machine had other things to do.
    pub(crate) fn is_late(&self) -> bool {
        self.late.is_some() && !self.faults.any()
    }

    fn new(figures: Vec<Figure>, faults: Faults) -> Self {
        Self {
            figures,
            faults,
            late: None,
            behind: false,
        }
    }

    /// With what the generator itself did wrong.
    fn by(mut self, punctuality: &Punctuality, schedule: &Schedule) -> Self {
        let share = punctuality.share(schedule.pause) * 100.0;
        if punctuality.late(schedule.pause) {
            self.late = Some(format!("the generator was {share:.0} % of a pause late"));
        }
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
