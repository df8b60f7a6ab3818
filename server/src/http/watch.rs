//! Each request is counted, and logged for who wants that.
//!
//! Of a request are logged its method, its path without the query (where tickets and data stand), the
//! status and the time: never a header, never a body.

use std::borrow::Cow;
use std::net::IpAddr;
use std::time::Instant;

use axum::extract::{MatchedPath, Request};
use axum::http::{StatusCode, Uri};
use axum::middleware::Next;
use axum::response::Response;
use http_body::Body as _;
use tracing::field::Empty;
use tracing::{Instrument, Span};

use super::peer::Remote;
use super::refusal::Refusal;
use crate::limits::LOGGED_PATH;
use crate::metrics::{Metrics, method_word};
use crate::telemetry::{ACCESS, SPANS};

/// The route for requests that match none.
const UNMATCHED: &str = "unmatched";

/// An answer, and which route it is of.
pub(crate) struct Answered {
    pub(crate) response: Response,
    route: Option<Route>,
}

/// Which route answered; an extension of each answer of the router's.
#[derive(Clone, Debug)]
struct Route(Cow<'static, str>);

impl Answered {
    /// The answer of a route that is not looked for in the router, in the span of the request.
    pub(crate) async fn directly<F: Future<Output = Response>>(
        route: &'static str,
        request: Request,
        answer: impl FnOnce(Request) -> F,
    ) -> Self {
        let span = span(method_word(request.method()), route);
        Self {
            response: in_span(span, answer(request)).await,
            route: Some(Route(Cow::Borrowed(route))),
        }
    }
}

impl From<Response> for Answered {
    /// What the router answered, or came before it.
    fn from(mut response: Response) -> Self {
        let route = response.extensions_mut().remove();
        Self { response, route }
    }
}

/// Inside the router: notes in the answer which route matched, for [`Answered`] outside of it, and is the
/// span of the request, whose name has to be known when it begins.
pub(crate) async fn note_route(request: Request, next: Next) -> Response {
    let route = request.extensions().get::<MatchedPath>().cloned();
    let pattern = route.as_ref().map_or(UNMATCHED, MatchedPath::as_str);
    let span = span(method_word(request.method()), pattern);
    let mut response = in_span(span, next.run(request)).await;
    if let Some(route) = route {
        let route = Cow::Owned(route.as_str().to_owned());
        response.extensions_mut().insert(Route(route));
    }
    response
}

/// The answer, whose making the span tells of.
async fn in_span(span: Span, answer: impl Future<Output = Response>) -> Response {
    let response = answer.instrument(span.clone()).await;
    record(&span, response.status());
    response
}

/// What is known of a request before it is answered.
pub(crate) struct Watch {
    begun: Instant,
    method: &'static str,
    access: Access,
    client: Option<IpAddr>,
}

impl Watch {
    /// Of a request that has just come.
    pub(crate) fn begin(request: &Request) -> Self {
        Self {
            begun: Instant::now(),
            method: method_word(request.method()),
            access: Access::of(request.uri()),
            client: Remote::of(request.extensions()).addr.map(|addr| addr.ip()),
        }
    }

    /// Counts and logs it with its answer.
    pub(crate) fn end(self, metrics: &Metrics, answered: Answered) -> Response {
        let Answered { response, route } = answered;
        let (method, took) = (self.method, self.begun.elapsed());
        let route = route.map_or(Cow::Borrowed(UNMATCHED), |Route(path)| path);
        let status = response.status();
        metrics.requests().note(method, route, status, took);
        let kind = response.extensions().get::<Refusal>().copied();
        if let Some(kind) = kind.or_else(|| Refusal::of_status(status)) {
            metrics.requests().note_refused(kind);
            metrics.refusals().note(kind);
        }
        if let Access(Some(path)) = self.access {
            let bytes = response.body().size_hint().exact();
            let (status, took) = (status.as_u16(), took.as_micros() as f64 / 1e3);
            let client = self.client.map(tracing::field::display);
            tracing::debug!(target: ACCESS, client, method, path, status, took_ms = took, bytes, "request");
        }
        response
    }
}

/// The path of a request as it is logged; none where no one wants to know.
struct Access(Option<String>);

impl Access {
    fn of(uri: &Uri) -> Self {
        let wanted = tracing::event_enabled!(target: ACCESS, tracing::Level::DEBUG);
        Self(wanted.then(|| escaped(uri.path())))
    }
}

/// Without anything that steers a terminal or turns text, and cut.
fn escaped(path: &str) -> String {
    let cut: String = path.chars().take(LOGGED_PATH).collect();
    let rest = if cut.len() < path.len() { "…" } else { "" };
    format!("{}{rest}", cut.escape_debug())
}

/// What is exported of a request, where something is.
fn span(method: &str, route: &str) -> Span {
    tracing::info_span!(
        target: SPANS,
        "request",
        otel.name = format!("{method} {route}"),
        otel.kind = "server",
        otel.status_code = Empty,
        http.request.method = method,
        http.route = route,
        http.response.status_code = Empty,
    )
}

fn record(span: &Span, status: StatusCode) {
    span.record("http.response.status_code", status.as_u16());
    if status.is_server_error() {
        span.record("otel.status_code", "ERROR");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_that_is_logged_steers_nothing_and_has_an_end() {
        let path = "/events/\u{1b}[31m\u{202e}\u{9b}2J\n";
        assert_eq!(escaped(path), r"/events/\u{1b}[31m\u{202e}\u{9b}2J\n");
        let long = escaped(&"é".repeat(LOGGED_PATH + 1));
        assert_eq!(long.chars().count(), LOGGED_PATH + 1);
    }
}
