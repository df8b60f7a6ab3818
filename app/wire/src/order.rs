//! Whether ids ascend.

use std::cmp::Ordering;

/// How an id follows the one before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Order {
    /// It is larger, or the two cannot be compared.
    Fine,
    Same,
    Back,
}

/// Compares two ids that are numbers, or that differ only in a number after a separator, such as
/// `k3x9-41` and `k3x9-42`; ids are opaque, so others are never found out of order.
pub(crate) fn order(before: &str, now: &str) -> Order {
    if before == now && !now.is_empty() {
        return Order::Same;
    }
    match (number(before), number(now)) {
        (Some(before), Some(now)) if before.0 == now.0 && is_back(before.0, before.1, now.1) => {
            Order::Back
        }
        _ => Order::Fine,
    }
}

/// What stands before the number at the end, and its digits.
fn number(id: &str) -> Option<(&str, &str)> {
    let prefix = id.trim_end_matches(|c: char| c.is_ascii_digit());
    let digits = &id[prefix.len()..];
    // Without a separator the digits may be the end of a hexadecimal or random id.
    let separated = !prefix.ends_with(char::is_alphanumeric);
    (separated && !digits.is_empty()).then_some((prefix, digits))
}

/// Whether the digits are smaller than those before them. What follows a point may be the digits of a fraction, with or
/// without zeros at its end (`12.75` and `12.8`, also in a time), or a number as elsewhere: then both must say so.
fn is_back(prefix: &str, before: &str, now: &str) -> bool {
    let is_less = compare(now, before) == Ordering::Less;
    is_less
        && !(prefix.ends_with(['.', ','])
            && now.trim_end_matches('0') >= before.trim_end_matches('0'))
}

fn compare(a: &str, b: &str) -> Ordering {
    let (a, b) = (a.trim_start_matches('0'), b.trim_start_matches('0'));
    a.len().cmp(&b.len()).then_with(|| a.cmp(b))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_compared_only_where_they_can_be() {
        let cases = [
            ("", "", Order::Fine),
            ("", "1", Order::Fine),
            ("9", "10", Order::Fine),
            ("10", "9", Order::Back),
            ("10", "010", Order::Fine),
            ("1", "1", Order::Same),
            ("x", "x", Order::Same),
            ("k3x9-41", "k3x9-42", Order::Fine),
            ("k3x9-42", "k3x9-41", Order::Back),
            ("k3x9-42", "a000-1", Order::Fine),
            ("ff9", "ff1", Order::Fine),
            ("99999999999999999999999999", "3", Order::Back),
            ("1700000000.75", "1700000000.8", Order::Fine),
            ("1700000000.8", "1700000000.801", Order::Fine),
            ("1700000000.8", "1700000000.75", Order::Fine),
            ("1700000000.75", "1700000000.70", Order::Back),
            ("1.9", "1.10", Order::Fine),
            ("1.10", "1.9", Order::Fine),
            ("1.9", "1.8", Order::Back),
            ("12.80", "12.8", Order::Fine),
        ];
        for (before, now, expected) in cases {
            assert_eq!(order(before, now), expected, "{before:?} then {now:?}");
        }
    }
}
