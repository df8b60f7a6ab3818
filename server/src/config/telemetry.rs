//! How one sees what the server does, as flags and variables.

use std::net::SocketAddr;

use clap::Args;

use crate::telemetry::LogFormat;

/// The log, the metrics, the traces.
#[derive(Args, Clone, Debug)]
pub struct TelemetryArgs {
    /// What is logged to standard error: error, warn, info, debug, trace, or by module
    #[arg(
        long,
        env = "TICKERTAPE_LOG",
        value_name = "FILTER",
        default_value = "info",
        value_parser = super::values::log_filter
    )]
    pub log: String,
    /// As what: lines for people, or one JSON object a line
    #[arg(
        long,
        env = "TICKERTAPE_LOG_FORMAT",
        value_name = "FORMAT",
        default_value = "text",
        value_enum
    )]
    pub log_format: LogFormat,
    /// Where the metrics and health checks are, in place of the main address; 0 for any free port
    #[arg(
        long,
        env = "TICKERTAPE_METRICS_ADDR",
        value_name = "ADDR",
        value_parser = super::values::address
    )]
    pub metrics_addr: Option<SocketAddr>,
    /// Where traces are sent, by OTLP over HTTP; only in a build with the feature `otel`
    /// [default: $OTEL_EXPORTER_OTLP_ENDPOINT in such a build]
    #[arg(
        long,
        env = "TICKERTAPE_OTLP_ENDPOINT",
        value_name = "URL",
        value_parser = endpoint
    )]
    pub otlp_endpoint: Option<String>,
}

/// The address of a collector.
pub(super) fn endpoint(text: &str) -> Result<String, String> {
    if !cfg!(feature = "otel") {
        return Err(
            "is for a build with OpenTelemetry, which this is not; build with `--features otel`, or \
             leave it out"
                .to_owned(),
        );
    }
    let rest = text
        .strip_prefix("http://")
        .or_else(|| text.strip_prefix("https://"));
    match rest {
        Some(host) if !host.is_empty() && !host.starts_with('/') => Ok(text.to_owned()),
        _ => Err("is no URL of a collector; give one such as http://127.0.0.1:4318".to_owned()),
    }
}
