//! Traces, exported by OTLP over HTTP as protobuf: only in a build with the feature `otel`.
//!
//! A span is a request (its method, the pattern of its route, its status), a publish (how many events)
//! or a sync of the log (how many events and bytes): never a topic, an id, an address, a header or
//! data.

use std::io::Read;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::body::Bytes;
use axum::http::{Request, Response};
use opentelemetry::trace::TracerProvider;
use opentelemetry_http::{HttpClient, HttpError};
use opentelemetry_otlp::{SpanExporter, WithExportConfig, WithHttpConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::SdkTracerProvider;
use tracing::Subscriber;
use tracing_subscriber::Layer;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::registry::LookupSpan;

use super::SPANS;

/// Where a collector takes traces, under its address (OTLP 1.0, OTLP/HTTP).
const PATH: &str = "/v1/traces";

/// Where a collector is, unless a setting says so (OpenTelemetry's own name for it).
const VARIABLE: &str = "OTEL_EXPORTER_OTLP_ENDPOINT";

/// How long a collector may take, and how much of its answer is read.
const TIMEOUT: Duration = Duration::from_secs(10);
const ANSWER_BYTES: u64 = 64 * 1024;

/// How long the program waits at its end for what is still to be sent.
const LAST: Duration = Duration::from_secs(1);

/// The spans of the store, whose writer has a thread of its own.
const STORE_SPANS: &str = "store::span";

/// Keeps the export going; sends what waits when it is dropped.
pub(super) struct Traces(SdkTracerProvider);

impl Drop for Traces {
    fn drop(&mut self) {
        if let Err(error) = self.0.shutdown_with_timeout(LAST) {
            tracing::warn!(%error, "the last traces could not be sent");
        }
    }
}

/// The layer that makes traces of spans, where a collector is named.
///
/// # Errors
/// Where the exporter cannot be made.
pub(super) fn start<S>(
    endpoint: Option<&str>,
) -> Result<Option<(impl Layer<S> + use<S>, Traces)>, String>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    let named = endpoint.map(str::to_owned).or_else(|| {
        let variable = std::env::var(VARIABLE).ok();
        variable.filter(|endpoint| !endpoint.is_empty())
    });
    let Some(endpoint) = named else {
        return Ok(None);
    };
    let exporter = SpanExporter::builder()
        .with_http()
        .with_http_client(Collector::default())
        .with_endpoint(format!("{}{PATH}", endpoint.trim_end_matches('/')))
        .with_timeout(TIMEOUT)
        .build()
        .map_err(|error| format!("cannot send traces to {endpoint}: {error}"))?;
    let resource = Resource::builder()
        .with_service_name("tickertape")
        .with_attribute(opentelemetry::KeyValue::new(
            "service.version",
            env!("CARGO_PKG_VERSION"),
        ));
    let provider = SdkTracerProvider::builder()
        .with_batch_exporter(exporter)
        .with_resource(resource.build())
        .build();
    let layer = tracing_opentelemetry::layer()
        .with_tracer(provider.tracer("tickertape"))
        .with_location(false)
        .with_threads(false)
        .with_tracked_inactivity(false)
        .with_target(false)
        .with_filter(filter_fn(|meta| {
            meta.is_span() && [SPANS, STORE_SPANS].contains(&meta.target())
        }));
    Ok(Some((layer, Traces(provider))))
}

/// Sends to a collector, on the exporter's own thread.
#[derive(Debug)]
struct Collector {
    agent: ureq::Agent,
    is_failing: AtomicBool,
}

impl Default for Collector {
    fn default() -> Self {
        let config = ureq::Agent::config_builder()
            .timeout_global(Some(TIMEOUT))
            .http_status_as_error(false)
            .max_redirects(0);
        Self {
            agent: config.build().into(),
            is_failing: AtomicBool::new(false),
        }
    }
}

impl Collector {
    fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let (parts, body) = request.into_parts();
        let request = Request::from_parts(parts, body.to_vec());
        let (parts, body) = self.agent.run(request)?.into_parts();
        let mut answer = Vec::new();
        let mut body = body.into_reader().take(ANSWER_BYTES);
        body.read_to_end(&mut answer)?;
        Ok(Response::from_parts(parts, answer.into()))
    }

    /// Says once that traces are lost, and once that they are not any more.
    fn note(&self, failure: Option<String>) {
        let before = self.is_failing.swap(failure.is_some(), Ordering::Relaxed);
        match failure {
            Some(error) if !before => tracing::warn!(error, "traces cannot be sent, and are lost"),
            None if before => tracing::info!("traces are sent again"),
            _ => {}
        }
    }
}

#[async_trait::async_trait]
impl HttpClient for Collector {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let sent = self.send(request);
        self.note(match &sent {
            Ok(answer) if answer.status().is_success() => None,
            Ok(answer) => Some(answer.status().to_string()),
            Err(error) => Some(error.to_string()),
        });
        sent
    }
}
