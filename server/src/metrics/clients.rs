//! What clients were refused, as they had taken as much as one may.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::DescriptorEncoder;

use super::samples::Samples;
use crate::clients::Clients;

/// The figures of the clients of one server.
#[derive(Debug)]
pub(super) struct Limited(pub(super) Arc<Clients>);

impl Collector for Limited {
    fn encode(&self, encoder: DescriptorEncoder) -> fmt::Result {
        let refused = &self.0.refused;
        let reasons = [
            ("streams", &refused.streams),
            ("connections", &refused.connections),
            ("publishes", &refused.publishes),
            ("client_connections", &refused.client_connections),
        ];
        let mut samples = Samples(encoder);
        samples.counters(
            "clients_limited",
            "What clients were refused since the start, by what there is too much of",
            "by",
            reasons.map(|(reason, count)| (reason, count.load(Ordering::Relaxed))),
        )?;
        samples.counter(
            "uploads_slowed",
            "Pieces of uploads that were made to wait for the rate of their client",
            refused.slowed.load(Ordering::Relaxed),
        )
    }
}
