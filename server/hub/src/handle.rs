//! The hub's handle: publish, subscribe, look.

use std::collections::HashMap;
use std::sync::{
    Arc, OnceLock, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard,
    atomic::{AtomicU32, AtomicU64, Ordering},
};
use std::time::Duration;

use thiserror::Error;
use tokio::time::Instant;

use crate::{
    activity::{Activity, Burst},
    counters::{Counters, Traffic},
    delivery::CloseReason,
    draft::Draft,
    driver::Driver,
    fanout::Fanout,
    figures::{Figures, Stats},
    id::{Epoch, EventId, Seq},
    limits,
    log::{Log, LogError},
    observe::Client,
    record::Record,
    replay::Replay,
    ring::Ring,
    selector::Filter,
    start::Start,
    subscription::Subscription,
    topic::Topic,
};

/// What a hub may be told.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The largest event, in bytes of data.
    pub max_event: usize,
    /// The most subscribers at once.
    pub max_subscribers: usize,
    /// How long a subscriber may take for [`limits::BATCH_BYTES`]: see [`limits::SLOW`].
    pub slow: Duration,
    /// How long a stream may be quiet, in whole seconds: see [`limits::HEARTBEAT`].
    pub heartbeat: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            max_event: limits::MAX_EVENT,
            max_subscribers: limits::MAX_SUBSCRIBERS,
            slow: limits::SLOW,
            heartbeat: limits::HEARTBEAT,
        }
    }
}

/// A hub; clones are handles to the same.
#[derive(Clone)]
pub struct Hub {
    pub(crate) shared: Arc<Shared>,
}

/// The log is behind its own lock; the ring's is held for a copy of handles, never across an
/// await.
pub(crate) struct Shared {
    pub(crate) log: Arc<dyn Log>,
    pub(crate) epoch: Epoch,
    ring: RwLock<Ring>,
    pub(crate) replay: Replay,
    pub(crate) fanout: Arc<Fanout>,
    /// The place up to which bells have been rung.
    pub(crate) rung: AtomicU64,
    pub(crate) closing: OnceLock<CloseReason>,
    pub(crate) sweep: AtomicU32,
    pub(crate) counters: Counters,
    pub(crate) activity: Activity,
    begun: Instant,
    /// The head of the log at that moment.
    begun_at: Seq,
    pub(crate) settings: Settings,
}

/// What became of one publish.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Published {
    /// Its id.
    pub id: EventId,
    /// Where it went.
    pub topic: Topic,
    /// Whether its key was known, and nothing was stored.
    pub duplicate: bool,
}

/// Why a publish was refused; nothing of it was stored.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum PublishError {
    /// An event is larger than this many bytes.
    #[error("`data` is larger than {0} bytes; send less")]
    TooLarge(usize),
    /// More events than this in one publish, or none.
    #[error("the batch has {0} events; send 1 to 1,000")]
    Batch(usize),
    /// The log refused.
    #[error(transparent)]
    Log(#[from] LogError),
}

/// The newest events of a filter, and a cursor from which nothing is missed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot {
    /// Oldest first.
    pub records: Vec<Arc<Record>>,
    /// The head of the whole log at that moment.
    pub cursor: EventId,
}

impl Hub {
    /// A hub over a log, and the future that keeps it going.
    #[must_use]
    pub fn open(log: Arc<dyn Log>, settings: Settings) -> (Self, Driver) {
        let bounds = log.bounds();
        let tail = log.tail(bounds.head);
        let shared = Arc::new(Shared {
            epoch: bounds.epoch,
            ring: RwLock::new(Ring::new(bounds.head)),
            replay: Replay::default(),
            fanout: Arc::default(),
            rung: AtomicU64::new(bounds.head),
            closing: OnceLock::new(),
            sweep: AtomicU32::new(0),
            counters: Counters::default(),
            activity: Activity::default(),
            begun: Instant::now(),
            begun_at: bounds.head,
            log,
            settings,
        });
        (
            Self {
                shared: Arc::clone(&shared),
            },
            Driver { shared, tail },
        )
    }

