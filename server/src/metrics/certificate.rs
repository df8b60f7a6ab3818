//! Until when the certificate is good that the server shows.

use std::fmt;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::DescriptorEncoder;

use super::samples::Samples;
use crate::tls::Tls;

/// The certificate of a server that speaks TLS: the one that new connections are shown.
#[derive(Debug)]
pub(super) struct Certificate(pub(super) Tls);

impl Collector for Certificate {
    fn encode(&self, encoder: DescriptorEncoder) -> fmt::Result {
        // One that cannot be read was not taken either.
        let Some(end) = self.0.end() else {
            return Ok(());
        };
        Samples(encoder).gauge(
            "certificate_expiry_timestamp_seconds",
            "When the certificate that the server shows ends, in seconds since 1970",
            end.timestamp(),
        )
    }
}
