//! What encoded events cost, as they are encoded.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

/// What a holder of entries has, in bytes: counted when an entry comes, when one of its forms is
/// asked for the first time, and when it goes.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tally(Arc<AtomicI64>);

/// An entry's part of it.
#[derive(Debug)]
pub(crate) struct Share {
    tally: Tally,
    /// [`GONE`] once its holder has let go of it; a reader may still have it, and ask for a form.
    bytes: AtomicI64,
}

const GONE: i64 = -1;

impl Tally {
    /// All there is.
    pub(crate) fn bytes(&self) -> u64 {
        // A share that goes while it grows is taken off before it is added.
        u64::try_from(self.0.load(Ordering::SeqCst)).unwrap_or(0)
    }

    /// A share of so many bytes.
    pub(crate) fn share(&self, bytes: usize) -> Share {
        let share = Share {
            tally: self.clone(),
            bytes: AtomicI64::new(0),
        };
        share.grow(bytes);
        share
    }
}

impl Share {
    /// Counts more bytes.
    pub(crate) fn grow(&self, bytes: usize) {
        let bytes = i64::try_from(bytes).unwrap_or(i64::MAX);
        let more = |held| (held != GONE).then(|| held + bytes);
        let order = Ordering::SeqCst;
        if self.bytes.fetch_update(order, order, more).is_ok() {
            self.tally.0.fetch_add(bytes, order);
        }
    }

    /// Counts no more: the holder has let go.
    pub(crate) fn leave(&self) {
        let bytes = self.bytes.swap(GONE, Ordering::SeqCst);
        if bytes != GONE {
            self.tally.0.fetch_sub(bytes, Ordering::SeqCst);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_held_counts_and_what_was_let_go_of_does_not_though_it_grows() {
        let tally = Tally::default();
        let (one, two) = (tally.share(10), tally.share(5));
        one.grow(100);
        assert_eq!(tally.bytes(), 115);
        one.leave();
        one.leave();
        one.grow(1_000);
        assert_eq!(tally.bytes(), 5);
        two.leave();
        assert_eq!(tally.bytes(), 0);
    }
}
