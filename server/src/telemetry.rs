//! What the server says of its work: a log on standard error, and traces where it was built for them.
//!
//! Payloads, tokens, cookies and queries are in neither: this crate's own code gives them to no event
//! and no span, and what other crates say below `info`, where some print headers, is left out
//! whatever the filter asks for.

#[cfg(feature = "otel")]
mod otel;

use std::io::{self, IsTerminal};

use clap::ValueEnum;
use tracing::{Level, Metadata, Subscriber};
use tracing_subscriber::filter::{EnvFilter, FilterExt, filter_fn};
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{Layer, Registry, fmt};

/// The target of the access log: one line a request, at `debug`.
pub const ACCESS: &str = "server::access";

/// The target of this crate's spans, which are for traces alone.
pub const SPANS: &str = "server::span";

/// The crates of this program, as targets begin.
const OURS: [&str; 6] = ["app", "hub", "server", "store", "tickertape", "wire"];

/// As what the log is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// Lines for people
    #[default]
    Text,
    /// One JSON object a line
    Json,
}

/// What is logged, and where traces go.
#[derive(Clone, Debug)]
pub struct Settings<'a> {
    /// Which events, by level and module.
    pub filter: &'a str,
    /// As what.
    pub format: LogFormat,
    /// The collector of traces, where there is one.
    pub otlp_endpoint: Option<&'a str>,
}

/// Keeps telemetry going; what waits to be exported is when this is dropped.
#[must_use]
pub struct Telemetry {
    #[cfg(feature = "otel")]
    _traces: Option<otel::Traces>,
}

/// Begins to log to standard error, and to export traces where an endpoint is named.
///
/// # Errors
/// Where the exporter cannot be made; where this build has none, and one is asked for.
pub fn start(settings: &Settings<'_>) -> Result<Telemetry, String> {
    let log = layer::<Registry, _>(settings, io::stderr, io::stderr().is_terminal());
    let registry = tracing_subscriber::registry().with(log);
    #[cfg(feature = "otel")]
    {
        let (layer, traces) = otel::start(settings.otlp_endpoint)?.unzip();
        registry.with(layer).init();
        Ok(Telemetry { _traces: traces })
    }
    #[cfg(not(feature = "otel"))]
    {
        if settings.otlp_endpoint.is_some() {
            return Err(
                "--otlp-endpoint: this program was built without OpenTelemetry; build it with \
                        `--features otel`, or leave the setting out"
                    .to_owned(),
            );
        }
        registry.init();
        Ok(Telemetry {})
    }
}

/// The log, to any writer.
fn layer<S, W>(settings: &Settings<'_>, writer: W, colours: bool) -> Box<dyn Layer<S> + Send + Sync>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    let filter = EnvFilter::new(settings.filter).and(filter_fn(may_be_logged));
    match settings.format {
        LogFormat::Text => {
            let lines = fmt::layer().with_writer(writer).with_ansi(colours);
            lines.with_filter(filter).boxed()
        }
        LogFormat::Json => {
            let lines = fmt::layer().with_writer(writer).json();
            lines.flatten_event(true).with_filter(filter).boxed()
        }
    }
}

/// Spans are for traces. What other crates say in detail may hold what a client sent.
fn may_be_logged(meta: &Metadata<'_>) -> bool {
    let module = meta.target().split("::").next().unwrap_or_default();
    meta.is_event() && (OURS.contains(&module) || *meta.level() <= Level::INFO)
}
