//! The events that a page holds: bounded, in order, none twice.

use std::collections::VecDeque;

use crate::model::{Event, Gap, Snapshot};

/// One row of a feed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Row {
    /// An event.
    Event(Event),
    /// Events that are missing here.
    Gap(Gap),
}

impl Row {
    /// What tells this row from every other of its feed.
    #[must_use]
    pub fn key(&self) -> String {
        match self {
            Self::Event(event) => event.id.clone(),
            Self::Gap(gap) => format!("gap {} {}", gap.requested, gap.resumed_after),
        }
    }

    fn size(&self) -> usize {
        match self {
            Self::Event(event) => event.data.len(),
            Self::Gap(_) => 0,
        }
    }
}

/// The most that a feed holds in all, in bytes of data: a page stays usable, whatever is published.
const MAX_BYTES: usize = 4 * 1024 * 1024;

/// The newest rows of a stream, oldest first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Feed {
    rows: VecDeque<Row>,
    capacity: usize,
    bytes: usize,
}

impl Feed {
    /// A feed that begins with what the server rendered and holds at most `capacity` rows.
    #[must_use]
    pub fn new(snapshot: Snapshot, capacity: usize) -> Self {
        let mut feed = Self {
            rows: VecDeque::new(),
            capacity: capacity.max(1),
            bytes: 0,
        };
        for event in snapshot.events {
            feed.push(Row::Event(event));
        }
        feed
    }

    /// Adds a row, unless it is there already, and says whether; the oldest make room.
    pub fn push(&mut self, row: Row) -> bool {
        // Two sources overlap for a moment at most: a repeated row is among the newest.
        let key = row.key();
        if self.rows.iter().rev().any(|held| held.key() == key) {
            return false;
        }
        self.bytes += row.size();
        self.rows.push_back(row);
        while self.rows.len() > self.capacity || (self.bytes > MAX_BYTES && self.rows.len() > 1) {
            let Some(oldest) = self.rows.pop_front() else {
                break;
            };
            self.bytes -= oldest.size();
        }
        true
    }

    /// The rows, oldest first.
    #[must_use]
    pub fn rows(&self) -> Vec<Row> {
        self.rows.iter().cloned().collect()
    }

    /// How many rows there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rows.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(n: u32) -> Event {
        Event {
            id: format!("e-{n}"),
            topic: "t".into(),
            event: "message".into(),
            data: n.to_string(),
            time: String::new(),
            retry: None,
        }
    }

    fn ids(feed: &Feed) -> Vec<String> {
        feed.rows().iter().map(Row::key).collect()
    }

    #[test]
    fn begins_with_the_snapshot_and_appends() {
        let snapshot = Snapshot {
            events: vec![event(1), event(2)],
            cursor: "e-2".into(),
        };
        let mut feed = Feed::new(snapshot, 10);
        feed.push(Row::Event(event(3)));
        assert_eq!(ids(&feed), ["e-1", "e-2", "e-3"]);
    }

    #[test]
    fn an_event_that_is_held_is_not_held_twice() {
        let mut feed = Feed::new(Snapshot::default(), 10);
        let added = [1, 2, 1, 2, 3].map(|n| feed.push(Row::Event(event(n))));
        assert_eq!(added, [true, true, false, false, true]);
        assert_eq!(ids(&feed), ["e-1", "e-2", "e-3"]);
    }

    #[test]
    fn the_oldest_make_room() {
        let mut feed = Feed::new(Snapshot::default(), 3);
        for n in 1..=3 {
            feed.push(Row::Event(event(n)));
        }
        for n in 4..=5 {
            feed.push(Row::Event(event(n)));
        }
        assert_eq!(ids(&feed), ["e-3", "e-4", "e-5"]);
    }

    #[test]
    fn a_gap_is_a_row_of_its_own() {
        let gap = Gap {
            reason: "trimmed".into(),
            requested: "e-1".into(),
            resumed_after: "e-4".into(),
            missed: Some(3),
        };
        let mut feed = Feed::new(Snapshot::default(), 10);
        feed.push(Row::Event(event(1)));
        feed.push(Row::Gap(gap.clone()));
        feed.push(Row::Event(event(5)));
        assert_eq!(feed.rows()[1], Row::Gap(gap));
        assert_eq!(feed.rows().len(), 3);
    }

    #[test]
    fn large_events_make_room_by_their_bytes() {
        let mut feed = Feed::new(Snapshot::default(), 100);
        for n in 0..20 {
            let data = "x".repeat(MAX_BYTES / 4);
            feed.push(Row::Event(Event { data, ..event(n) }));
        }
        assert_eq!(feed.rows().len(), 4);
        feed.push(Row::Event(Event {
            data: "x".repeat(MAX_BYTES * 2),
            ..event(99)
        }));
        assert_eq!(ids(&feed), ["e-99"]);
    }
}
