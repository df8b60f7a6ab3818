//! What readers and the writer share.

use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

use hub::{Catalogue, Histogram, Kept, LostMarks, Record, Seq};
use tokio::sync::{Semaphore, SemaphorePermit, watch};

use crate::{cache::Cache, place::Place};

/// The newest records, by cost in bytes, that followers are given without reading them back.
const RECENT_BYTES: u64 = 4 * 1024 * 1024;

/// How many readers may be at the disk at once: bounds what is in memory on its way to them, and
/// keeps a disk busy.
const LANES: usize = 8;

/// The target of spans, which are for traces and not for the log.
pub(crate) const SPANS: &str = "store::span";

pub(crate) struct Shared {
    state: Mutex<State>,
    /// The newest event that is answered for; its sender ends with the writer.
    pub(crate) head: watch::Receiver<Seq>,
    pub(crate) read_only: AtomicBool,
    /// Whether the last publish that was written found no room.
    pub(crate) full: AtomicBool,
    /// How long each sync for publishes took.
    pub(crate) syncs: Histogram,
    pub(crate) damaged: AtomicU64,
    /// How often the disk was read for readers.
    pub(crate) reads: AtomicU64,
    /// Who reads the same part takes turns, and finds in the cache what the first has read.
    lanes: [Semaphore; LANES],
    /// Up to where losses were written down.
    written: AtomicU64,
}

pub(crate) struct State {
    pub(crate) catalogue: Catalogue<Place>,
    pub(crate) recent: Recent,
    pub(crate) cache: Cache,
}

/// The newest records as they were written.
#[derive(Default)]
pub(crate) struct Recent {
    records: VecDeque<Arc<Record>>,
    bytes: u64,
}

impl Shared {
    pub(crate) fn new(catalogue: Catalogue<Place>, head: watch::Receiver<Seq>) -> Self {
        let state = State {
            catalogue,
            recent: Recent::default(),
            cache: Cache::default(),
        };
        Self {
            state: Mutex::new(state),
            head,
            read_only: AtomicBool::new(false),
            full: AtomicBool::new(false),
            syncs: Histogram::default(),
            damaged: AtomicU64::new(0),
            reads: AtomicU64::new(0),
            lanes: std::array::from_fn(|_| Semaphore::new(1)),
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

    /// Waits for the turn of who reads from this place on.
    pub(crate) async fn turn(&self, first: Seq) -> Option<SemaphorePermit<'_>> {
        // Never closed; if it were, everybody would read for himself.
        self.lanes[first as usize % LANES].acquire().await.ok()
    }
}

impl State {
    /// The records at these places that are in memory, and the places of the others.
    pub(crate) fn at(&self, places: &[Place]) -> (Vec<Arc<Record>>, Vec<Place>) {
        let (mut records, mut missing) = (Vec::with_capacity(places.len()), Vec::new());
        for place in places {
            match self.recent.get(place).or_else(|| self.cache.get(place)) {
                Some(record) => records.push(record),
                None => missing.push(place.clone()),
            }
        }
        (records, missing)
    }

    /// Those of these places that are still kept, as they are now.
    pub(crate) fn still_kept(&self, places: &[Place]) -> Vec<Place> {
        let now = places
            .iter()
            .filter_map(|place| self.catalogue.get(place.seq()));
        now.cloned().collect()
    }

    /// Holds what was read, but for what was let go of meanwhile.
    pub(crate) fn hold(&mut self, read: &[Arc<Record>]) {
        for record in read.iter().filter(|r| self.catalogue.get(r.seq).is_some()) {
            self.cache.add(record);
        }
    }

    /// Lets go of a part of a topic's records: see [`Catalogue::forget`].
    pub(crate) fn forget(&mut self, topic: &hub::Topic, through: Seq) -> usize {
        self.recent.forget(topic);
        self.cache.forget(topic);
        self.catalogue.forget(topic, through)
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

    fn get(&self, place: &Place) -> Option<Arc<Record>> {
        let at = self.records.partition_point(|r| r.seq < place.seq());
        let found = self.records.get(at)?;
        (found.seq == place.seq()).then(|| Arc::clone(found))
    }

    /// Lets go of a topic's records.
    fn forget(&mut self, topic: &hub::Topic) {
        self.records.retain(|record| record.topic != *topic);
        self.bytes = self.records.iter().map(|record| record.cost()).sum();
    }
}
