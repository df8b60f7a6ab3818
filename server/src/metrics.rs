//! What the server tells of itself to Prometheus.
//!
//! Each server has a registry of its own: several in one process, as in the tests, share nothing. What
//! the hub, the log and the system count by themselves is read when it is asked for; nothing here is
//! on the way of an event. Labels have words of the server's own alone: never a topic, an id, an
//! address, or anything else that a client chooses.

mod certificate;
mod clients;
mod connections;
mod hub;
mod process;
mod refusals;
mod requests;
mod samples;

use std::fmt;
use std::sync::Arc;

use ::hub::Hub;
use prometheus_client::encoding::prometheus_text;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::Registry;

use self::certificate::Certificate;
pub(crate) use self::connections::ConnectionCount;
use self::process::Process;
use self::refusals::Refusals;
use self::requests::Requests;
pub(crate) use self::requests::method_word;
use crate::clients::Clients;
use crate::config::Config;
use crate::storage::Storage;

/// The type of the text: the text format of Prometheus, version 0.0.4.
pub(crate) use prometheus_text::CONTENT_TYPE;

/// What all names begin with.
const PREFIX: &str = "tickertape";

/// All that one server counts.
#[derive(Debug)]
pub(crate) struct Metrics {
    registry: Registry,
    requests: Requests,
    refusals: Refusals,
    connections: Arc<ConnectionCount>,
}

impl Metrics {
    /// Those of a server that has just begun.
    pub(crate) fn new(hub: Hub, clients: Arc<Clients>, config: &Config) -> Self {
        let mut registry = Registry::with_prefix(PREFIX);
        let version = Info::new([("version", env!("CARGO_PKG_VERSION"))]);
        registry.register("build", "Which program this is", version);
        let requests = Requests::register(&mut registry);
        let connections = Arc::new(ConnectionCount::new(config.limits.connections));
        registry.register_collector(Box::new(Arc::clone(&connections)));
        let dir = match &config.storage {
            Storage::Memory => None,
            Storage::Directory(dir) => Some(dir.clone()),
        };
        registry.register_collector(Box::new(self::hub::Figures::new(hub, dir)));
        registry.register_collector(Box::new(self::clients::Limited(clients)));
        registry.register_collector(Box::new(Process));
        if let Some(tls) = &config.tls {
            registry.register_collector(Box::new(Certificate(tls.clone())));
        }
        Self {
            registry,
            requests,
            refusals: Refusals::new(),
            connections,
        }
    }

    /// Requests and their answers.
    pub(crate) fn requests(&self) -> &Requests {
        &self.requests
    }

    /// What was refused, for the log.
    pub(crate) fn refusals(&self) -> &Refusals {
        &self.refusals
    }

    /// The connections, for who accepts them.
    pub(crate) fn connections(&self) -> Arc<ConnectionCount> {
        Arc::clone(&self.connections)
    }

    /// All of it, as of now. Asks the system, so not for a thread that must not wait.
    ///
    /// # Errors
    /// Where a collector cannot write, which none does.
    pub(crate) fn text(&self) -> Result<String, fmt::Error> {
        let mut text = String::new();
        prometheus_text::encode(&mut text, &self.registry)?;
        Ok(text)
    }
}
