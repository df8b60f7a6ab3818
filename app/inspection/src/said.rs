//! The time that an event says of itself.

use chrono::DateTime;
use serde_json::Value;

use crate::limits::TIMED_DATA;

/// Milliseconds since 1970 where the data is an RFC 3339 time, or a JSON object with such a `time` or `timestamp`.
#[must_use]
pub fn time(data: &str) -> Option<i64> {
    if data.len() > TIMED_DATA {
        return None;
    }
    let of = |text: &str| {
        Some(
            DateTime::parse_from_rfc3339(text.trim())
                .ok()?
                .timestamp_millis(),
        )
    };
    if !data.trim_start().starts_with('{') {
        return of(data);
    }
    let object: Value = serde_json::from_str(data).ok()?;
    ["time", "timestamp"]
        .iter()
        .find_map(|name| of(object.get(name)?.as_str()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_found_where_it_is_said() {
        assert_eq!(time("1970-01-01T00:00:01.5Z"), Some(1500));
        assert_eq!(time(r#"{"time":"1970-01-01T01:00:00+01:00"}"#), Some(0));
        assert_eq!(time(r#" {"timestamp":"1970-01-01T00:00:00Z"}"#), Some(0));
        assert_eq!(time(r#"{"time":1}"#), None);
        assert_eq!(time("12:31"), None);
    }
}
