//! Topics: where an event is published.

use std::{borrow::Borrow, fmt, sync::Arc};

use thiserror::Error;

use crate::limits::MAX_TOPIC;

/// A topic: 1 to 1,024 bytes of UTF-8; `/` separates segments. Never a file path.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Topic(Arc<str>);

/// Why a text is no topic; says what would be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum TopicError {
    /// Nothing.
    #[error("is empty; give 1 to 1,024 bytes")]
    Empty,
    /// Too many bytes.
    #[error("is longer than 1,024 bytes; shorten it")]
    TooLong,
    /// A C0, C1 or DEL character.
    #[error("holds a control character; leave it out")]
    Control,
    /// A character that turns the direction of text.
    #[error("holds a bidirectional control character; leave it out")]
    Bidi,
    /// A `*`, which only a selector may have.
    #[error("holds a `*`, which is for subscribing to many topics; name one topic")]
    Star,
    /// A `/` at its beginning or end.
    #[error("begins or ends with `/`; leave the outer `/` out")]
    OuterSlash,
}

impl Topic {
    /// Checks a text and makes it a topic.
    ///
    /// # Errors
    /// Where it is none; see [`TopicError`].
    pub fn parse(text: &str) -> Result<Self, TopicError> {
        check(text)?;
        if text.contains('*') {
            return Err(TopicError::Star);
        }
        Ok(Self(text.into()))
    }

    /// The topic as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A topic is ordered, compared and hashed as its text is, by bytes.
impl Borrow<str> for Topic {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Topic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What holds for topics and selectors alike.
pub(crate) fn check(text: &str) -> Result<(), TopicError> {
    if text.is_empty() {
        return Err(TopicError::Empty);
    }
    if text.len() > MAX_TOPIC {
        return Err(TopicError::TooLong);
    }
    if text.chars().any(char::is_control) {
        return Err(TopicError::Control);
    }
    if text.chars().any(is_bidi_control) {
        return Err(TopicError::Bidi);
    }
    if text.starts_with('/') || text.ends_with('/') {
        return Err(TopicError::OuterSlash);
    }
    Ok(())
}

/// Whether a character turns the direction of the text around it: Unicode's property
/// `Bidi_Control`.
#[must_use]
pub fn is_bidi_control(c: char) -> bool {
    matches!(c, '\u{061C}' | '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_contract_calls_topics_are_topics() {
        let longest = "t".repeat(MAX_TOPIC);
        for text in [
            "orders/42",
            "https://example.com/books/1",
            "a.>.b",
            "../../etc/passwd",
            "ü",
            &longest,
        ] {
            assert_eq!(Topic::parse(text).unwrap().as_str(), text);
        }
    }

    #[test]
    fn what_is_refused_says_why() {
        let too_long = "t".repeat(MAX_TOPIC + 1);
        for (text, why) in [
            ("", TopicError::Empty),
            (too_long.as_str(), TopicError::TooLong),
            ("a\0b", TopicError::Control),
            ("a\nb", TopicError::Control),
            ("a\u{7f}", TopicError::Control),
            ("a\u{85}", TopicError::Control),
            ("a\u{202e}b", TopicError::Bidi),
            ("a*b", TopicError::Star),
            ("/a", TopicError::OuterSlash),
            ("a/", TopicError::OuterSlash),
            ("/", TopicError::OuterSlash),
        ] {
            assert_eq!(Topic::parse(text), Err(why), "{text:?}");
        }
    }
}
