//! `/api`, and whether the server lives and is ready.

use axum::http::StatusCode;
use hub::limits::MAX_PAGE;
use utoipa::openapi::HttpMethod::{Get, Head, Post};
use utoipa::openapi::path::{Operation, Parameter, PathItem, PathItemBuilder};
use utoipa::openapi::schema::{ObjectBuilder, Type};

use super::super::stats::Stats;
use super::super::subscribers::{AFTER_DIGITS, Subscribers};
use super::super::tickets::Ticket;
use super::super::topics::Topics;
use super::parts::{
    EVENT_STREAM, Media, Refusals, answer, integer, named, one_of, operation, query, string, text,
    topic,
};
use crate::http::metrics;
use crate::metrics::CONTENT_TYPE;

const JSON: &str = "application/json";

pub(super) fn paths() -> Vec<(&'static str, PathItem)> {
    vec![
        ("/api/topics", topics()),
        ("/api/subscribers", subscribers()),
        ("/api/stats", stats()),
        ("/api/tickets", tickets()),
        ("/api/openapi.json", document()),
        (metrics::PATH, metrics()),
        (
            "/healthz",
            health("healthz", "Whether the process lives", &[]),
        ),
        (
            "/readyz",
            health(
                "readyz",
                "Whether the server can serve readers",
                &[StatusCode::SERVICE_UNAVAILABLE],
            ),
        ),
    ]
}

/// GET, and HEAD for the headers of its answer.
fn read(
    id: &str,
    summary: &str,
    parameters: &[Parameter],
    statuses: &[StatusCode],
    contents: Vec<Media>,
) -> PathItem {
    let of = |id: &str, refusals, contents| -> Operation {
        operation(id, "observe", summary, refusals, statuses)
            .parameters(Some(parameters.iter().cloned()))
            .response("200", answer(summary, contents))
            .build()
    };
    PathItemBuilder::new()
        .operation(Get, of(id, Refusals::Said, contents))
        .operation(
            Head,
            of(&format!("{id}_head"), Refusals::Silent, Vec::new()),
        )
        .build()
}

fn topics() -> PathItem {
    let parameters = [
        query("prefix", "What the topics begin with", string()),
        query(
            "contains",
            "What the topics contain, whatever the case of its ASCII letters",
            string(),
        ),
        query("after", "The `next` of the page before", string()),
        limit(),
        query(
            "topic",
            "One topic, in place of a list: no other parameter then, but `recent`",
            topic(),
        ),
        query(
            "sort",
            "By name, page by page; or those that lead by rate or by newest event, at most 100: no `after` then",
            one_of(&["topic", "rate", "last"]),
        ),
        query(
            "recent",
            "The last minute of each, second by second",
            one_of(&["0", "1"]),
        ),
    ];
    read(
        "topics",
        "The topics of which something is kept, in the order of their bytes",
        &parameters,
        &[StatusCode::NOT_FOUND, StatusCode::SERVICE_UNAVAILABLE],
        vec![(JSON, Some(named::<Topics>()))],
    )
}

fn subscribers() -> PathItem {
    let after = text(1..=AFTER_DIGITS, "^[0-9]+$");
    let parameters = [
        query("after", "The `next` of the page before", after),
        limit(),
    ];
    read(
        "subscribers",
        "The subscribers, in the order in which they came",
        &parameters,
        &[],
        vec![(JSON, Some(named::<Subscribers>()))],
    )
}

fn stats() -> PathItem {
    let contents = vec![(JSON, Some(named::<Stats>())), EVENT_STREAM];
    read(
        "stats",
        "The hub in figures; as an event stream once a second",
        &[],
        &[],
        contents,
    )
}

fn tickets() -> PathItem {
    let summary = "A ticket for an EventSource, in exchange for a token";
    let statuses = [
        StatusCode::NOT_FOUND,
        StatusCode::FORBIDDEN,
        StatusCode::REQUEST_TIMEOUT,
        StatusCode::PAYLOAD_TOO_LARGE,
        StatusCode::SERVICE_UNAVAILABLE,
    ];
    let issue = operation("ticket", "access", summary, Refusals::Said, &statuses);
    let ticket = vec![(JSON, Some(named::<Ticket>()))];
    PathItemBuilder::new()
        .operation(Post, issue.response("200", answer(summary, ticket)).build())
        .build()
}

fn document() -> PathItem {
    let any = ObjectBuilder::new().schema_type(Type::Object);
    read(
        "openapi",
        "This document",
        &[],
        &[],
        vec![(JSON, Some(any.into()))],
    )
}

fn metrics() -> PathItem {
    read(
        "metrics",
        "What the server counts, in the text format of Prometheus; 404 where that has an address of its own",
        &[],
        &[StatusCode::NOT_FOUND],
        vec![(CONTENT_TYPE, Some(string().into()))],
    )
}

fn health(id: &str, summary: &str, statuses: &[StatusCode]) -> PathItem {
    read(
        id,
        summary,
        &[],
        statuses,
        vec![("text/plain", Some(string().into()))],
    )
}

fn limit() -> Parameter {
    query(
        "limit",
        "The most in a page; 100 unless it is given",
        integer(1..=MAX_PAGE as u64),
    )
}
