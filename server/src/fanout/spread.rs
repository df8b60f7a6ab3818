//! On which shard a stream is: those with one filter together while they are few, else on all of them.

use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};

use hub::Filter;

/// Streams that one channel of a shard serves before another shard has one for the same filter: below,
/// what is new is read once, and above, the cost of the writes is what counts.
const TOGETHER: u32 = 64;

/// Filters are counted by their hash; two that share a place are spread a little early.
const PLACES: usize = 4096;

/// The streams by filter.
pub(super) struct Spread {
    shards: usize,
    counts: Box<[AtomicU32]>,
    next: AtomicUsize,
}

/// A stream that is counted, until it is dropped.
pub(super) struct Counted {
    spread: Arc<Spread>,
    place: usize,
}

impl Spread {
    /// Over so many shards.
    pub(super) fn new(shards: usize) -> Self {
        Self {
            shards,
            counts: (0..PLACES).map(|_| AtomicU32::new(0)).collect(),
            next: AtomicUsize::new(0),
        }
    }

    /// The shard for one more with this filter.
    pub(super) fn pick(self: &Arc<Self>, filter: &Filter) -> (usize, Counted) {
        let mut hasher = DefaultHasher::new();
        filter.hash(&mut hasher);
        let place = (hasher.finish() % PLACES as u64) as usize;
        let before = self.counts[place].fetch_add(1, Ordering::Relaxed);
        let shard = match before {
            ..TOGETHER => place,
            _ => self.next.fetch_add(1, Ordering::Relaxed),
        };
        let counted = Counted {
            spread: Arc::clone(self),
            place,
        };
        (shard % self.shards, counted)
    }

    /// How many streams there are.
    #[cfg(test)]
    pub(super) fn counted(&self) -> usize {
        let counts = self.counts.iter().map(|n| n.load(Ordering::Relaxed));
        counts.sum::<u32>() as usize
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.spread.counts[self.place].fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_are_together_and_many_on_all() {
        let spread = Arc::new(Spread::new(3));
        let filter = Filter::topic("a").unwrap();
        let picked = |many| (0..many).map(|_| spread.pick(&filter)).collect::<Vec<_>>();
        let few = picked(TOGETHER);
        assert!(few.iter().all(|(shard, _)| *shard == few[0].0));
        let mut on = [0; 3];
        let many = picked(30);
        many.iter().for_each(|(shard, _)| on[*shard] += 1);
        assert_eq!(on, [10; 3]);
        drop((few, many));
        assert_eq!(spread.counted(), 0);
    }
}
