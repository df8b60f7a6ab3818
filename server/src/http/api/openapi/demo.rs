//! The demo's streams, and those with faults.

use axum::http::StatusCode;
use utoipa::openapi::HttpMethod::{Get, Head, Post};
use utoipa::openapi::Required;
use utoipa::openapi::path::{
    Operation, Parameter as SomeParameter, ParameterBuilder, ParameterIn, PathItem, PathItemBuilder,
};
use utoipa::openapi::request_body::RequestBodyBuilder;
use utoipa::openapi::schema::{ArrayBuilder, Object};

use super::events::{events, head, subscription};
use super::parts::{
    EVENT_STREAM, Refusals, answer, body, header, integer, named, needed, one_of, operation, query,
    string, text,
};
use crate::http::faults::{Parameter, Scenario, Value};
use crate::http::fields::Accepted;
use crate::http::time::MAX_COUNT;
use crate::limits::{MESSAGE, NAME};

const TAG: &str = "demo";

pub(super) fn paths() -> Vec<(&'static str, PathItem)> {
    vec![
        ("/sse/time", time()),
        ("/sse/connect", connect()),
        ("/post", post()),
        ("/faults/{scenario}", faults()),
    ]
}

fn time() -> PathItem {
    let of = |id, refusals, contents| -> Operation {
        operation(id, TAG, "The time, again and again", refusals, &[])
            .parameter(query(
                "count",
                "How often; 0: without an end",
                integer(0..=MAX_COUNT),
            ))
            .parameter(query("interval", "The pause in ms", integer(1..=60_000)))
            .parameter(header(
                "Last-Event-ID",
                "The number to go on from",
                string(),
            ))
            .response("200", answer("the time", contents))
            .build()
    };
    let stream = vec![EVENT_STREAM];
    PathItemBuilder::new()
        .operation(Get, of("time", Refusals::Said, stream))
        .operation(Head, of("time_head", Refusals::Silent, Vec::new()))
        .build()
}

fn connect() -> PathItem {
    let statuses = [StatusCode::FORBIDDEN, StatusCode::SERVICE_UNAVAILABLE];
    let of = |id, refusals, found| -> Operation {
        let operation = operation(id, TAG, "The chat", refusals, &statuses).parameter(user());
        subscription(operation).response("200", found).build()
    };
    PathItemBuilder::new()
        .operation(Get, of("chat", Refusals::Said, events()))
        .operation(Head, of("chat_head", Refusals::Silent, head()))
        .build()
}

fn post() -> PathItem {
    let statuses = [
        StatusCode::FORBIDDEN,
        StatusCode::REQUEST_TIMEOUT,
        StatusCode::PAYLOAD_TOO_LARGE,
        StatusCode::SERVICE_UNAVAILABLE,
        StatusCode::INSUFFICIENT_STORAGE,
    ];
    let text = text(1..=MESSAGE, r"^[^\u0000]+$");
    let message = body("The message", vec![("text/plain", text.into())]);
    let message = RequestBodyBuilder::from(message)
        .required(Some(Required::True))
        .build();
    let said = answer(
        "its id",
        vec![("application/json", Some(named::<Accepted>()))],
    );
    let operation = operation(
        "say",
        TAG,
        "Says something in the chat",
        Refusals::Said,
        &statuses,
    )
    .parameter(user())
    .request_body(Some(message))
    .response("200", said);
    PathItemBuilder::new()
        .operation(Post, operation.build())
        .build()
}

fn faults() -> PathItem {
    let names: Vec<_> = Scenario::ALL.iter().map(|known| known.name()).collect();
    let of = |id, refusals: Refusals| -> Operation {
        let statuses = [StatusCode::NOT_FOUND, StatusCode::SERVICE_UNAVAILABLE];
        let summary = "A stream with faults, to test a client against";
        let named =
            ParameterBuilder::from(query("scenario", "What is wrong with it", one_of(&names)))
                .parameter_in(ParameterIn::Path);
        let with = ArrayBuilder::new().items(one_of(&names)).build();
        let operation = operation(id, TAG, summary, refusals, &statuses)
            .parameter(needed(named.build()))
            .parameter(query("with", "What else is wrong with it", with))
            .parameter(header("Last-Event-ID", "The id to go on from", string()));
        let operation = Parameter::all()
            .iter()
            .fold(operation, |operation, parameter| {
                operation.parameter(query(
                    parameter.name,
                    parameter.is,
                    schema(&parameter.value),
                ))
            });
        let contents = match refusals {
            Refusals::Said => vec![EVENT_STREAM],
            Refusals::Silent => Vec::new(),
        };
        operation
            .response(
                "200",
                answer("the stream, as broken as was asked for", contents),
            )
            .response(
                "204",
                answer("all was sent: the client is to stay away", Vec::new()),
            )
            .response(
                "303",
                answer("to the page, for who prefers one", Vec::new()),
            )
            .build()
    };
    PathItemBuilder::new()
        .operation(Get, of("faults", Refusals::Said))
        .operation(Head, of("faults_head", Refusals::Silent))
        .build()
}

/// What a parameter of the scenarios may be.
fn schema(value: &Value) -> Object {
    match value {
        Value::Number(range, _) => integer(range.clone()),
        Value::OneOf(values) => one_of(values),
        Value::Digits(most) => text(1..=*most, "^[0-9]+$"),
        Value::Name(most) => text(1..=*most, "^[A-Za-z0-9_-]+$"),
    }
}

fn user() -> SomeParameter {
    const NONE: &str =
        r"^[^\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]+$";
    needed(query("user", "A name", text(1..=NAME, NONE)))
}
