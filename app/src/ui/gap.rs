//! A gap as a row: what is missing, and why.

use web_sys::Element;

use super::dom::{append, append_words, attribute, element, text};
use crate::model::Gap;

/// A gap between the rows of a list that lives; the server writes none there, as a page begins without.
pub(crate) fn note(gap: &Gap) -> Element {
    let note = element("span", "gap");
    let between = [&gap.requested, " → ", &gap.resumed_after].concat();
    attribute(&note, "title", &between);
    mark(&note, "≈ ");
    append_words(&note, &words(gap));
    mark(&note, " ≈");
    note
}

/// A sign for the eye alone.
fn mark(note: &Element, sign: &str) {
    let mark = text("span", "", sign);
    attribute(&mark, "aria-hidden", "true");
    append(note, &mark);
}

/// What is missing, and why.
pub(crate) fn words(gap: &Gap) -> String {
    let count = match gap.missed {
        Some(1) => "1 event is missing here".to_owned(),
        Some(n) => format!("{n} events are missing here"),
        None => "events may be missing here".to_owned(),
    };
    let why = match gap.reason.as_str() {
        "trimmed" => "no longer kept",
        "deleted" => "deleted",
        "damaged" => "the log is damaged there",
        "epoch-changed" => "the hub began a new log",
        "unknown-id" => "the hub does not know that id",
        other => other,
    };
    format!("{count} · {why} ({})", gap.reason)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gap(reason: &str, missed: Option<u64>) -> Gap {
        Gap {
            reason: reason.into(),
            requested: "a-1".into(),
            resumed_after: "a-5".into(),
            missed,
        }
    }

    #[test]
    fn says_how_many_where_it_is_known_and_does_not_guess_where_not() {
        assert_eq!(
            words(&gap("trimmed", Some(4))),
            "4 events are missing here · no longer kept (trimmed)"
        );
        assert_eq!(
            words(&gap("epoch-changed", None)),
            "events may be missing here · the hub began a new log (epoch-changed)"
        );
    }
}
