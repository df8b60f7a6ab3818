//! The rows of a list: bounded, in order, none twice.

use std::collections::VecDeque;

use crate::model::{Event, Gap};

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

    /// How many bytes of data it has.
    #[must_use]
    pub fn size(&self) -> usize {
        match self {
            Self::Event(event) => event.data.len(),
            Self::Gap(_) => 0,
        }
    }
}

/// The most that a list holds in all, in bytes of data: a page stays usable, whatever is published.
const MAX_BYTES: usize = 4 * 1024 * 1024;

/// Which rows a list holds: the newest of a stream, oldest first.
///
/// The rows themselves stand in the page, and nowhere else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Feed {
    /// Their keys, and how many bytes of data each has.
    rows: VecDeque<(String, usize)>,
    capacity: usize,
    bytes: usize,
}

impl Feed {
    /// A feed that holds at most `capacity` rows.
    pub(crate) fn new(capacity: usize) -> Self {
        Self {
            rows: VecDeque::new(),
            capacity: capacity.max(1),
            bytes: 0,
        }
    }

    /// Adds a row, unless it is there already, and says whether; the oldest make room.
    pub(crate) fn push(&mut self, key: String, size: usize) -> bool {
        // Two sources overlap for a moment at most: a repeated row is among the newest.
        if self.rows.iter().rev().any(|(held, _)| *held == key) {
            return false;
        }
        self.bytes += size;
        self.rows.push_back((key, size));
        while self.rows.len() > self.capacity || (self.bytes > MAX_BYTES && self.rows.len() > 1) {
            let Some((_, size)) = self.rows.pop_front() else {
                break;
            };
            self.bytes -= size;
        }
        true
    }

    /// How many rows there are.
    pub(crate) fn len(&self) -> usize {
        self.rows.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A feed of at most `capacity` rows, to which these were added.
    fn feed(capacity: usize, keys: &[&str]) -> Feed {
        let mut feed = Feed::new(capacity);
        for key in keys {
            feed.push((*key).into(), 1);
        }
        feed
    }

    fn keys(feed: &Feed) -> Vec<&str> {
        feed.rows.iter().map(|(key, _)| key.as_str()).collect()
    }

    #[test]
    fn a_row_that_is_held_is_not_held_twice() {
        let mut feed = Feed::new(10);
        let added = ["1", "2", "1", "2", "3"].map(|key| feed.push(key.into(), 1));
        assert_eq!(added, [true, true, false, false, true]);
        assert_eq!(keys(&feed), ["1", "2", "3"]);
    }

    #[test]
    fn the_oldest_make_room() {
        assert_eq!(keys(&feed(3, &["1", "2", "3"])), ["1", "2", "3"]);
        assert_eq!(keys(&feed(3, &["1", "2", "3", "4", "5"])), ["3", "4", "5"]);
    }

    #[test]
    fn large_rows_make_room_by_their_bytes() {
        let mut feed = feed(100, &[]);
        for n in 0..20 {
            feed.push(n.to_string(), MAX_BYTES / 4);
        }
        assert_eq!(feed.len(), 4);
        feed.push("99".into(), MAX_BYTES * 2);
        assert_eq!(keys(&feed), ["99"]);
    }

    #[test]
    fn a_gap_is_a_row_of_its_own() {
        let event = Row::Event(Event {
            id: "e-4".into(),
            topic: "t".into(),
            event: "message".into(),
            data: "four".into(),
            time: String::new(),
            retry: None,
        });
        let gap = Row::Gap(Gap {
            reason: "trimmed".into(),
            requested: "e-1".into(),
            resumed_after: "e-4".into(),
            missed: Some(3),
        });
        assert_ne!(event.key(), gap.key());
        assert_eq!((event.size(), gap.size()), (4, 0));
    }
}
