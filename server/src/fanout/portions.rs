//! Parts of replays as they were sent, for others who ask for the same.
//!
//! Thousands come back with one cursor after a restart. Each is sent the same bytes, which are framed for
//! the first of them.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use hub::{Handed, Seq};

use super::channel::Kind;
use crate::limits::PORTIONS;

/// Of what filter and form, and after which place.
pub(super) type Key = (Kind, Seq);

/// A part of a replay.
pub(super) struct Portion {
    /// A chunk.
    pub(super) bytes: Bytes,
    /// What is in it.
    pub(super) handed: Handed,
    /// The place up to which it goes.
    pub(super) through: Seq,
}

/// The portions that were made last, [`PORTIONS`] bytes at most; the oldest is the first to go.
#[derive(Default)]
pub(super) struct Portions(Mutex<Held>);

#[derive(Default)]
struct Held {
    portions: HashMap<Key, Arc<Portion>>,
    order: VecDeque<Key>,
    bytes: usize,
}

/// Smaller ones are framed again sooner than they are found.
const WORTH_KEEPING: usize = 4 * 1024;

impl Portions {
    /// One that was kept. What is at a place of the log never changes; whether it is still there is for the reader to know.
    pub(super) fn get(&self, key: &Key) -> Option<Arc<Portion>> {
        self.held().portions.get(key).cloned()
    }

    /// Keeps one, where it is worth it and there is room.
    pub(super) fn keep(&self, key: Key, portion: Portion) {
        let bytes = portion.bytes.len();
        if !(WORTH_KEEPING..=PORTIONS).contains(&bytes) {
            return;
        }
        let mut held = self.held();
        if held.portions.contains_key(&key) {
            return;
        }
        held.bytes += bytes;
        held.portions.insert(key.clone(), Arc::new(portion));
        held.order.push_back(key);
        while held.bytes > PORTIONS {
            let Some(oldest) = held.order.pop_front() else {
                return;
            };
            let oldest = held.portions.remove(&oldest);
            held.bytes -= oldest.map_or(0, |oldest| oldest.bytes.len());
        }
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use hub::{Filter, Form};

    use super::*;

    #[test]
    fn a_portion_is_found_at_its_place_until_newer_ones_need_the_room() {
        let portions = Portions::default();
        let key = |seq| ((Arc::new(Filter::topic("a").unwrap()), Form::Plain), seq);
        let portion = |size| Portion {
            bytes: vec![b'x'; size].into(),
            handed: Handed::default(),
            through: 9,
        };
        let quarter = PORTIONS / 4;
        (0..4).for_each(|seq| portions.keep(key(seq), portion(quarter)));
        portions.keep(key(4), portion(WORTH_KEEPING - 1));
        assert!((0..4).all(|seq| portions.get(&key(seq)).is_some()));
        assert!(portions.get(&key(4)).is_none(), "it is too small");
        portions.keep(key(3), portion(quarter));
        portions.keep(key(5), portion(quarter));
        let found = [0, 1, 2, 3, 5].map(|seq| portions.get(&key(seq)).is_some());
        assert_eq!(found, [false, true, true, true, true]);
        let other = ((Arc::new(Filter::topic("a").unwrap()), Form::Envelope), 1);
        assert!(portions.get(&other).is_none());
    }
}
