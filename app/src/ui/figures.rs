//! Numbers and times as a page writes them: the same on the server and in the browser.

/// A number with its digits in threes: `10,000`.
pub(crate) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// Events a second: two decimals below ten, none above. Whole numbers do the work, as printing
/// floats is much code.
pub(crate) fn rate(rate: f64) -> String {
    let hundredths = (rate * 100.0 + 0.5) as u64;
    match hundredths {
        0 => "0".to_owned(),
        1..1_000 => decimal(hundredths, 100),
        _ => grouped((hundredths + 50) / 100),
    }
}

/// Bytes in the largest unit that leaves a number of at least one.
pub(crate) fn bytes(bytes: u64) -> String {
    const UNITS: [&str; 4] = ["KiB", "MiB", "GiB", "TiB"];
    let mut tenths = bytes.saturating_mul(10);
    let mut unit = "B";
    for next in UNITS {
        if tenths < 10_240 {
            break;
        }
        (tenths, unit) = (tenths / 1_024, next);
    }
    let mut text = if unit == "B" || tenths >= 1_000 {
        (tenths / 10).to_string()
    } else {
        decimal(tenths, 10)
    };
    text.push(' ');
    text.push_str(unit);
    text
}

/// A time that has passed, in its two largest units.
pub(crate) fn duration(seconds: u64) -> String {
    let (minutes, hours, days) = (seconds / 60, seconds / 3_600, seconds / 86_400);
    match (days, hours, minutes) {
        (0, 0, 0) => format!("{seconds} s"),
        (0, 0, _) => format!("{minutes} min {} s", seconds % 60),
        (0, _, _) => format!("{hours} h {} min", minutes % 60),
        _ => format!("{days} d {} h", hours % 24),
    }
}

/// A time of today as its time of day, any other as its date; both as they stand in RFC 3339.
pub(crate) fn moment<'a>(time: &'a str, today: &str) -> &'a str {
    let (date, rest) = time.split_once('T').unwrap_or((time, ""));
    if date == today {
        rest.get(..8).unwrap_or(rest)
    } else {
        date
    }
}

/// A number in parts of this one, ten or a hundred, with as many decimals.
fn decimal(parts: u64, of: u64) -> String {
    let mut text = (parts / of).to_string();
    text.push('.');
    if of == 100 && parts % of < 10 {
        text.push('0');
    }
    text.push_str(&(parts % of).to_string());
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_stand_in_threes() {
        let numbers = [0, 999, 1_000, 12_345, 1_048_576, 1_234_567];
        let shown = ["0", "999", "1,000", "12,345", "1,048,576", "1,234,567"];
        assert_eq!(numbers.map(grouped), shown);
    }

    #[test]
    fn a_rate_has_the_decimals_that_say_something() {
        let rates = [0.0, 0.004, 0.017, 1.0, 9.996, 99.5, 1_204.2, -1.0, f64::NAN];
        let shown = ["0", "0", "0.02", "1.00", "10", "100", "1,204", "0", "0"];
        assert_eq!(rates.map(rate), shown);
    }

    #[test]
    fn bytes_have_the_unit_that_fits() {
        let sizes = [0, 1_023, 1_024, 1_536, 150 * 1_024, 1 << 30, 1 << 50];
        let shown = [
            "0 B", "1023 B", "1.0 KiB", "1.5 KiB", "150 KiB", "1.0 GiB", "1024 TiB",
        ];
        assert_eq!(sizes.map(bytes), shown);
    }

    #[test]
    fn a_duration_has_two_units() {
        let seconds = [7, 61, 3_661, 90_061];
        assert_eq!(
            seconds.map(duration),
            ["7 s", "1 min 1 s", "1 h 1 min", "1 d 1 h"]
        );
    }

    #[test]
    fn a_time_of_another_day_is_a_date() {
        let time = "2026-11-21T00:34:24.123Z";
        assert_eq!(moment(time, "2026-11-21"), "00:34:24");
        assert_eq!(moment(time, "2026-11-22"), "2026-11-21");
        assert_eq!(moment("", "2026-11-22"), "");
    }
}
