//! What readers and the writer share.

use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

use hub::{Catalogue, Kept, LostMarks, Record, Seq};
use tokio::sync::watch;

use crate::place::Place;

/// The newest records, by cost in bytes, that followers are given without reading them back.
const RECENT_BYTES: u64 = 4 * 1024 * 1024;

pub(crate) struct Shared {
    state: Mutex<State>,
    /// The newest event that is answered for; its sender ends with the writer.
    pub(crate) head: watch::Receiver<Seq>,
    pub(crate) read_only: AtomicBool,
    pub(crate) syncs: AtomicU64,
    pub(crate) damaged: AtomicU64,
    /// Up to where losses were written down.
    written: AtomicU64,
}

pub(crate) struct State {
    pub(crate) catalogue: Catalogue<Place>,
    pub(crate) recent: Recent,
}

/// The newest records as they were written.
#[derive(Default)]
pub(crate) struct Recent {
    records: VecDeque<Arc<Record>>,
    bytes: u64,
}

impl Shared {
    pub(crate) fn new(catalogue: Catalogue<Place>, head: watch::Receiver<Seq>) -> Self {
        let recent = Recent::default();
        Self {
            state: Mutex::new(State { catalogue, recent }),
            head,
            read_only: AtomicBool::new(false),
            syncs: AtomicU64::new(0),
            damaged: AtomicU64::new(0),
            written: AtomicU64::new(0),
        }
    }

    /// What there is to write down of losses once the events up to `through` leave the disk; what
    /// was written down before is in it again, also where it lies after.
    pub(crate) fn lost_marks(&self, through: Seq) -> LostMarks {
        let before = self.written.fetch_max(through, Ordering::Relaxed);
        self.lock().catalogue.lost_marks(through.max(before))
    }

    /// Held for a few map operations, never while a file is read or written.
    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Recent {
    pub(crate) fn push(&mut self, record: Arc<Record>) {
        self.bytes += record.cost();
        self.records.push_back(record);
        while self.bytes > RECENT_BYTES {
            let Some(oldest) = self.records.pop_front() else {
                break;
            };
            self.bytes -= oldest.cost();
        }
    }

    /// The records at these places; none where one is not among the newest.
    pub(crate) fn at(&self, places: &[Place]) -> Option<Vec<Arc<Record>>> {
        let oldest = self.records.front()?.seq;
        if places.first().is_some_and(|place| place.seq() < oldest) {
            return None;
        }
        let find = |place: &Place| {
            let at = self.records.partition_point(|r| r.seq < place.seq);
            self.records.get(at).filter(|r| r.seq == place.seq).cloned()
        };
        places.iter().map(find).collect()
    }

    /// Lets go of a topic's records.
    pub(crate) fn forget(&mut self, topic: &hub::Topic) {
        self.records.retain(|record| record.topic != *topic);
        self.bytes = self.records.iter().map(|record| record.cost()).sum();
    }
}
