//! The values that may stand in a field, as types that cannot hold a line end.

use std::fmt;

/// The longest id, in bytes: a longer one makes browsers send a CORS preflight (Fetch 2.2.2,
/// "CORS-safelisted request-header") and may pass a proxy's header limit.
pub const MAX_ID: usize = 128;

/// The longest event name, in bytes.
pub const MAX_EVENT_NAME: usize = 128;

/// Why a value cannot stand in a field; says what would be accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldError {
    /// Nothing where something must be.
    Empty,
    /// More bytes than this.
    TooLong(usize),
    /// A control character (C0, DEL or C1), which could end a line or keep a browser from
    /// reconnecting.
    Control(char),
    /// Other than ASCII digits.
    NotDigits,
    /// A reconnection time outside [`Retry::MIN`] to [`Retry::MAX`].
    RetryOutOfRange,
}

impl fmt::Display for FieldError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => write!(f, "is empty; give at least one character"),
            Self::TooLong(max) => write!(f, "is too long; at most {max} bytes are accepted"),
            Self::Control(c) => {
                write!(
                    f,
                    "holds the control character U+{:04X}; leave it out",
                    u32::from(*c)
                )
            }
            Self::NotDigits => write!(f, "is not a number; give ASCII digits only"),
            Self::RetryOutOfRange => write!(
                f,
                "is outside {} to {}; give milliseconds in that range",
                Retry::MIN,
                Retry::MAX
            ),
        }
    }
}

impl std::error::Error for FieldError {}

/// An event's id: 1 to [`MAX_ID`] bytes without control characters.
///
/// Stricter than the standard, which forbids only NUL and line ends: an id with a control
/// character keeps Chromium and Firefox from ever reconnecting, as it is no valid header value.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Id(String);

impl Id {
    /// Checks a text and makes it an id.
    ///
    /// # Errors
    /// Where it is empty, too long or holds a control character.
    pub fn new(text: impl Into<String>) -> Result<Self, FieldError> {
        bounded(text.into(), MAX_ID).map(Self)
    }

    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Whether browsers send an id: with a control character other than tab they never come back.
///
/// What a stream gives may be so; an [`Id`] is not.
#[must_use]
pub fn is_sendable(id: &str) -> bool {
    !id.contains(|c: char| c.is_ascii_control() && c != '\t')
}

/// An event's name: 1 to [`MAX_EVENT_NAME`] bytes without control characters.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct EventName(String);

impl EventName {
    /// Checks a text and makes it an event name.
    ///
    /// # Errors
    /// Where it is empty, too long or holds a control character.
    pub fn new(text: impl Into<String>) -> Result<Self, FieldError> {
        bounded(text.into(), MAX_EVENT_NAME).map(Self)
    }

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether this is `message`, the name that an event has without the field.
    #[must_use]
    pub fn is_default(&self) -> bool {
        self.0 == "message"
    }
}

impl fmt::Display for EventName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A reconnection time in milliseconds, [`Retry::MIN`] to [`Retry::MAX`].
///
/// The range is narrower than the standard's: 0 makes Chromium come back within 80 ms, and a huge
/// value switches a client off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Retry(u32);

impl Retry {
    /// The shortest reconnection time, in milliseconds.
    pub const MIN: u32 = 500;
    /// The longest reconnection time, in milliseconds: five minutes.
    pub const MAX: u32 = 300_000;

    /// Checks a number of milliseconds.
    ///
    /// # Errors
    /// Outside [`Retry::MIN`] to [`Retry::MAX`].
    pub fn from_millis(ms: u32) -> Result<Self, FieldError> {
        if (Self::MIN..=Self::MAX).contains(&ms) {
            Ok(Self(ms))
        } else {
            Err(FieldError::RetryOutOfRange)
        }
    }

    /// The nearest reconnection time to a number of milliseconds.
    #[must_use]
    pub fn clamped(ms: u32) -> Self {
        Self(ms.clamp(Self::MIN, Self::MAX))
    }

    /// Milliseconds.
    #[must_use]
    pub fn as_millis(self) -> u32 {
        self.0
    }
}

impl std::str::FromStr for Retry {
    type Err = FieldError;

    fn from_str(text: &str) -> Result<Self, FieldError> {
        if text.is_empty() || !text.bytes().all(|b| b.is_ascii_digit()) {
            return Err(FieldError::NotDigits);
        }
        text.parse()
            .map_or(Err(FieldError::RetryOutOfRange), Self::from_millis)
    }
}

/// Text that stays on one line: without control characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line<'a>(&'a str);

impl<'a> Line<'a> {
    /// Checks a text; it may be empty.
    ///
    /// # Errors
    /// Where it holds a control character.
    pub fn new(text: &'a str) -> Result<Self, FieldError> {
        no_control(text).map(|()| Self(text))
    }

    /// The text.
    #[must_use]
    pub fn as_str(self) -> &'a str {
        self.0
    }
}

fn bounded(text: String, max: usize) -> Result<String, FieldError> {
    if text.is_empty() {
        return Err(FieldError::Empty);
    }
    if text.len() > max {
        return Err(FieldError::TooLong(max));
    }
    no_control(&text).map(|()| text)
}

fn no_control(text: &str) -> Result<(), FieldError> {
    text.chars()
        .find(|c| c.is_control())
        .map_or(Ok(()), |c| Err(FieldError::Control(c)))
}
