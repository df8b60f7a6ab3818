//! Which of the held rows are shown, and where each stands.

use std::collections::VecDeque;

use super::{filter::Filter, store::Store};

/// The rows that a filter lets through, by their numbers in the store.
///
/// Each has a place of its own, one more than the row before it, which stays when older ones make
/// room; so a row that stays on the screen stays in the element that shows it.
#[derive(Default)]
pub(crate) struct Shown {
    filter: Filter,
    /// The numbers; unused where everything passes, as a number is its own place then.
    numbers: VecDeque<u64>,
    /// The place of the first of them.
    first: u64,
    /// The first row that was not yet asked about.
    next: u64,
    /// The rows that pass a new filter, while it is asked.
    coming: Option<Box<Shown>>,
    /// How many filters there were before this one: places of one mean nothing to another.
    generation: u32,
}

/// How much is asked about until the clock is looked at, in bytes of data (64 KiB).
const STRETCH: usize = 64 * 1024;

/// What a row counts besides its data.
const FLAT: usize = 512;

impl Shown {
    /// Takes another filter. What is shown stays until all rows were asked about.
    pub(crate) fn choose(&mut self, filter: Filter) {
        let new = Self {
            filter,
            generation: self.generation + 1,
            ..Self::default()
        };
        self.coming = Some(Box::new(new));
    }

    /// Asks about rows until all were, or `time_is_up`.
    pub(crate) fn advance(&mut self, store: &Store, mut time_is_up: impl FnMut() -> bool) {
        self.take_in(store, &mut time_is_up);
        if let Some(mut coming) = self.coming.take() {
            coming.take_in(store, &mut time_is_up);
            if coming.filter.is_open() || coming.next == store.end() {
                *self = *coming;
            } else {
                self.coming = Some(coming);
            }
        }
    }

    /// Which filter's places these are.
    pub(crate) fn generation(&self) -> u32 {
        self.generation
    }

    /// Whether rows are left to be asked about.
    pub(crate) fn is_behind(&self, store: &Store) -> bool {
        self.coming.is_some() || (!self.filter.is_open() && self.next < store.end())
    }

    /// The place of the oldest row that is shown.
    pub(crate) fn first(&self, store: &Store) -> u64 {
        if self.filter.is_open() {
            store.first()
        } else {
            self.first
        }
    }

    /// The place after the newest row before the one with this number.
    pub(crate) fn end(&self, store: &Store, before: u64) -> u64 {
        if self.filter.is_open() {
            return before.clamp(store.first(), store.end());
        }
        self.first + self.numbers.partition_point(|number| *number < before) as u64
    }

    /// The number of the row at a place.
    pub(crate) fn number(&self, store: &Store, place: u64) -> Option<u64> {
        if self.filter.is_open() {
            return (store.first()..store.end())
                .contains(&place)
                .then_some(place);
        }
        let index = place.checked_sub(self.first)?;
        self.numbers.get(index as usize).copied()
    }

    /// The place of a row, or of the next one that is shown.
    pub(crate) fn place(&self, store: &Store, number: u64) -> u64 {
        self.end(store, number)
    }

    fn take_in(&mut self, store: &Store, time_is_up: &mut impl FnMut() -> bool) {
        if self.filter.is_open() {
            return;
        }
        while self.numbers.front().is_some_and(|n| *n < store.first()) {
            self.numbers.pop_front();
            self.first += 1;
        }
        self.next = self.next.max(store.first());
        let mut asked = 0;
        while let Some(row) = store.get(self.next) {
            if asked >= STRETCH {
                asked = 0;
                if time_is_up() {
                    break;
                }
            }
            asked += FLAT + row.len();
            if self.filter.passes(row) {
                self.numbers.push_back(self.next);
            }
            self.next += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        live::feed::Row,
        model::Choice,
        topic::list::store::{Limits, Store, tests::event},
    };

    const SMALL: Limits = Limits {
        rows: 100,
        bytes: 1_000_000,
        step: 10,
    };

    fn thirds() -> Filter {
        let choice = Choice {
            events: vec!["third".into()],
            ..Choice::default()
        };
        Filter::new(&choice).unwrap()
    }

    fn fill(store: &mut Store, events: std::ops::Range<u64>) {
        for n in events {
            store.push(Row::Event(event(n)));
        }
    }

    fn numbers(shown: &Shown, store: &Store, until: u64) -> Vec<u64> {
        (shown.first(store)..shown.end(store, until))
            .filter_map(|place| shown.number(store, place))
            .collect()
    }

    #[test]
    fn without_a_filter_every_row_is_its_own_place() {
        let mut store = Store::new(SMALL);
        fill(&mut store, 0..105);
        let shown = Shown::default();
        assert_eq!(shown.first(&store), 10);
        assert_eq!(
            numbers(&shown, &store, u64::MAX),
            (10..105).collect::<Vec<_>>()
        );
        assert_eq!(shown.end(&store, 50), 50);
        assert_eq!(shown.number(&store, 9), None);
    }

    #[test]
    fn a_filter_counts_what_passes_and_places_stay_when_rows_go() {
        let mut store = Store::new(SMALL);
        let mut shown = Shown::default();
        fill(&mut store, 0..30);
        shown.choose(thirds());
        shown.advance(&store, || false);
        assert_eq!(
            numbers(&shown, &store, u64::MAX),
            [0, 3, 6, 9, 12, 15, 18, 21, 24, 27]
        );
        assert_eq!(shown.number(&store, 5), Some(15));
        assert_eq!((shown.place(&store, 15), shown.place(&store, 16)), (5, 6));
        fill(&mut store, 30..101);
        shown.advance(&store, || false);
        // Ten rows went, four of which were shown.
        assert_eq!(shown.first(&store), 4);
        assert_eq!(shown.number(&store, 5), Some(15));
        assert_eq!(shown.number(&store, 3), None);
        assert_eq!(numbers(&shown, &store, 20), [12, 15, 18]);
    }

    #[test]
    fn what_was_shown_stays_until_all_rows_were_asked_about() {
        let mut store = Store::new(Limits {
            rows: 1_000,
            ..SMALL
        });
        fill(&mut store, 0..300);
        let mut shown = Shown::default();
        shown.choose(thirds());
        shown.advance(&store, || true);
        assert!(shown.is_behind(&store));
        assert_eq!(numbers(&shown, &store, u64::MAX).len(), 300);
        shown.advance(&store, || false);
        assert!(!shown.is_behind(&store));
        assert_eq!(numbers(&shown, &store, u64::MAX).len(), 100);
    }

    #[test]
    fn places_mean_the_same_until_the_next_advance() {
        let mut store = Store::new(SMALL);
        let mut shown = Shown::default();
        fill(&mut store, 0..30);
        shown.choose(thirds());
        shown.advance(&store, || false);
        let was = shown.generation();
        shown.choose(Filter::default());
        assert_eq!(
            (shown.number(&store, 5), shown.generation()),
            (Some(15), was)
        );
        shown.advance(&store, || false);
        assert_eq!(shown.place(&store, 15), 15);
        assert_ne!(shown.generation(), was);
    }

    #[test]
    fn nothing_that_comes_meanwhile_is_passed_over() {
        let mut store = Store::new(SMALL);
        fill(&mut store, 0..90);
        let mut shown = Shown::default();
        shown.choose(thirds());
        shown.advance(&store, || true);
        fill(&mut store, 90..120);
        shown.advance(&store, || false);
        let expected: Vec<_> = (store.first()..120).filter(|n| n % 3 == 0).collect();
        assert_eq!(numbers(&shown, &store, u64::MAX), expected);
    }
}
