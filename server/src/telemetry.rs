//! What the server says of its work: a log on standard error, and traces where it was built for them.
//!
//! Payloads, tokens, cookies and queries are in neither: this crate's own code gives them to no event
//! and no span, and what other crates say below `info`, which may hold what a client sent, is left
//! out whatever the filter asks for.

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
use tracing_subscriber::{Layer, Registry, fmt, reload};

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
    filter: Filter,
    #[cfg(feature = "otel")]
    _traces: Option<otel::Traces>,
}

/// What is logged, and may be changed while it is; cheap to clone.
#[derive(Clone)]
pub struct Filter(reload::Handle<EnvFilter, Registry>);

impl Filter {
    /// Logs by this one from now on.
    ///
    /// # Errors
    /// Where it is none, in words.
    pub fn change(&self, filter: &str) -> Result<(), String> {
        let filter = EnvFilter::try_new(filter).map_err(|error| format!("--log: {error}"))?;
        let changed = self.0.reload(filter);
        changed.map_err(|error| format!("--log: cannot be changed: {error}"))
    }
}

impl Telemetry {
    /// What is logged.
    pub fn filter(&self) -> Filter {
        self.filter.clone()
    }
}

/// Begins to log to standard error, and to export traces where an endpoint is named.
///
/// # Errors
/// Where the exporter cannot be made; where this build has none, and one is asked for.
pub fn start(settings: &Settings<'_>) -> Result<Telemetry, String> {
    let (log, handle) = layer::<Registry, _>(settings, io::stderr, io::stderr().is_terminal());
    let filter = Filter(handle);
    let registry = tracing_subscriber::registry().with(log);
    #[cfg(feature = "otel")]
    {
        let (layer, traces) = otel::start(settings.otlp_endpoint)?.unzip();
        registry.with(layer).init();
        Ok(Telemetry {
            filter,
            _traces: traces,
        })
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
        Ok(Telemetry { filter })
    }
}

/// The log, to any writer, and what changes its filter.
fn layer<S, W>(settings: &Settings<'_>, writer: W, colours: bool) -> Log<S>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    let (filter, handle) = reload::Layer::new(EnvFilter::new(settings.filter));
    let filter = filter.and(filter_fn(may_be_logged));
    let log = match settings.format {
        LogFormat::Text => {
            let lines = fmt::layer().with_writer(writer).with_ansi(colours);
            lines.with_filter(filter).boxed()
        }
        LogFormat::Json => {
            let lines = fmt::layer().with_writer(writer).json();
            lines.flatten_event(true).with_filter(filter).boxed()
        }
    };
    (log, handle)
}

type Log<S> = (
    Box<dyn Layer<S> + Send + Sync>,
    reload::Handle<EnvFilter, S>,
);

/// Spans are for traces. What other crates say in detail may hold what a client sent.
fn may_be_logged(meta: &Metadata<'_>) -> bool {
    let module = meta.target().split("::").next().unwrap_or_default();
    !meta.is_span() && (OURS.contains(&module) || *meta.level() <= Level::INFO)
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::sync::{Arc, Mutex};

    use super::*;

    /// A writer of which the test sees what was written.
    #[derive(Clone, Default)]
    struct Written(Arc<Mutex<Vec<u8>>>);

    impl Write for Written {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn logged(filter: &str, format: LogFormat, events: impl FnOnce()) -> String {
        let (written, settings) = (
            Written::default(),
            Settings {
                filter,
                format,
                otlp_endpoint: None,
            },
        );
        let writer = written.clone();
        let (log, _) = layer::<Registry, _>(&settings, move || writer.clone(), false);
        tracing::subscriber::with_default(tracing_subscriber::registry().with(log), events);
        let bytes = written.0.lock().unwrap().clone();
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn other_crates_say_nothing_in_detail_whatever_is_asked_for() {
        let said = logged("trace,hyper=trace,h2=trace", LogFormat::Text, || {
            tracing::trace!(target: "hyper::proto::h1", "1 a header");
            tracing::debug!(target: "h2::codec", "2 a header");
            tracing::debug!(target: "serverless", "3 another crate");
            tracing::info!(target: "hyper", "4 it began");
            tracing::trace!(target: "server::http", "5 ours");
            tracing::trace!(target: "store", "6 ours");
            let _span = tracing::info_span!(target: SPANS, "7 a span").entered();
            tracing::info!("8 in it");
        });
        let told: String = said
            .lines()
            .filter_map(|line| line.split(": ").last())
            .collect();
        for number in ["1", "2", "3", "7"] {
            assert!(!told.contains(number), "{number}: {said}");
        }
        for number in ["4", "5", "6", "8"] {
            assert!(told.contains(number), "{number}: {said}");
        }
    }

    #[test]
    fn the_filter_counts_for_what_is_ours() {
        let said = logged("warn,store=debug", LogFormat::Json, || {
            tracing::info!(target: "server", "no");
            tracing::debug!(target: "store", file = "a", "yes");
        });
        assert_eq!(said.lines().count(), 1, "{said}");
        for part in [
            r#""level":"DEBUG""#,
            r#""target":"store""#,
            r#""file":"a""#,
            r#""message":"yes""#,
        ] {
            assert!(said.contains(part), "{said}");
        }
    }
}
