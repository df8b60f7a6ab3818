//! The shapes of what is read and written piece by piece, and so has no type of its own in the
//! server.

#![allow(dead_code, reason = "they are described, never made")]

use hub::limits::MAX_KEY;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{AnyOfBuilder, ArrayBuilder, ObjectBuilder, Schema, Type};

use super::parts::{integer, named, text, topic};

/// The answer of a poll.
#[derive(Serialize, ToSchema)]
pub(super) struct Poll {
    events: Vec<Event>,
    /// From where to ask again.
    cursor: String,
    /// Whether there is more than `limit`, or than 8 MiB.
    more: bool,
}

/// An event as JSON. One of the hub's own, such as `hub.gap`, has neither topic nor time.
#[derive(Serialize, ToSchema)]
pub(super) struct Event {
    #[schema(max_length = 128, pattern = r"^[A-Za-z0-9._~-]+$")]
    id: String,
    #[schema(nullable = false, min_length = 1, max_length = 1024)]
    topic: Option<String>,
    /// `message` where the publisher gave none.
    event: String,
    data: String,
    #[schema(nullable = false, format = DateTime)]
    time: Option<String>,
    #[schema(nullable = false, minimum = 500, maximum = 300_000)]
    retry: Option<u32>,
}

/// No control character, at most 128 bytes, and not the hub's own prefix; empty is none.
pub(super) fn event_name() -> utoipa::openapi::Object {
    text(0..=128, r"^(?!hub\.)[^\u0000-\u001f\u007f-\u009f]*$")
}

/// No control character, no outer space.
pub(super) fn key() -> utoipa::openapi::Object {
    const INNER: &str = r"\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069";
    text(
        1..=MAX_KEY,
        &format!(r"^[^\s{INNER}](?:[^{INNER}]*[^\s{INNER}])?$"),
    )
}

/// The same as it may stand in a header.
pub(super) fn key_header() -> utoipa::openapi::Object {
    text(1..=MAX_KEY, r"^[!-~](?:[ -~]*[!-~])?$")
}

pub(super) fn retry() -> utoipa::openapi::Object {
    integer(500..=300_000)
}

/// Text without NUL.
pub(super) fn data() -> utoipa::openapi::Object {
    ObjectBuilder::new()
        .schema_type(Type::String)
        .pattern(Some(r"^[^\u0000]*$"))
        .build()
}

/// The fields of a form; others are ignored.
pub(super) fn form() -> RefOr<Schema> {
    ObjectBuilder::new()
        .property("topic", topic())
        .required("topic")
        .property("data", data())
        .property("event", event_name())
        .property("retry", retry())
        .property("key", key())
        .into()
}

/// One event, or many without keys.
pub(super) fn json() -> RefOr<Schema> {
    let many = ArrayBuilder::new()
        .items(named::<Keyless>())
        .min_items(Some(1))
        .max_items(Some(hub::limits::MAX_BATCH));
    AnyOfBuilder::new()
        .item(named::<Keyed>())
        .item(many.build())
        .into()
}

/// An event to publish, as JSON.
pub(super) enum Keyed {}

/// The same where it is one of many.
pub(super) enum Keyless {}

impl utoipa::PartialSchema for Keyed {
    fn schema() -> RefOr<Schema> {
        members().property("key", or_null(key())).into()
    }
}

impl ToSchema for Keyed {
    fn name() -> std::borrow::Cow<'static, str> {
        "Publish".into()
    }
}

impl utoipa::PartialSchema for Keyless {
    fn schema() -> RefOr<Schema> {
        let none = ObjectBuilder::new().schema_type(Type::Null).build();
        members().property("key", none).into()
    }
}

impl ToSchema for Keyless {
    fn name() -> std::borrow::Cow<'static, str> {
        "PublishOneOfMany".into()
    }
}

fn members() -> ObjectBuilder {
    // Data that is no string is stored as its JSON.
    let other = ObjectBuilder::new().schema_type(utoipa::openapi::schema::SchemaType::Array(vec![
        Type::Object,
        Type::Array,
        Type::Number,
        Type::Boolean,
        Type::Null,
    ]));
    let data = AnyOfBuilder::new().item(data()).item(other.build());
    let digits = text(
        3..=6,
        "^(?:[5-9][0-9]{2}|[1-9][0-9]{3,4}|[12][0-9]{5}|300000)$",
    );
    let retry = AnyOfBuilder::new().item(retry()).item(digits).item(null());
    ObjectBuilder::new()
        .property("topic", topic())
        .required("topic")
        .property("data", data)
        .property("event", or_null(event_name()))
        .property("retry", retry)
}

fn or_null(schema: utoipa::openapi::Object) -> Schema {
    AnyOfBuilder::new().item(schema).item(null()).build().into()
}

fn null() -> utoipa::openapi::Object {
    ObjectBuilder::new().schema_type(Type::Null).build()
}
