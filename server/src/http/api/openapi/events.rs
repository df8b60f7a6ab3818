//! `/events` and `/events/{topic}`.

use axum::http::StatusCode;
use hub::limits::MAX_SELECTORS;
use utoipa::openapi::HttpMethod::{Delete, Get, Head, Post, Put};
use utoipa::openapi::path::{Operation, OperationBuilder, Parameter, PathItem, PathItemBuilder};
use utoipa::openapi::schema::{AnyOfBuilder, ArrayBuilder, Schema};
use utoipa::openapi::{HeaderBuilder, KnownFormat, Object, ResponseBuilder, SchemaFormat};

use super::parts::{
    EVENT_STREAM, Refusals, answer, body, header, integer, named, needed, one_of, operation, path,
    query, selector, selector_in_path, string, text, topic, topic_in_path,
};
use super::shapes::{self, Poll};
use crate::http::fields::Accepted;
use crate::http::publish::Forgotten;
use crate::http::query::CURSORS;
use crate::limits::POLL_MAX;

/// What a publish may be refused with, beside what any request may.
pub(super) const PUBLISH: [StatusCode; 7] = [
    StatusCode::FORBIDDEN,
    StatusCode::REQUEST_TIMEOUT,
    StatusCode::PAYLOAD_TOO_LARGE,
    StatusCode::UNSUPPORTED_MEDIA_TYPE,
    StatusCode::UNPROCESSABLE_ENTITY,
    StatusCode::SERVICE_UNAVAILABLE,
    StatusCode::INSUFFICIENT_STORAGE,
];

pub(super) fn paths() -> Vec<(&'static str, PathItem)> {
    vec![("/events", of_any()), ("/events/{topic}", of_one())]
}

/// The topics in the query.
fn of_any() -> PathItem {
    let one = query(
        "topic",
        "The topic: the body is its event's data then",
        topic(),
    );
    let selectors = ArrayBuilder::new()
        .items(selector())
        .min_items(Some(1))
        .max_items(Some(MAX_SELECTORS))
        .build();
    let several = query(
        "topic",
        "Topics and patterns; the demo's ticker without",
        selectors,
    );
    let publish = |id| {
        let body = body(
            "With `topic` in the query the data, whatever its type; without, what to publish",
            vec![
                ("application/x-www-form-urlencoded", shapes::form()),
                ("application/json", shapes::json()),
                ("text/plain", shapes::data().into()),
            ],
        );
        publish(id)
            .parameter(one.clone())
            .request_body(Some(body))
            .build()
    };
    PathItemBuilder::new()
        .operation(
            Get,
            subscribe("subscribe").parameter(several.clone()).build(),
        )
        .operation(Head, cursor("cursor").parameter(several).build())
        .operation(Post, publish("publish"))
        .operation(Put, publish("publish_put"))
        .operation(Delete, forget("forget", needed(one.clone())))
        .build()
}

/// The topic in the path.
fn of_one() -> PathItem {
    let (one, any) = (
        path("The topic; `/` and `%2F` are the same", topic_in_path()),
        path(
            "A topic or a pattern; `/` and `%2F` are the same",
            selector_in_path(),
        ),
    );
    let publish = |id| {
        let body = body(
            "The data, whatever its type",
            vec![("text/plain", shapes::data().into())],
        );
        publish(id)
            .parameter(one.clone())
            .request_body(Some(body))
            .build()
    };
    PathItemBuilder::new()
        .operation(
            Get,
            subscribe("subscribe_to_one").parameter(any.clone()).build(),
        )
        .operation(Head, cursor("cursor_of_one").parameter(any).build())
        .operation(Post, publish("publish_on_one"))
        .operation(Put, publish("publish_on_one_put"))
        .operation(Delete, forget("forget_one", one.clone()))
        .build()
}

fn subscribe(id: &str) -> OperationBuilder {
    let operation = operation(
        id,
        "subscribe",
        "The events of topics: as an event stream, as JSON lines, or what there is at once",
        Refusals::Said,
        &[StatusCode::NOT_FOUND, StatusCode::SERVICE_UNAVAILABLE],
    );
    subscription(operation)
        .response("200", events())
        .response("303", page())
}

