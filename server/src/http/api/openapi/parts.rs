//! What the operations of the document are put together from.

use std::ops::RangeInclusive;

use axum::http::StatusCode;
use hub::limits::MAX_TOPIC;
use utoipa::ToSchema;
use utoipa::openapi::RefOr;
use utoipa::openapi::path::{OperationBuilder, Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::request_body::{RequestBody, RequestBodyBuilder};
use utoipa::openapi::schema::{Object, ObjectBuilder, Schema, Type};
use utoipa::openapi::{ContentBuilder, Ref, Required, Response, ResponseBuilder};

use crate::http::problem::Problem;

/// A character of a segment of a topic: no control, none that turns text, no `/`, no `*`.
const SEGMENT: &str =
    r"[^\u0000-\u001f\u007f-\u009f/*\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]";

/// A topic, as `hub::Topic` has it.
pub(super) fn topic() -> Object {
    text(
        1..=MAX_TOPIC,
        &format!("^{SEGMENT}(?:(?:{SEGMENT}|/)*{SEGMENT})?$"),
    )
}

/// A topic or a pattern, as `hub::Selector` has it.
pub(super) fn selector() -> Object {
    let segment = format!(r"(?:\*|{SEGMENT}+)");
    let pattern = format!(r"^(?:\*\*|{segment}(?:(?:/{segment}?)*/(?:{segment}|\*\*))?)$");
    text(1..=MAX_TOPIC, &pattern)
}

/// A topic in a path: no segment is empty or made of one or two dots.
pub(super) fn topic_in_path() -> Object {
    let segment = undotted();
    text(1..=MAX_TOPIC, &format!("^{segment}(?:/{segment})*$"))
}

/// A selector in a path.
pub(super) fn selector_in_path() -> Object {
    let segment = format!(r"(?:\*|{})", undotted());
    let pattern = format!(r"^(?:\*\*|{segment}(?:/{segment})*(?:/\*\*)?)$");
    text(1..=MAX_TOPIC, &pattern)
}

fn undotted() -> String {
    let not_a_dot = SEGMENT.replacen("[^", r"[^.", 1);
    format!(r"(?:\.{{0,2}}{not_a_dot}{SEGMENT}*|\.{{3}}{SEGMENT}*)")
}

/// A text of so many characters; a bound in bytes is met by fewer that are not ASCII.
pub(super) fn text(length: RangeInclusive<usize>, pattern: &str) -> Object {
    ObjectBuilder::new()
        .schema_type(Type::String)
        .min_length(Some(*length.start()))
        .max_length(Some(*length.end()))
        .pattern(Some(pattern))
        .build()
}

/// Any text.
pub(super) fn string() -> Object {
    ObjectBuilder::new().schema_type(Type::String).build()
}

/// One of these texts.
pub(super) fn one_of(values: &[&str]) -> Object {
    ObjectBuilder::new()
        .schema_type(Type::String)
        .enum_values(Some(values.iter().copied()))
        .build()
}

/// A whole number.
pub(super) fn integer(range: RangeInclusive<u64>) -> Object {
    ObjectBuilder::new()
        .schema_type(Type::Integer)
        .minimum(Some(*range.start() as f64))
        .maximum(Some(*range.end() as f64))
        .build()
}

/// A parameter of the query that may be left out.
pub(super) fn query(name: &str, description: &str, schema: impl Into<RefOr<Schema>>) -> Parameter {
    ParameterBuilder::new()
        .name(name)
        .parameter_in(ParameterIn::Query)
        .required(Required::False)
        .description(Some(description))
        .schema(Some(schema))
        .build()
}

/// The same, that must be there.
pub(super) fn needed(parameter: Parameter) -> Parameter {
    ParameterBuilder::from(parameter)
        .required(Required::True)
        .build()
}

/// A header that may be left out.
pub(super) fn header(name: &str, description: &str, schema: impl Into<RefOr<Schema>>) -> Parameter {
    ParameterBuilder::from(query(name, description, schema))
        .parameter_in(ParameterIn::Header)
        .build()
}

/// The topic of a path.
pub(super) fn path(description: &str, schema: Object) -> Parameter {
    ParameterBuilder::from(query("topic", description, schema))
        .parameter_in(ParameterIn::Path)
        .required(Required::True)
        .build()
}

/// A body of one of these types.
pub(super) fn body(description: &str, contents: Vec<(&str, RefOr<Schema>)>) -> RequestBody {
    let body = RequestBodyBuilder::new().description(Some(description));
    let with = |body: RequestBodyBuilder, (media, schema)| {
        body.content(media, ContentBuilder::new().schema(Some(schema)).build())
    };
    contents.into_iter().fold(body, with).build()
}

/// A schema that the document names.
pub(super) fn named<T: ToSchema>() -> RefOr<Schema> {
    Ref::from_schema_name(T::name()).into()
}

/// A type of an answer, and its shape where it has one.
pub(super) type Media = (&'static str, Option<RefOr<Schema>>);

/// An event stream. A schema would be one of each event, in the eyes of some tools.
pub(super) const EVENT_STREAM: Media = ("text/event-stream", None);

/// An answer of one type or more.
pub(super) fn answer(description: &str, contents: Vec<Media>) -> Response {
    let answer = ResponseBuilder::new().description(description);
    let with = |answer: ResponseBuilder, (media, schema)| {
        answer.content(media, ContentBuilder::new().schema(schema).build())
    };
    contents.into_iter().fold(answer, with).build()
}

/// What an operation answers where it refuses.
#[derive(Clone, Copy)]
pub(super) enum Refusals {
    /// As a problem.
    Said,
    /// Without a body: to HEAD.
    Silent,
}

/// An operation that may be refused with these, and with what any may.
pub(super) fn operation(
    id: &str,
    tag: &str,
    summary: &str,
    refusals: Refusals,
    statuses: &[StatusCode],
) -> OperationBuilder {
    let operation = OperationBuilder::new()
        .operation_id(Some(id))
        .tag(tag)
        .summary(Some(summary))
        .response(
            "431",
            answer("the head of the request is over 16 KiB", Vec::new()),
        );
    let any = [
        StatusCode::BAD_REQUEST,
        StatusCode::UNAUTHORIZED,
        StatusCode::FORBIDDEN,
        StatusCode::MISDIRECTED_REQUEST,
        StatusCode::TOO_MANY_REQUESTS,
    ];
    any.iter()
        .chain(statuses)
        .fold(operation, |operation, status| {
            let contents = match refusals {
                Refusals::Said => vec![("application/problem+json", Some(named::<Problem>()))],
                Refusals::Silent => Vec::new(),
            };
            operation.response(status.as_str(), answer(why(*status), contents))
        })
}

/// When a status is answered.
fn why(status: StatusCode) -> &'static str {
    match status {
        StatusCode::BAD_REQUEST => {
            "a parameter, a field, a name or a message is malformed; `detail` names it"
        }
        StatusCode::UNAUTHORIZED => "there is no token, or one that is not good",
        StatusCode::FORBIDDEN => {
            "the token has not the right, or a page of another origin wants to change something"
        }
        StatusCode::TOO_MANY_REQUESTS => "there are too many from one client",
        StatusCode::NOT_FOUND => "nothing is there, or nothing is kept of a topic",
        StatusCode::REQUEST_TIMEOUT => "the body took over 30 s",
        StatusCode::PAYLOAD_TOO_LARGE => "an event over 1 MiB, a form or JSON over 8 MiB",
        StatusCode::UNSUPPORTED_MEDIA_TYPE => {
            "nothing can be published from a body of this type, or with this encoding"
        }
        StatusCode::UNPROCESSABLE_ENTITY => "the key was used with another body",
        StatusCode::MISDIRECTED_REQUEST => "`Host` names another server",
        StatusCode::INSUFFICIENT_STORAGE => "the disk is full; readers go on",
        StatusCode::SERVICE_UNAVAILABLE => "the server cannot take it now",
        _ => "refused",
    }
}
