//! What stands in the rows of the overview's tables: the same on the server and in the browser.

use crate::{
    model::{Listener, TOPICS_SHOWN, TopicLine, TopicOrder, Wanted},
    ui::{
        figures::{grouped, moment, rate},
        spark::points,
    },
};

/// The texts of a row; each stands in the element of the class beside it.
pub(super) type Cells = [(&'static str, String); 4];

/// A topic's figures.
pub(super) fn topic(line: &TopicLine, today: &str) -> Cells {
    [
        (".rate", rate(line.rate)),
        (".follow", grouped(line.subscribers)),
        (".kept", grouped(line.events)),
        ("time", moment(&line.last_time, today).to_owned()),
    ]
}

/// The line of a topic's last minute.
pub(super) fn minute(line: &TopicLine) -> String {
    points(&line.recent)
}

/// What is said of a subscriber.
pub(super) fn listener(listener: &Listener, today: &str) -> Cells {
    [
        ("bdi", selectors(&listener.selectors)),
        (".format", listener.format.clone()),
        ("time", moment(&listener.since, today).to_owned()),
        (".behind", grouped(listener.behind)),
    ]
}

/// As many selectors as there is room for, and how many more there are.
fn selectors(selectors: &[String]) -> String {
    const ROOM: usize = 160;
    let mut text = String::new();
    for (at, selector) in selectors.iter().enumerate() {
        if at > 0 && text.len() + selector.len() > ROOM {
            text.push_str(" and ");
            text.push_str(&grouped((selectors.len() - at) as u64));
            text.push_str(" more");
            break;
        }
        if at > 0 {
            text.push(' ');
        }
        text.push_str(selector);
    }
    text
}

/// Where a topic's page is.
pub(super) fn page(topic: &str) -> String {
    let mut page = String::from("/topics?topic=");
    page.push_str(&crate::address::encode(topic));
    page
}

/// What the panel of topics has to show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shows {
    /// The table.
    Table,
    /// Nothing is kept of any topic.
    Nothing,
    /// There are topics, and none is found.
    NoMatch,
}

impl Shows {
    pub(super) fn of(wanted: &Wanted, shown: usize, total: u64, goes_on: bool) -> Self {
        match (shown, total) {
            (0, 0) if wanted.text.is_empty() => Self::Nothing,
            // Where the search goes on it is not known yet.
            (0, _) if !goes_on => Self::NoMatch,
            _ => Self::Table,
        }
    }

    /// Its word for the style.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Table => "table",
            Self::Nothing => "nothing",
            Self::NoMatch => "no-match",
        }
    }
}

/// How many topics are shown, of how many, and where the others are; `goes_on` where there is a
/// next page.
pub(super) fn counted(wanted: &Wanted, shown: usize, total: u64, goes_on: bool) -> String {
    let others = total.saturating_sub(shown as u64);
    let mut text = grouped(shown as u64);
    if shown == 0 && goes_on {
        return "None so far; the search goes on:".to_owned();
    }
    if !wanted.text.is_empty() {
        // A full page of what leads may be a part of what there is.
        let more = goes_on || shown >= TOPICS_SHOWN;
        text.push_str(if more {
            ", and perhaps more, of "
        } else {
            " of "
        });
        text.push_str(&grouped(total));
        text.push_str(" topics contain this");
        return text;
    }
    if others > 0 {
        text.push_str(" of ");
        text.push_str(&grouped(total));
    }
    text.push_str(if total == 1 { " topic" } else { " topics" });
    if others > 0 {
        text.push_str(match wanted.order {
            TopicOrder::Name => "; ",
            TopicOrder::Rate => ", the busiest; ",
            TopicOrder::Last => ", those with the newest events; ",
        });
        text.push_str(&grouped(others));
        text.push_str(" more: search finds them");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted(text: &str, order: TopicOrder) -> Wanted {
        Wanted {
            text: text.into(),
            order,
            after: String::new(),
        }
    }

    #[test]
    fn it_is_said_how_many_more_there_are() {
        let all = wanted("", TopicOrder::Name);
        assert_eq!(counted(&all, 1, 1, false), "1 topic");
        assert_eq!(counted(&all, 12, 12, false), "12 topics");
        assert_eq!(
            counted(&all, 100, 10_000, true),
            "100 of 10,000 topics; 9,900 more: search finds them"
        );
        assert_eq!(
            counted(&wanted("", TopicOrder::Rate), 100, 101, false),
            "100 of 101 topics, the busiest; 1 more: search finds them"
        );
    }

    #[test]
    fn a_search_does_not_claim_to_have_seen_all() {
        let found = wanted("x", TopicOrder::Name);
        assert_eq!(
            counted(&found, 3, 10_000, false),
            "3 of 10,000 topics contain this"
        );
        assert_eq!(
            counted(&found, 7, 10_000, true),
            "7, and perhaps more, of 10,000 topics contain this"
        );
        assert_eq!(
            counted(&found, 0, 1_000_000, true),
            "None so far; the search goes on:"
        );
        let leading = wanted("x", TopicOrder::Last);
        assert!(counted(&leading, 100, 10_000, false).contains("perhaps more"));
    }

    #[test]
    fn what_there_is_decides_what_is_shown() {
        let (all, found) = (Wanted::default(), wanted("x", TopicOrder::Name));
        assert_eq!(Shows::of(&all, 0, 0, false), Shows::Nothing);
        assert_eq!(Shows::of(&all, 0, 5, false), Shows::NoMatch);
        assert_eq!(Shows::of(&found, 0, 0, false), Shows::NoMatch);
        assert_eq!(Shows::of(&found, 1, 5, false), Shows::Table);
        assert_eq!(Shows::of(&found, 0, 5, true), Shows::Table);
    }

    #[test]
    fn many_selectors_are_cut_and_counted() {
        let few = ["a".to_owned(), "b/*".to_owned()];
        assert_eq!(selectors(&few), "a b/*");
        let many: Vec<_> = (0..100).map(|n| format!("{n:0>50}")).collect();
        assert!(
            selectors(&many).ends_with(" and 97 more"),
            "{}",
            selectors(&many)
        );
    }
}
