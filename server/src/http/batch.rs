//! `POST /events` without a topic in the address: the body says what to publish, as a form or as
//! JSON.

use std::fmt;

use axum::extract::Request;
use axum::response::Response;
use hub::limits::MAX_BATCH;
use serde::de::{Deserialize, Deserializer, Error, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::body;
use super::error::HttpError;
use super::fields::{self, Accepted, Confusing};
use super::media::{content_type, unsupported};
use super::object::{Object, no_json};
use super::query::decode;
use crate::auth::Caller;
use crate::state::AppState;

/// Publishes what the body says: a form, an object, or an array of them, all or nothing.
///
/// # Errors
/// 415 for another content type, 413 and 408 for a body that is long or slow, 400 for a field
/// that is malformed, and whatever the hub refuses with. Nothing is stored then.
pub(crate) async fn publish(
    state: &AppState,
    caller: &Caller,
    request: Request,
) -> Result<Response, HttpError> {
    let read: fn(&str) -> Result<Said, HttpError> = match content_type(request.headers()).as_str() {
        "application/x-www-form-urlencoded" => |text| form(text).map(Said::One),
        "application/json" => json,
        other => {
            let error = unsupported(
                other,
                "application/json or application/x-www-form-urlencoded",
            );
            return Err(body::refuse(request, error));
        }
    };
    let headers = request.headers().clone();
    let text = body::text(request, state.config.limits.request, state).await?;
    let (mut events, many) = match read(&text)? {
        Said::One(event) => (vec![event], false),
        Said::Many(events) => (events, true),
    };
    if many {
        fields::no_key_header(&headers)?;
    } else if let [event] = events.as_mut_slice() {
        event.fields.take_header(&headers)?;
    }
    let mut confusing = Confusing::default();
    let mut drafts = Vec::with_capacity(events.len());
    for (at, event) in events.iter().enumerate() {
        let draft = if many {
            event.keyless().map_err(|error| of_array(at, &error))?
        } else {
            event.draft()?
        };
        confusing.note(&event.fields);
        drafts.push(draft);
    }
    let published = caller.publish(&state.hub, drafts).await?;
    if many {
        let accepted: Vec<_> = published.into_iter().map(Accepted::from).collect();
        return Ok(confusing.warn(accepted));
    }
    Ok(confusing.warn(Accepted::only(published)?))
}

/// What a body says to publish.
enum Said {
    One(Object),
    Many(Vec<Object>),
}

/// One event as a form; fields of other names are ignored.
///
/// # Errors
/// 400 for a field that stands twice, or is not UTF-8.
pub(crate) fn form(text: &str) -> Result<Object, HttpError> {
    let mut event = Object::default();
    let mut data = None;
    for part in text.split('&') {
        let (name, value) = part.split_once('=').unwrap_or((part, ""));
        let Ok(name) = decode(name) else { continue };
        let field = match name.as_str() {
            "topic" => &mut event.fields.topic,
            "event" => &mut event.fields.event,
            "retry" => &mut event.fields.retry,
            "key" => &mut event.fields.key,
            "data" => &mut data,
            _ => continue,
        };
        let value = decode(value).map_err(|()| {
            HttpError::bad_request(format!(
                "`{name}` is not UTF-8 once percent-decoded; send text, binary data as base64"
            ))
        })?;
        if field.replace(value).is_some() {
            return Err(HttpError::bad_request(format!(
                "`{name}` is there twice; a form publishes one event on one topic"
            )));
        }
    }
    event.data = data.unwrap_or_default();
    Ok(event)
}

/// An object, or an array of them.
fn json(text: &str) -> Result<Said, HttpError> {
    if !text.trim_ascii_start().starts_with('[') {
        return Object::parse(text).map(Said::One);
    }
    let Elements(elements) = serde_json::from_str(text).map_err(|error| no_json(&error))?;
    let events = elements
        .iter()
        .enumerate()
        .map(|(at, raw)| Object::parse(raw.get()).map_err(|error| of_array(at, &error)));
    events.collect::<Result<_, _>>().map(Said::Many)
}

/// A refusal of one element; counted from 1, as lines are.
fn of_array(at: usize, error: &HttpError) -> HttpError {
    HttpError::bad_request(format!("event {} of the array: {error}", at + 1))
}

/// The elements of an array, unread: at most [`MAX_BATCH`], so that a long array of nothing costs
/// no memory.
struct Elements<'a>(Vec<&'a RawValue>);

impl<'de: 'a, 'a> Deserialize<'de> for Elements<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Bounded;
        impl<'de> Visitor<'de> for Bounded {
            type Value = Vec<&'de RawValue>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "an array of 1 to {MAX_BATCH} events")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut array: A) -> Result<Self::Value, A::Error> {
                let mut elements = Vec::new();
                while let Some(element) = array.next_element()? {
                    if elements.len() == MAX_BATCH {
                        return Err(A::Error::invalid_length(MAX_BATCH + 1, &self));
                    }
                    elements.push(element);
                }
                Ok(elements)
            }
        }
        deserializer.deserialize_seq(Bounded).map(Self)
    }
}