    /// Publishes all drafts or none; resolves once they are as durable as the log makes them.
    ///
    /// # Errors
    /// Where the batch is empty or has more than 1,000 events, where one is too large, and where
    /// the log refuses.
    pub async fn publish(&self, batch: Vec<Draft>) -> Result<Vec<Published>, PublishError> {
        let max = self.shared.settings.max_event;
        self.publish_within(batch, max).await
    }

    /// The same with a bound of the caller's own, in bytes of data of one event: for data that is
    /// made of something bounded, and longer, as JSON is.
    ///
    /// # Errors
    /// Those of [`Hub::publish`].
    pub async fn publish_within(
        &self,
        batch: Vec<Draft>,
        max: usize,
    ) -> Result<Vec<Published>, PublishError> {
        if !(1..=limits::MAX_BATCH).contains(&batch.len()) {
            return Err(PublishError::Batch(batch.len()));
        }
        if batch.iter().any(|draft| draft.size() > max) {
            return Err(PublishError::TooLarge(max));
        }
        let of = |draft: &Draft| (draft.topic.clone(), draft.size() as u64);
        let drafts: Vec<(Topic, u64)> = batch.iter().map(of).collect();
        let begun = Instant::now();
        let appended = self.shared.log.append(batch).await?;
        let outcomes = appended.iter().zip(&drafts);
        let stored = outcomes.filter(|(appended, _)| !appended.duplicate);
        let bytes = stored.map(|(_, (_, size))| size).sum();
        self.shared.counters.stored(bytes, begun.elapsed());
        let published = appended
            .into_iter()
            .zip(drafts)
            .map(|(appended, (topic, _))| Published {
                id: self.shared.id(appended.seq),
                topic,
                duplicate: appended.duplicate,
            });
        Ok(published.collect())
    }

    /// Subscribes: everything that matches after a place, then live.
    ///
    /// A subscriber for whom there is no room gets one that closes at once, `overload`.
    ///
    /// # Errors
    /// Where the log cannot be read.
    pub async fn subscribe(
        &self,
        filter: Arc<Filter>,
        start: Start,
    ) -> Result<Subscription, LogError> {
        self.subscribe_as(filter, start, Client::default()).await
    }

    /// The same, for a client that an observer is to see.
    ///
    /// # Errors
    /// Those of [`Hub::subscribe`].
    pub async fn subscribe_as(
        &self,
        filter: Arc<Filter>,
        start: Start,
        client: Client,
    ) -> Result<Subscription, LogError> {
        let max = self.shared.settings.max_subscribers;
        Subscription::begin(Arc::clone(&self.shared), filter, start, client, max).await
    }

    /// A subscription of one for whom there is no room, whatever the hub has: it says where it would have
    /// begun, so that who comes back goes on from there, and closes at once, `overload`.
    ///
    /// # Errors
    /// Those of [`Hub::subscribe`].
    pub async fn turn_away(
        &self,
        filter: Arc<Filter>,
        start: Start,
    ) -> Result<Subscription, LogError> {
        Subscription::begin(
            Arc::clone(&self.shared),
            filter,
            start,
            Client::default(),
            0,
        )
        .await
    }

    /// The newest `n` events that match, and the cursor after them.
    ///
    /// # Errors
    /// Where the log cannot be read.
    pub async fn newest(&self, filter: Arc<Filter>, n: usize) -> Result<Snapshot, LogError> {
        let head = self.shared.log.bounds().head;
        let records = self.shared.log.newest(head, filter, n).await?;
        Ok(Snapshot {
            records,
            cursor: self.shared.id(head),
        })
    }

    /// Forgets a topic's events, and says how many there were; later readers with older cursors
    /// are told of a gap.
    ///
    /// # Errors
    /// Where the log cannot be written.
    pub async fn forget(&self, topic: &Topic) -> Result<u64, LogError> {
        self.shared.log.forget(topic).await
    }

