//! From when a stream is to begin, as `since` says it.

use std::time::SystemTime;

use chrono::DateTime;
use hub::Start;

/// What is right, in words.
pub(crate) const FORMS: &str = "give `all`, a duration such as 10m, or an RFC 3339 time";

/// Reads `all`, how long ago, or a time; none where it is nothing of these.
pub(crate) fn parse(text: &str) -> Option<Start> {
    if text == "all" {
        return Some(Start::All);
    }
    if let Ok(ago) = humantime::parse_duration(text) {
        let time = SystemTime::now().checked_sub(ago);
        return Some(time.map_or(Start::All, Start::Since));
    }
    // A `+` in an address is a space unless it is encoded; the offset of a time shows where.
    let time = DateTime::parse_from_rfc3339(&text.replace(' ', "+")).ok()?;
    Some(Start::Since(time.into()))
}
