//! An event as a JSON object: `{"topic":…,"data":…,"event":…,"retry":…,"key":…}`.

use hub::Draft;
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use super::error::HttpError;
use super::fields::Fields;

/// An event as it was said.
#[derive(Debug, Default)]
pub(crate) struct Object {
    /// What is said of it but for the data.
    pub(crate) fields: Fields,
    /// The data.
    pub(crate) data: String,
}

/// The members as they stand there; others are ignored.
#[derive(Deserialize)]
struct Members<'a> {
    #[serde(borrow)]
    topic: Option<&'a RawValue>,
    #[serde(borrow)]
    event: Option<&'a RawValue>,
    #[serde(borrow)]
    retry: Option<&'a RawValue>,
    #[serde(borrow)]
    key: Option<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "present")]
    data: Option<&'a RawValue>,
}

/// Keeps a `null` apart from what is missing: it is data.
fn present<'de, D: Deserializer<'de>>(value: D) -> Result<Option<&'de RawValue>, D::Error> {
    <&RawValue>::deserialize(value).map(Some)
}

impl Object {
    /// Reads an object. Data that is not a string is its JSON without white space, with members
    /// and numbers as they stand there.
    ///
    /// # Errors
    /// 400 for what is no object, for a member that stands twice, and for one of a wrong type.
    pub(crate) fn parse(text: &str) -> Result<Self, HttpError> {
        if !text.trim_ascii_start().starts_with('{') {
            // Serde would take an array as an object without names.
            return Err(HttpError::bad_request(NO_OBJECT));
        }
        let members: Members = serde_json::from_str(text).map_err(|error| no_json(&error))?;
        let fields = Fields {
            topic: members.topic.map(|raw| string("topic", raw)).transpose()?,
            event: members.event.map(|raw| string("event", raw)).transpose()?,
            retry: members.retry.map(number).transpose()?,
            key: members.key.map(|raw| string("key", raw)).transpose()?,
        };
        let data = match members.data {
            None => String::new(),
            Some(raw) if raw.get().starts_with('"') => string("data", raw)?,
            Some(raw) => compact(raw.get()),
        };
        Ok(Self { fields, data })
    }

    /// The event to publish.
    ///
    /// # Errors
    /// 400 that names the member.
    pub(crate) fn draft(&self) -> Result<Draft, HttpError> {
        self.fields.draft(&self.data)
    }

    /// The same where it is one of many, none of which may have a key.
    ///
    /// # Errors
    /// 400 that names the member.
    pub(crate) fn keyless(&self) -> Result<Draft, HttpError> {
        self.fields.no_key()?;
        self.draft()
    }
}

const NO_OBJECT: &str =
    "this is no JSON object; send one such as {\"topic\":\"orders/42\",\"data\":\"paid\"}";

/// A 400 for what is not the JSON that is expected.
pub(crate) fn no_json(error: &serde_json::Error) -> HttpError {
    HttpError::bad_request(format!(
        "this is not the JSON of an event: {error}; send an object such as \
         {{\"topic\":\"orders/42\",\"data\":\"paid\"}}"
    ))
}

fn string(name: &str, raw: &RawValue) -> Result<String, HttpError> {
    serde_json::from_str(raw.get()).map_err(|_| {
        let what = if raw.get().starts_with('[') && name == "topic" {
            "an array; publish on one topic, and give it as a string"
        } else if raw.get().starts_with('"') {
            "a string with half a surrogate pair; send Unicode"
        } else {
            "not a string; give one"
        };
        HttpError::bad_request(format!("`{name}` is {what}"))
    })
}

/// A number as its digits; a string, as forms have it, is taken too.
fn number(raw: &RawValue) -> Result<String, HttpError> {
    match raw.get().as_bytes().first() {
        Some(b'"') => string("retry", raw),
        _ => Ok(raw.get().to_owned()),
    }
}

/// JSON without the white space between its tokens.
fn compact(json: &str) -> String {
    let (mut text, mut escaped) = (false, false);
    json.chars()
        .filter(|&c| {
            let kept = text || !c.is_ascii_whitespace();
            match c {
                '"' if !escaped => text = !text,
                _ => {}
            }
            escaped = text && c == '\\' && !escaped;
            kept
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn data(json: &str) -> String {
        Object::parse(&format!(r#"{{"topic":"t","data":{json}}}"#))
            .unwrap()
            .data
    }

    #[test]
    fn data_that_is_no_string_is_compact_json_as_it_stood() {
        assert_eq!(data(r#""a\nb é""#), "a\nb é");
        assert_eq!(
            data(
                "{ \"b\" : [ 1.50, 12345678901234567890 ],\n \"a\": \"x \\\" y\\\\\" , \"c\":null }"
            ),
            "{\"b\":[1.50,12345678901234567890],\"a\":\"x \\\" y\\\\\",\"c\":null}"
        );
        assert_eq!(data("null"), "null");
        assert_eq!(Object::parse(r#"{"topic":"t"}"#).unwrap().data, "");
    }

    #[test]
    fn a_retry_is_a_number_or_its_digits_and_null_is_none() {
        for (json, retry) in [
            ("1500", Some("1500")),
            ("\"1500\"", Some("1500")),
            ("null", None),
        ] {
            let object = Object::parse(&format!(r#"{{"retry":{json},"other":[]}}"#)).unwrap();
            assert_eq!(object.fields.retry.as_deref(), retry);
        }
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (json, name) in [
            (
                r#"{"topic":["a","b"]}"#,
                "`topic` is an array; publish on one",
            ),
            (r#"{"topic":5}"#, "`topic` is not a string"),
            (r#"{"topic":"a","event":true}"#, "`event` is not a string"),
            (r#"{"topic":"a","key":{}}"#, "`key` is not a string"),
            (
                r#"{"topic":"a","data":"\ud800"}"#,
                "`data` is a string with half",
            ),
            (r#"{"topic":"a","topic":"b"}"#, "duplicate field `topic`"),
            (r#"{"topic":"a""#, "is not the JSON"),
            (r#"["a"]"#, "is no JSON object"),
            ("", "is no JSON object"),
        ] {
            let detail = Object::parse(json).unwrap_err().to_string();
            assert!(detail.contains(name), "{json}: {detail}");
        }
    }
}