fn cursor(id: &str) -> OperationBuilder {
    let operation = operation(
        id,
        "subscribe",
        "The headers of the answer, with the newest id of the hub",
        Refusals::Silent,
        &[StatusCode::NOT_FOUND],
    );
    subscription(operation)
        .response("200", head())
        .response("303", page())
}

/// To a browser that asks for a page.
fn page() -> utoipa::openapi::Response {
    answer(
        "the page of these topics, where `Accept` prefers `text/html`",
        Vec::new(),
    )
}

/// The headers alone.
pub(super) fn head() -> utoipa::openapi::Response {
    let newest = HeaderBuilder::new()
        .schema(Some(string()))
        .description(Some("The id before the first event that is sent"))
        .build();
    ResponseBuilder::new()
        .description("the headers")
        .header("Tickertape-Last-Event-ID", newest)
        .build()
}

/// What a subscriber gets.
pub(super) fn events() -> utoipa::openapi::Response {
    let contents = vec![
        EVENT_STREAM,
        ("application/x-ndjson", None),
        ("application/json", Some(named::<Poll>())),
    ];
    answer("the events; streams have no end", contents)
}

/// Adds the parameters that say how to subscribe, whatever the topics.
pub(super) fn subscription(operation: OperationBuilder) -> OperationBuilder {
    let ids = CURSORS.iter().map(|name| {
        query(
            name,
            "A cursor; a bad one is told of in the stream, never by a status",
            string(),
        )
    });
    ids.fold(operation, OperationBuilder::parameter)
        .parameter(header(
            "Last-Event-ID",
            "A cursor; comes before any other",
            string(),
        ))
        .parameter(query(
            "since",
            "`all`, a duration such as 10m, or a time",
            since(),
        ))
        .parameter(query(
            "last",
            "The newest so many",
            integer(1..=POLL_MAX as u64),
        ))
        .parameter(query(
            "envelope",
            "Each event whole in its data",
            one_of(&["0", "1"]),
        ))
        .parameter(query("poll", "What there is, at once", one_of(&["0", "1"])))
        .parameter(query(
            "limit",
            "Of a poll: the most events",
            integer(1..=POLL_MAX as u64),
        ))
}

fn since() -> Schema {
    let time = Object::builder()
        .schema_type(utoipa::openapi::Type::String)
        .format(Some(SchemaFormat::KnownFormat(KnownFormat::DateTime)));
    AnyOfBuilder::new()
        .item(one_of(&["all", ""]))
        .item(text(1..=11, "^(?:0|[0-9]{1,9}(?:ms|s|m|h|d))$"))
        .item(time.build())
        .build()
        .into()
}

fn publish(id: &str) -> OperationBuilder {
    operation(
        id,
        "publish",
        "Publishes; answers once it is stored",
        Refusals::Said,
        &PUBLISH,
    )
    .parameter(query(
        "event",
        "The event's name; with `topic`",
        shapes::event_name(),
    ))
    .parameter(query(
        "retry",
        "A reconnection time in ms; with `topic`",
        shapes::retry(),
    ))
    .parameter(query(
        "key",
        "The same key is stored once; with `topic`",
        shapes::key(),
    ))
    .parameter(header(
        "Idempotency-Key",
        "The key; not for arrays",
        shapes::key_header(),
    ))
    .response("200", stored())
}

fn stored() -> utoipa::openapi::Response {
    let many = ArrayBuilder::new().items(named::<Accepted>()).build();
    let schema = AnyOfBuilder::new().item(named::<Accepted>()).item(many);
    answer(
        "the id; an array of them for an array",
        vec![("application/json", Some(schema.into()))],
    )
}

fn forget(id: &str, topic: Parameter) -> Operation {
    let refusals = [
        StatusCode::FORBIDDEN,
        StatusCode::SERVICE_UNAVAILABLE,
        StatusCode::INSUFFICIENT_STORAGE,
    ];
    operation(
        id,
        "publish",
        "Forgets a topic's events",
        Refusals::Said,
        &refusals,
    )
    .parameter(topic)
    .response(
        "200",
        answer(
            "how many there were",
            vec![("application/json", Some(named::<Forgotten>()))],
        ),
    )
    .build()
}
