//! Which events have a text in them: each is looked at once, when it has come.

use std::collections::VecDeque;

use crate::kept::beginning;
use crate::limits::FILTER;
use crate::{Inspection, Row};

/// A text, and the events that have it.
#[derive(Debug, Default)]
pub struct Filter {
    /// In lower case, of ASCII letters. Empty: all have it.
    part: String,
    /// Their numbers, of those that are kept.
    found: VecDeque<u64>,
    /// How many had it that are no longer kept.
    gone: u64,
    /// The newest that was looked at.
    seen: u64,
}

impl Filter {
    /// Looks for a text, or the beginning of a long one; all have an empty one.
    #[must_use]
    pub fn new(part: &str) -> Self {
        Self {
            part: beginning(part, FILTER).to_ascii_lowercase(),
            ..Self::default()
        }
    }

    /// How many events had the text so far, and the first of them that is kept; none where all are shown.
    #[must_use]
    pub fn figures(&self) -> Option<(u64, u64)> {
        let found = self.gone + self.found.len() as u64;
        (!self.part.is_empty()).then_some((found, self.gone + 1))
    }

    /// Looks at what is new.
    pub fn follow(&mut self, kept: &Inspection) {
        if self.part.is_empty() {
            return;
        }
        let first = first(kept);
        let new = index((self.seen + 1).saturating_sub(first));
        let rows = kept.events().iter().skip(new);
        self.found
            .extend(rows.filter(|row| has(row, &self.part)).map(|row| row.n));
        self.seen = kept.counted();
        let kept_from = self.found.partition_point(|n| *n < first);
        self.found.drain(..kept_from);
        self.gone += kept_from as u64;
    }

    /// The events that are shown, from the nth of those that are kept.
    #[must_use]
    pub fn rows<'a>(&'a self, kept: &'a Inspection, from: usize, most: usize) -> Vec<&'a Row> {
        let events = kept.events();
        if self.part.is_empty() {
            return events.iter().skip(from).take(most).collect();
        }
        let first = first(kept);
        let found = self.found.iter().skip(from).take(most);
        found
            .filter_map(|n| events.get(index(n.checked_sub(first)?)))
            .collect()
    }
}

/// Whether an event has a text in its data, name, id or topic, whatever the case of ASCII letters.
fn has(row: &Row, part: &str) -> bool {
    let mut texts = [&row.data, &row.event, &row.id]
        .into_iter()
        .chain(&row.topic);
    texts.any(|text| text.to_ascii_lowercase().contains(part))
}

/// The number of the first event that is kept.
fn first(kept: &Inspection) -> u64 {
    kept.events().front().map_or(1, |row| row.n)
}

fn index(place: u64) -> usize {
    usize::try_from(place).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Connection, limits};

    #[test]
    fn events_with_the_text_are_found_as_they_come_and_go() {
        let mut kept = Inspection::default();
        kept.open(Connection::default());
        let mut filter = Filter::new("PAID");
        kept.feed(
            b"data: paid 1\n\ndata: x\n\nevent: unpaid\ndata: 3\n\n",
            None,
            false,
        );
        filter.follow(&kept);
        kept.feed(b"data: 4 Paid\n\n", None, false);
        filter.follow(&kept);
        assert_eq!(filter.figures(), Some((3, 1)));
        let shown = |filter: &Filter, kept: &Inspection, from| -> Vec<u64> {
            filter.rows(kept, from, 9).iter().map(|row| row.n).collect()
        };
        assert_eq!(shown(&filter, &kept, 1), [3, 4]);
        let many = "data: x\n\n".repeat(limits::EVENTS - 1);
        kept.feed(many.as_bytes(), None, false);
        filter.follow(&kept);
        assert_eq!(filter.figures(), Some((3, 3)));
        assert_eq!(shown(&filter, &kept, 0), [4]);
        assert_eq!(
            shown(&Filter::default(), &kept, limits::EVENTS - 1),
            [10_003]
        );
    }

    #[test]
    fn a_long_text_is_looked_for_by_its_beginning() {
        let mut kept = Inspection::default();
        kept.open(Connection::default());
        let data = "é".repeat(limits::FILTER / 2);
        kept.feed(format!("data: X{data}\n\n").as_bytes(), None, false);
        let mut filter = Filter::new(&format!("X{data}{data}"));
        assert_eq!(filter.part.len(), limits::FILTER - 1);
        filter.follow(&kept);
        assert_eq!(filter.figures(), Some((1, 1)));
    }
}