    /// Ends every subscription with this reason, and those that come later at once.
    pub fn close(&self, reason: CloseReason) {
        // The first reason stays.
        let _ = self.shared.closing.set(reason);
        self.shared.fanout.ring_all();
    }

    /// The newest id: the cursor after everything so far.
    #[must_use]
    pub fn head(&self) -> EventId {
        self.shared.id(self.shared.log.bounds().head)
    }

    /// Which log this is.
    #[must_use]
    pub fn epoch(&self) -> &Epoch {
        &self.shared.epoch
    }

    /// Whether writing to the log failed in a way that only an operator can mend; see
    /// [`Log::is_read_only`].
    #[must_use]
    pub fn is_read_only(&self) -> bool {
        self.shared.log.is_read_only()
    }

    /// The hub's own figures.
    #[must_use]
    pub fn stats(&self) -> Stats {
        let log = self.shared.log.bounds();
        // Each that is stored has a place of its own: so those count, too, whose publishers did not stay for the
        // answer.
        let published = Traffic {
            events: log.head.saturating_sub(self.shared.begun_at),
            bytes: self.shared.counters.stored_bytes(),
        };
        Stats {
            log,
            subscribers: self.shared.fanout.len(),
            uptime: self.shared.begun.elapsed(),
            published,
            delivered: self.shared.counters.delivered(),
            gaps: self.shared.counters.gaps(),
        }
    }

    /// How many places of the log are committed and not yet handed on to those who wait for them.
    #[must_use]
    pub fn unannounced(&self) -> u64 {
        let head = self.shared.log.bounds().head;
        head.saturating_sub(self.shared.head())
    }

    /// What more there is to know of how it does.
    #[must_use]
    pub fn figures(&self) -> Figures {
        let counters = &self.shared.counters;
        Figures {
            formats: self.shared.fanout.formats(),
            closed: counters.closed(),
            publishing: counters.publishing(),
            delivery: counters.delivery(),
            health: self.shared.log.health(),
        }
    }
}

impl Shared {
    /// The newest place that subscribers have been told of.
    pub(crate) fn head(&self) -> Seq {
        self.ring().head()
    }

    /// The ring, to read.
    pub(crate) fn ring(&self) -> RwLockReadGuard<'_, Ring> {
        self.ring.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn ring_mut(&self) -> RwLockWriteGuard<'_, Ring> {
        self.ring.write().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn id(&self, seq: Seq) -> EventId {
        EventId {
            epoch: self.epoch.clone(),
            seq,
        }
    }

    /// Takes what the log committed, and wakes who asked for it.
    pub(crate) fn commit(&self, records: &[Arc<Record>], through: Seq) {
        self.ring_mut().push(records, through, &self.epoch);
        // Each topic once: a burst on one topic is one ring for who follows it.
        let mut topics: HashMap<&Topic, Burst> = HashMap::new();
        for record in records {
            let burst = topics.entry(&record.topic).or_default();
            burst.events += 1;
            burst.last = record.seq;
        }
        self.fanout.ring(topics.keys().copied());
        self.rung.store(through, Ordering::SeqCst);
        let bursts = topics.iter().map(|(topic, burst)| (*topic, *burst));
        self.activity.count(bursts, self.second());
    }

    pub(crate) fn sweep(&self, quiet: u32) {
        let sweep = self.sweep.fetch_add(1, Ordering::Relaxed).wrapping_add(1);
        self.fanout.sweep(sweep, quiet);
        // Who reads waits for no look that finds nothing to do.
        if self.ring().is_over() {
            self.ring_mut().trim();
        }
        self.activity.sweep(self.second());
    }

    /// The second that has begun, since the hub opened.
    pub(crate) fn second(&self) -> u32 {
        self.begun
            .elapsed()
            .as_secs()
            .try_into()
            .unwrap_or(u32::MAX)
    }
}
