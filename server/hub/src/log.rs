//! The log behind one trait: memory, an embedded store and a replicated stream fit it alike.

use std::{future::Future, pin::Pin, sync::Arc, time::SystemTime};

use futures::stream::BoxStream;
use thiserror::Error;

use crate::{
    delivery::GapReason,
    draft::Draft,
    histogram::Durations,
    id::{Epoch, Seq},
    record::Record,
    selector::Filter,
    shelves::TopicQuery,
    topic::Topic,
};

/// A boxed future, which keeps the trait object-safe.
pub type Fut<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// The one ordered record of accepted events.
pub trait Log: Send + Sync + 'static {
    /// Appends all drafts or none; resolves once they are as durable as this log makes them.
    /// Publishers' keys are deduplicated here.
    fn append(&self, batch: Vec<Draft>) -> Fut<'_, Result<Vec<Appended>, LogError>>;

    /// The records that match in `after < seq <= until`, in order, up to `max_bytes` by
    /// [`Record::cost`] but at least one, and what is gone: both as of one moment, so that no event
    /// is neither here nor there.
    fn read(
        &self,
        after: Cursor,
        until: Seq,
        want: Arc<Filter>,
        max_bytes: u64,
    ) -> Fut<'_, Result<Page, LogError>>;

    /// The newest `n` records that match, up to `until`, oldest first.
    fn newest(
        &self,
        until: Seq,
        want: Arc<Filter>,
        n: usize,
    ) -> Fut<'_, Result<Vec<Arc<Record>>, LogError>>;

    /// The position before the newest `n` records that match, up to `until`, which it is where none
    /// does. Reads no record.
    fn before_newest(
        &self,
        until: Seq,
        want: Arc<Filter>,
        n: usize,
    ) -> Fut<'_, Result<Seq, LogError>>;

    /// The position before the first record that was accepted at or after `time`; where what was
    /// accepted since is gone before it, one from which a read tells so, and gives no older record.
    fn seek(&self, time: SystemTime) -> Fut<'_, Result<Seq, LogError>>;

    /// Forgets a topic's records for good, and says how many there were.
    fn forget(&self, topic: &Topic) -> Fut<'_, Result<u64, LogError>>;

    /// The topics of which something is kept, in the order of their bytes. A page costs what it
    /// holds, however many topics there are; that of a search [`crate::limits::LOOK_BYTES`] at most.
    fn topics(&self, query: TopicQuery) -> Fut<'_, Result<TopicPage, LogError>>;

    /// One topic; none where nothing of it is kept.
    fn topic(&self, topic: &Topic) -> Fut<'_, Result<Option<TopicInfo>, LogError>>;

    /// Whether writing failed in a way that only an operator can mend: readers go on, and every
    /// publish is refused. A disk that is full is no such failure.
    fn is_read_only(&self) -> bool;

    /// How writing and reading back have gone since the log was opened.
    fn health(&self) -> Health;

    /// Lets go of what is too old, and gives space back, where no publish does it; is called every
    /// [`crate::limits::TIDY`] and does not wait.
    fn tidy(&self);

    /// Committed records in order, for one follower: the ring.
    fn tail(&self, after: Seq) -> BoxStream<'static, Result<Tail, LogError>>;

    /// Where the log stands.
    fn bounds(&self) -> Bounds;
}

/// What became of one draft.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Appended {
    /// Its place in the log.
    pub seq: Seq,
    /// Whether its key was known, and nothing was stored.
    pub duplicate: bool,
}

/// A reader's place: what it has seen or was told that it is gone, and which losses it leaves out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Cursor {
    /// The last position that it has examined.
    pub seq: Seq,
    /// How many losses the log had counted when it began, and of which it does not want to hear; 0
    /// for all of them.
    pub told: u64,
}

/// A stretch of the log, as one filter sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// What matches.
    pub records: Vec<Arc<Record>>,
    /// How far the log was looked through: moves a sparse reader on.
    pub examined: Seq,
    /// What matched after the cursor up to `examined`, is gone, and has not been told; in order, those
    /// between the same two records together.
    pub gaps: Vec<Lost>,
    /// How many losses the log has counted: the [`Cursor::told`] of a reader that begins here and does
    /// not want to hear of them.
    pub told: u64,
}

/// Events that matched and are gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lost {
    /// Why.
    pub reason: GapReason,
    /// How many; none where it cannot be known.
    pub missed: Option<u64>,
    /// Before the next record, or up to where was looked: who has seen this place knows of all of
    /// them.
    pub through: Seq,
}

/// What the ring is fed with.
#[derive(Clone, Debug)]
pub enum Tail {
    /// Records that were committed, in order; none between them was left out, but for those that
    /// are gone again already.
    Records(Vec<Arc<Record>>, Seq),
}

/// Where a log stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// Which log this is.
    pub epoch: Epoch,
    /// The oldest record that is kept; one past the head where there is none.
    pub first: Seq,
    /// The newest record that was ever committed; 0 before the first.
    pub head: Seq,
    /// The newest record that is gone; 0 where none is. A reader at or past it cannot have lost
    /// anything.
    pub lost: Seq,
    /// How many records are kept.
    pub events: u64,
    /// On how many topics.
    pub topics: u64,
    /// What they cost to keep, in bytes.
    pub bytes: u64,
}

/// How a log fares with what it is kept on; nothing of it where that is memory.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Health {
    /// Whether the last publish was refused as there is no room.
    pub is_full: bool,
    /// How long each sync took, one for all the publishes that waited for it.
    pub syncs: Durations,
    /// How often events were read back; readers of the same part share a read.
    pub reads: u64,
    /// How many events could not be read back.
    pub damaged: u64,
}

/// Some topics, in order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TopicPage {
    /// Those that were found.
    pub topics: Vec<TopicInfo>,
    /// The topic after which to go on; none where there is nothing more.
    pub next: Option<Topic>,
}

/// A topic, as the log keeps it.
#[derive(Clone, Debug, PartialEq)]
pub struct TopicInfo {
    /// Its text.
    pub topic: Topic,
    /// How many of its events are kept.
    pub events: u64,
    /// What they cost to keep, in bytes, by [`Record::cost`].
    pub bytes: u64,
    /// Events a second, averaged over about [`crate::limits::RATE_WINDOW`]: one that comes counts
    /// as a 60th at once, and fades.
    pub rate: f64,
    /// The oldest that is kept.
    pub first: Seq,
    /// The newest.
    pub last: Seq,
    /// When the newest was accepted.
    pub last_time: SystemTime,
}

/// Why the log refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum LogError {
    /// A key was used before, with another body.
    #[error("`key` was used on this topic within 10 minutes, with another body; use a new key")]
    KeyReused,
    /// Too many keys are remembered at once.
    #[error("too many keys are in use; try again later, or publish without `key`")]
    KeysFull,
    /// There is no room for it.
    #[error("the disk is full; readers go on, and publishes once there is room")]
    Full,
    /// Writing failed, and what is on the disk is not trusted with more.
    #[error("the log cannot be written and takes no more events; readers go on")]
    ReadOnly,
    /// The log has ended.
    #[error("the log is closed")]
    Closed,
}
