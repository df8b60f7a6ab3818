//! How many streams each client has.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::key::Key;

/// The streams of each client that has any: never more clients than there are streams, and so than
/// connections let in.
///
/// The lock is held for a look-up, and never across an await.
#[derive(Debug)]
pub(super) struct Seats {
    /// The most of one client.
    pub(super) each: u32,
    taken: Mutex<HashMap<Key, u32>>,
}

impl Seats {
    /// So many for each.
    pub(super) fn new(each: u32) -> Self {
        Self {
            each,
            taken: Mutex::default(),
        }
    }

    /// One of a client's, until the answer is dropped; none where it has all of them.
    pub(super) fn take(self: &Arc<Self>, key: Key) -> Option<Taken> {
        let mut table = self.table();
        let taken = table.entry(key).or_default();
        if *taken >= self.each {
            return None;
        }
        *taken += 1;
        drop(table);
        Some(Taken {
            seats: Arc::clone(self),
            key,
        })
    }

    fn table(&self) -> MutexGuard<'_, HashMap<Key, u32>> {
        // The map is whole between any two statements here.
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One stream of a client.
#[derive(Debug)]
pub(super) struct Taken {
    seats: Arc<Seats>,
    key: Key,
}

impl Drop for Taken {
    fn drop(&mut self) {
        let mut table = self.seats.table();
        if let Some(taken) = table.get_mut(&self.key) {
            *taken -= 1;
            if *taken == 0 {
                table.remove(&self.key);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_client_has_so_many_and_one_that_ends_makes_room_and_leaves_nothing() {
        let seats = Arc::new(Seats::new(2));
        let (one, two) = (Key::Token(1), Key::Publisher(1));
        let mut taken: Vec<_> = (0..3).map(|_| seats.take(one)).collect();
        assert!(taken[1].is_some() && taken[2].is_none());
        assert!(seats.take(two).is_some(), "the others are not concerned");
        taken[0] = None;
        assert!(seats.take(one).is_some());
        drop(taken);
        assert!(seats.table().is_empty());
    }
}
