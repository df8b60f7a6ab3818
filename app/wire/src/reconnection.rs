//! The reconnection time that a stream sets.

use std::fmt;

/// Digits that are kept: a stream may send millions, and each connection remembers them.
const DIGITS: usize = 100;

/// A reconnection time in milliseconds, as the field `retry` gives it: of any size.
///
/// The standard sets no bound, so the digits are kept, without leading zeros; more than 100 are as 100 nines, which is
/// longer than anyone waits. What Tickertape sends is a [`Retry`](crate::Retry), which has bounds.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ReconnectionTime(String);

impl ReconnectionTime {
    /// Reads ASCII digits; none where there is anything else, or nothing.
    #[must_use]
    pub fn from_digits(text: &str) -> Option<Self> {
        if text.is_empty() || !text.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        let digits = text.trim_start_matches('0');
        Some(Self(match digits.len() {
            0 => "0".to_owned(),
            1..=DIGITS => digits.to_owned(),
            _ => "9".repeat(DIGITS),
        }))
    }

    /// The digits without leading zeros: also a number in JSON.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Milliseconds, where they fit.
    #[must_use]
    pub fn as_millis(&self) -> Option<u64> {
        self.0.parse().ok()
    }

    /// Whether it is over 2,147,483,647 ms, the most that a timer of a browser takes.
    #[must_use]
    pub fn is_too_large(&self) -> bool {
        self.as_millis().is_none_or(|ms| ms > 0x7fff_ffff)
    }
}

impl fmt::Display for ReconnectionTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
