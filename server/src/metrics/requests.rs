//! Requests, as they are answered.

use std::borrow::Cow;
use std::time::Duration;

use axum::http::{Method, StatusCode};
use hub::BOUNDS;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

use crate::http::refusal::Refusal;

/// Names and values; the values are words of the server's own.
type Labels<const N: usize> = [(&'static str, Cow<'static, str>); N];

/// What is counted of requests.
#[derive(Clone, Debug)]
pub(crate) struct Requests {
    answered: Family<Labels<3>, Counter>,
    took: Family<Labels<1>, Histogram, fn() -> Histogram>,
    refused: Family<Labels<2>, Counter>,
}

impl Requests {
    /// None yet; every kind of refusal is there with 0, as a rate needs two samples.
    pub(super) fn register(registry: &mut Registry) -> Self {
        let requests = Self {
            answered: Family::default(),
            took: Family::new_with_constructor(|| {
                Histogram::new(BOUNDS.iter().map(Duration::as_secs_f64))
            }),
            refused: Family::default(),
        };
        for kind in Refusal::ALL {
            drop(requests.refused.get_or_create(&of_refusal(kind)));
        }
        registry.register(
            "http_requests",
            "Requests answered since the start; a stream counts once it begins",
            requests.answered.clone(),
        );
        registry.register(
            "http_request_duration_seconds",
            "From a request's head to the head of its answer, with what was read of its body",
            requests.took.clone(),
        );
        registry.register(
            "refused_requests",
            "Requests refused since the start, by the kind of refusal",
            requests.refused.clone(),
        );
        requests
    }

    /// Counts a request and its answer.
    pub(crate) fn note(
        &self,
        method: &'static str,
        route: Cow<'static, str>,
        status: StatusCode,
        took: Duration,
    ) {
        let labels = [
            ("route", route),
            ("method", Cow::Borrowed(method)),
            ("status", Cow::Borrowed(class(status))),
        ];
        self.answered.get_or_create(&labels).inc();
        let [route, ..] = labels;
        self.took
            .get_or_create(&[route])
            .observe(took.as_secs_f64());
    }

    /// Counts a refusal.
    pub(crate) fn note_refused(&self, kind: Refusal) {
        self.refused.get_or_create(&of_refusal(kind)).inc();
    }
}

fn of_refusal(kind: Refusal) -> Labels<2> {
    [
        ("status", Cow::Borrowed(kind.status())),
        ("reason", Cow::Borrowed(kind.word())),
    ]
}

/// The method, where it is one of those that servers know: a client may send any word.
pub(crate) fn method_word(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        Method::PATCH => "PATCH",
        _ => "other",
    }
}

fn class(status: StatusCode) -> &'static str {
    match status.as_u16() / 100 {
        1 => "1xx",
        2 => "2xx",
        3 => "3xx",
        4 => "4xx",
        _ => "5xx",
    }
}
