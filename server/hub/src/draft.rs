//! A publish, checked: nothing in it can forge a field or disturb a subscriber.

use std::time::SystemTime;

use thiserror::Error;
use wire::{EventName, FieldError, Retry};

use crate::{
    id::Seq,
    limits::MAX_KEY,
    record::Record,
    topic::{Topic, is_bidi_control},
};

/// What to publish.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    pub(crate) topic: Topic,
    pub(crate) event: Option<EventName>,
    pub(crate) retry: Option<Retry>,
    pub(crate) key: Option<Key>,
    pub(crate) data: String,
}

/// A publisher's own name for a publish, unique on its topic.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Key(String);

/// Why something cannot be published: the field, and what would be right.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("`{field}` {why}")]
pub struct DraftError {
    /// Which field.
    pub field: &'static str,
    /// What is wrong with it, and what would be right.
    pub why: String,
}

impl Draft {
    /// An event with data on a topic.
    ///
    /// CR, LF and CRLF each end a line and become LF.
    ///
    /// # Errors
    /// Where the data holds a NUL.
    pub fn new(topic: Topic, data: &str) -> Result<Self, DraftError> {
        let draft = Self {
            topic,
            event: None,
            retry: None,
            key: None,
            data: String::new(),
        };
        draft.data(data.to_owned())
    }

    /// Puts other data in the place of the event's.
    ///
    /// # Errors
    /// Where it holds a NUL.
    pub fn data(mut self, data: String) -> Result<Self, DraftError> {
        if data.contains('\0') {
            return Err(refused("data", "holds a NUL; send binary data as base64"));
        }
        self.data = match data.contains('\r') {
            true => data.replace("\r\n", "\n").replace('\r', "\n"),
            false => data,
        };
        Ok(self)
    }

    /// Gives the event a name; `message` is the same as none.
    ///
    /// # Errors
    /// Where the name is empty, longer than 128 bytes, holds a control character, or begins with
    /// `hub.`, which is the hub's own.
    pub fn event(mut self, name: &str) -> Result<Self, DraftError> {
        if name.starts_with("hub.") {
            return Err(refused(
                "event",
                "begins with `hub.`, which is the hub's own; choose another",
            ));
        }
        let name = EventName::new(name).map_err(|why| field("event", why))?;
        self.event = (!name.is_default()).then_some(name);
        Ok(self)
    }

    /// Gives the event a reconnection time, which its subscribers adopt.
    ///
    /// # Errors
    /// For anything but ASCII digits, and outside 500 to 300,000 milliseconds.
    pub fn retry(mut self, digits: &str) -> Result<Self, DraftError> {
        self.retry = Some(digits.parse().map_err(|why| field("retry", why))?);
        Ok(self)
    }

    /// Gives the publish a key: the same key on the same topic is stored once.
    ///
    /// # Errors
    /// Where the key is empty, longer than 128 bytes, holds control or bidirectional control
    /// characters, or begins or ends with a space.
    pub fn key(mut self, key: &str) -> Result<Self, DraftError> {
        self.key = Some(Key::parse(key)?);
        Ok(self)
    }

    /// The event that this becomes at a place and a time.
    #[must_use]
    pub fn into_record(self, seq: Seq, time: SystemTime) -> Record {
        Record {
            seq,
            time,
            topic: self.topic,
            event: self.event,
            retry: self.retry,
            data: self.data.into(),
        }
    }

    /// Where it is to be published.
    #[must_use]
    pub fn topic(&self) -> &Topic {
        &self.topic
    }

    /// The publisher's key as text.
    #[must_use]
    pub fn key_text(&self) -> Option<&str> {
        self.key.as_ref().map(|key| key.0.as_str())
    }

    /// The bytes that count against the limit for an event.
    #[must_use]
    pub fn size(&self) -> usize {
        self.data.len()
    }
}

impl Key {
    fn parse(text: &str) -> Result<Self, DraftError> {
        let why = if text.is_empty() {
            "is empty; give 1 to 128 bytes"
        } else if text.len() > MAX_KEY {
            "is longer than 128 bytes; shorten it"
        } else if text.chars().any(|c| c.is_control() || is_bidi_control(c)) {
            "holds a control character; leave it out"
        } else if text.trim() != text {
            "begins or ends with a space; trim it"
        } else {
            return Ok(Self(text.to_owned()));
        };
        Err(refused("key", why))
    }
}

fn field(name: &'static str, why: FieldError) -> DraftError {
    refused(name, &why.to_string())
}

fn refused(field: &'static str, why: &str) -> DraftError {
    DraftError {
        field,
        why: why.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draft(data: &str) -> Result<Draft, DraftError> {
        Draft::new(Topic::parse("t").unwrap(), data)
    }

    #[test]
    fn every_line_end_becomes_lf() {
        assert_eq!(draft("a\rb\r\nc\nd").unwrap().data, "a\nb\nc\nd");
    }

    #[test]
    fn what_is_refused_names_its_field() {
        let x = || draft("x").unwrap();
        for (result, name) in [
            (draft("a\0b"), "data"),
            (x().event("hub.open"), "event"),
            (x().event("a\rid: 0"), "event"),
            (x().event("a\u{7f}"), "event"),
            (x().event(&"e".repeat(129)), "event"),
            (x().retry("abc"), "retry"),
            (x().retry("1.5"), "retry"),
            (x().retry("0x10"), "retry"),
            (x().retry("\u{661}"), "retry"),
            (x().retry("499"), "retry"),
            (x().retry("300001"), "retry"),
            (x().retry("18446744073709551616"), "retry"),
            (x().key("a\rdata: x"), "key"),
            (x().key("a\u{1f}"), "key"),
            (x().key("a\u{202e}"), "key"),
            (x().key("a "), "key"),
            (x().key(""), "key"),
            (x().key(&"k".repeat(129)), "key"),
        ] {
            assert_eq!(result.unwrap_err().field, name);
        }
    }

    #[test]
    fn message_is_no_name_at_all() {
        assert_eq!(draft("x").unwrap().event("message").unwrap().event, None);
    }
}
