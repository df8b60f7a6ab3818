//! Times as a reader wants them written.

use js_sys::Date;

use crate::model::{TimeStyle, time_of_day};

/// Characters of a time of day with milliseconds: `18:12:31.204`.
const WITH_MILLISECONDS: usize = 12;

/// Writes an event's time; `now` is the browser's, in milliseconds of the epoch.
///
/// For the browser only, but for [`TimeStyle::Utc`].
pub(crate) fn written(time: &str, style: TimeStyle, now: f64) -> String {
    match style {
        TimeStyle::Utc => time_of_day(time, WITH_MILLISECONDS),
        TimeStyle::Local => local(&Date::new(&time.into())),
        TimeStyle::Relative => ago(now - Date::parse(time)),
    }
}

fn local(date: &Date) -> String {
    let two = |n: u32| format!("{n:02}");
    let clock = [date.get_hours(), date.get_minutes(), date.get_seconds()].map(two);
    format!("{}.{:03}", clock.join(":"), date.get_milliseconds())
}

/// How long ago, in its largest unit; clocks that differ make the future, which is now.
fn ago(ms: f64) -> String {
    let seconds = (ms / 1_000.0).max(0.0) as u64;
    let (n, unit) = match seconds {
        0..60 => (seconds, "s"),
        60..3_600 => (seconds / 60, "min"),
        3_600..86_400 => (seconds / 3_600, "h"),
        _ => (seconds / 86_400, "d"),
    };
    format!("{n} {unit} ago")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn utc_is_written_with_milliseconds() {
        let time = "2026-01-02T03:04:05.678901Z";
        assert_eq!(written(time, TimeStyle::Utc, 0.0), "03:04:05.678");
    }

    #[test]
    fn how_long_ago_has_one_unit() {
        let said = [-5e3, 999.0, 59_999.0, 60e3, 7_300e3, 90_000e3].map(ago);
        assert_eq!(
            said,
            [
                "0 s ago",
                "0 s ago",
                "59 s ago",
                "1 min ago",
                "2 h ago",
                "1 d ago"
            ]
        );
    }
}
