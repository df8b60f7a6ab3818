//! How many connections there are, how many there have been, and what failed under them.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use prometheus_client::collector::Collector;
use prometheus_client::encoding::DescriptorEncoder;

use super::samples::Samples;

/// The connections of one listener.
#[derive(Debug)]
pub(crate) struct ConnectionCount {
    limit: u64,
    accepted: AtomicU64,
    open: AtomicU64,
    shards_failed: AtomicU64,
}

impl ConnectionCount {
    /// None yet, of so many at a time.
    pub(crate) fn new(limit: usize) -> Self {
        Self {
            limit: limit as u64,
            accepted: AtomicU64::new(0),
            open: AtomicU64::new(0),
            shards_failed: AtomicU64::new(0),
        }
    }

    /// How many are open.
    pub(crate) fn now(&self) -> u64 {
        self.open.load(Ordering::Relaxed)
    }

    /// A thread that writes streams has failed, and those that it had end.
    pub(crate) fn shard_failed(&self) {
        self.shards_failed.fetch_add(1, Ordering::Relaxed);
    }

    /// How often one has.
    pub(crate) fn shards_failed(&self) -> u64 {
        self.shards_failed.load(Ordering::Relaxed)
    }

    /// One more, until what is given is dropped.
    pub(crate) fn open(self: &Arc<Self>) -> Connection {
        self.accepted.fetch_add(1, Ordering::Relaxed);
        self.open.fetch_add(1, Ordering::Relaxed);
        Connection(Arc::clone(self))
    }
}

/// A connection that is counted as open.
#[derive(Debug)]
pub(crate) struct Connection(Arc<ConnectionCount>);

impl Drop for Connection {
    fn drop(&mut self) {
        self.0.open.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Collector for ConnectionCount {
    fn encode(&self, encoder: DescriptorEncoder) -> fmt::Result {
        let mut samples = Samples(encoder);
        samples.counter(
            "connections_accepted",
            "Connections accepted since the start",
            self.accepted.load(Ordering::Relaxed),
        )?;
        samples.gauge("connections_open", "Connections that are open", self.now())?;
        samples.gauge(
            "connections_limit",
            "How many connections may stay",
            self.limit,
        )?;
        samples.counter(
            "shard_failures",
            "How often a thread that writes streams has failed, and all of its streams ended",
            self.shards_failed(),
        )
    }
}
