//! A gap as a row: what is missing, and why.

use leptos::prelude::*;

use crate::model::Gap;

/// Shows a gap between the rows of a list.
#[component]
pub(crate) fn GapRow(gap: Gap) -> impl IntoView {
    view! {
        <span class="gap" title=format!("{} → {}", gap.requested, gap.resumed_after)>
            <span aria-hidden="true">"≈ "</span>
            {words(&gap)}
            <span aria-hidden="true">" ≈"</span>
        </span>
    }
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
