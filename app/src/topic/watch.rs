//! The island that brings a topic's page to life.

use std::{cell::OnceCell, rc::Rc};

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use super::console::Console;
use crate::{
    live::{StreamSpec, feed::Row, row, use_stream},
    model::{Choice, Snapshot},
    ui::{badge, dom::alive, standing::View},
};

/// What the browser begins with.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Begin {
    /// The selectors as parameters of an address.
    pub(crate) query: String,
    /// Whether events of more than one topic can come.
    pub(crate) several: bool,
    /// The newest events, and the cursor from which the page goes on.
    pub(crate) events: Snapshot,
    /// Whether older ones are kept.
    pub(crate) earlier: bool,
    /// When the page was rendered: RFC 3339 in UTC, as the times of events are. What is newer is live.
    pub(crate) now: String,
    /// What the reader chose to see.
    pub(crate) choice: Choice,
    /// The event that the page is about; then it begins paused.
    pub(crate) at: Option<String>,
    /// Scheme and authority, as far as the server knows them.
    pub(crate) origin: String,
}

impl Begin {
    /// The rows that the page begins with, and what is known to be gone between them.
    pub(crate) fn rows(&self) -> impl Iterator<Item = Row> + '_ {
        let gaps = |at: usize| {
            let here = self
                .events
                .gaps
                .iter()
                .filter(move |(before, _)| *before == at);
            here.map(|(_, gap)| Row::Gap(gap.clone()))
        };
        let events = self.events.events.iter().enumerate();
        let rows = events.flat_map(move |(at, event)| gaps(at).chain([Row::Event(event.clone())]));
        rows.chain(gaps(self.events.events.len()))
    }

    /// Whether it begins without its stream: a permalink stands still.
    pub(crate) fn is_parked(&self) -> bool {
        self.at.is_some() && !self.is_cut()
    }

    /// Whether the event that the page is about comes with the stream, as it, or one before it, is
    /// too long to stand in a page.
    pub(crate) fn is_cut(&self) -> bool {
        let at = self.at.as_ref();
        at.is_some_and(|at| self.events.events.iter().all(|event| event.id != *at))
    }
}

/// Brings the section `#watch` to life: the list, and what can be done with it.
#[island]
pub(crate) fn Watch(begin: Begin, children: Children) -> impl IntoView {
    alive("#watch", move |root| {
        let (view, set_view) = signal(View::default());
        let spec = StreamSpec {
            parked: begin.is_parked(),
            ..StreamSpec::hub(
                format!("/events?{}&envelope=1", begin.query),
                begin.events.cursor.clone(),
            )
        };
        let console = Rc::new(OnceCell::<Rc<Console>>::new());
        let taker = Rc::clone(&console);
        let stream = use_stream(spec, move |message| {
            if let (Some(console), Some(row)) = (taker.get(), row(&message)) {
                console.push(row);
            }
        });
        badge::follow(&root, stream, Some(view));
        if let Some(attached) = Console::attach(&root, begin, stream, set_view) {
            // It is set once, here.
            let _ = console.set(attached);
        }
    });
    children()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Event, Gap};

    fn begin(ids: &[&str], gaps: &[usize], at: Option<&str>) -> Begin {
        let event = |id: &&str| Event {
            id: (*id).into(),
            topic: "t".into(),
            event: "message".into(),
            data: String::new(),
            time: String::new(),
            retry: None,
        };
        let gap = |before: &usize| {
            let gap = Gap {
                reason: "deleted".into(),
                requested: String::new(),
                resumed_after: format!("gap {before}"),
                missed: None,
            };
            (*before, gap)
        };
        Begin {
            query: String::new(),
            several: false,
            events: Snapshot {
                events: ids.iter().map(event).collect(),
                cursor: String::new(),
                gaps: gaps.iter().map(gap).collect(),
            },
            earlier: false,
            now: String::new(),
            choice: Choice::default(),
            at: at.map(Into::into),
            origin: String::new(),
        }
    }

    #[test]
    fn a_gap_stands_before_the_event_that_follows_it_and_the_last_at_the_end() {
        let begin = begin(&["e-1", "e-4", "e-5"], &[1, 3], None);
        let row = |row| match row {
            Row::Event(event) => event.id,
            Row::Gap(gap) => gap.resumed_after,
        };
        let rows: Vec<_> = begin.rows().map(row).collect();
        assert_eq!(rows, ["e-1", "gap 1", "e-4", "e-5", "gap 3"]);
    }

    #[test]
    fn a_permalink_stands_still_where_its_event_is_there_and_waits_for_it_where_not() {
        let still = |at| {
            let begin = begin(&["e-1", "e-4"], &[], at);
            (begin.is_parked(), begin.is_cut())
        };
        assert_eq!(still(None), (false, false));
        assert_eq!(still(Some("e-4")), (true, false));
        assert_eq!(still(Some("e-9")), (false, true));
    }
}
