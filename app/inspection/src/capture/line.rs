//! A line of a capture, as it is read: what is no part of one is passed over unread, however long.

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, SeqAccess, Visitor};
use serde_json::Number;

use crate::kept::beginning;
use crate::limits::HEADERS;

/// How much of a kind is quoted, in bytes.
const QUOTED: usize = 80;

/// The longest reason, in bytes: it quotes what is wrong.
const SAID: usize = 300;

/// A line of any kind.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Line {
    #[serde(deserialize_with = "given")]
    pub(super) kind: String,
    #[serde(deserialize_with = "given")]
    pub(super) url: String,
    #[serde(deserialize_with = "given")]
    pub(super) method: String,
    #[serde(deserialize_with = "given")]
    pub(super) last_event_id: String,
    pub(super) time: Option<String>,
    #[serde(deserialize_with = "given")]
    pub(super) trial: bool,
    pub(super) status: Option<u16>,
    pub(super) head_ms: Option<f64>,
    #[serde(deserialize_with = "given")]
    pub(super) sight: String,
    #[serde(deserialize_with = "headers")]
    pub(super) headers: Vec<(String, String)>,
    #[serde(deserialize_with = "given")]
    pub(super) bytes: u64,
    pub(super) at_ms: Option<f64>,
    #[serde(deserialize_with = "given")]
    pub(super) base64: String,
    #[serde(deserialize_with = "given")]
    pub(super) event: String,
    #[serde(deserialize_with = "given")]
    pub(super) data: String,
    #[serde(deserialize_with = "given")]
    pub(super) id: String,
    #[serde(deserialize_with = "given")]
    pub(super) code: String,
    #[serde(deserialize_with = "given")]
    pub(super) offset: u64,
    #[serde(deserialize_with = "given")]
    pub(super) detail: String,
    #[serde(deserialize_with = "given")]
    pub(super) how: String,
    pub(super) retry: Option<Number>,
}

/// The kind of a line that is else not as it should be.
#[derive(Deserialize)]
struct Kind {
    kind: String,
}

impl Line {
    /// Reads a line.
    ///
    /// # Errors
    /// Where it is none: why.
    pub(super) fn read(text: &str) -> Result<Self, String> {
        if !text.trim_start().starts_with('{') {
            return Err("it is no object of JSON".to_owned());
        }
        serde_json::from_str(text).map_err(|error| match serde_json::from_str(text) {
            // Of what is none of a capture it is said what it is.
            Ok(Kind { kind }) if !is_known(&kind) => unknown(&kind),
            _ => beginning(&error.to_string(), SAID),
        })
    }
}

/// Whether a capture has lines of this kind.
fn is_known(kind: &str) -> bool {
    let known = [
        "open",
        "cut",
        "chunk",
        "event",
        "diagnostic",
        "closed",
        "end",
    ];
    known.contains(&kind)
}

/// Says that no capture has lines of this kind.
pub(super) fn unknown(kind: &str) -> String {
    match kind {
        "check" | "verdict" => {
            "this is what --check prints, which is no stream; give what `tickertape inspect \
                                --json` prints"
                .to_owned()
        }
        other => {
            let other = beginning(other, QUOTED);
            format!("the kind {other:?} is unknown; give what `tickertape inspect --json` prints")
        }
    }
}

/// A value, where null is none.
fn given<'de, D: Deserializer<'de>, T: Default + Deserialize<'de>>(
    deserializer: D,
) -> Result<T, D::Error> {
    Ok(Option::<T>::deserialize(deserializer)?.unwrap_or_default())
}

/// The headers, up to the bound and one more.
fn headers<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<(String, String)>, D::Error> {
    struct Headers;
    impl<'de> Visitor<'de> for Headers {
        type Value = Vec<(String, String)>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a list of headers, each a name and a value")
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
            let mut headers = Vec::new();
            while headers.len() <= HEADERS
                && let Some(header) = seq.next_element()?
            {
                headers.push(header);
            }
            while seq.next_element::<IgnoredAny>()?.is_some() {}
            Ok(headers)
        }
    }
    deserializer.deserialize_seq(Headers)
}
