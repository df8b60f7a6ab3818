//! One who waits: a subscriber, or a channel of them.

use std::{
    collections::BTreeSet,
    num::NonZeroU64,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering},
    },
    task::{Context, Poll},
    time::SystemTime,
};

use futures::task::AtomicWaker;

use crate::{
    id::{Epoch, EventId, Seq},
    observe::{Client, SubscriberEntry},
    selector::Filter,
    topic::Topic,
};

/// One subscriber's bell.
#[derive(Debug)]
pub(crate) struct Waiter {
    want: Arc<Filter>,
    /// None of a channel, which is no subscriber.
    number: Option<NonZeroU64>,
    client: Client,
    since: SystemTime,
    /// How far it has got; [`UNPLACED`] before it is known.
    cursor: AtomicU64,
    /// Whether it has looked at all there was, and waits to be rung.
    idle: AtomicBool,
    waker: AtomicWaker,
    rung: AtomicBool,
    beat_due: AtomicBool,
    /// The sweep at which it was last sent something.
    sent: AtomicU32,
    /// The bell of its channel while it waits there and not by itself.
    channel: Mutex<Option<Arc<Waiter>>>,
}

/// No place of a log.
const UNPLACED: Seq = Seq::MAX;

/// In place of a sweep: its channel is the one that beats.
const IN_CHANNEL: u32 = u32::MAX;

impl Waiter {
    pub(crate) fn new(
        want: Arc<Filter>,
        number: Option<NonZeroU64>,
        client: Client,
        sweep: u32,
    ) -> Self {
        Self {
            want,
            number,
            client,
            since: SystemTime::now(),
            cursor: AtomicU64::new(UNPLACED),
            idle: AtomicBool::new(false),
            waker: AtomicWaker::new(),
            rung: AtomicBool::new(false),
            beat_due: AtomicBool::new(false),
            sent: AtomicU32::new(sweep),
            channel: Mutex::new(None),
        }
    }

    /// Forgets earlier rings; to be called before looking whether there is something.
    pub(crate) fn clear(&self) {
        self.idle.store(false, Ordering::SeqCst);
        self.rung.store(false, Ordering::SeqCst);
    }

    /// Whether it was rung for an event since [`Waiter::clear`].
    pub(crate) fn is_rung(&self) -> bool {
        self.rung.load(Ordering::SeqCst)
    }

    /// Ready once rung since [`Waiter::clear`], or due to beat.
    pub(crate) fn poll_rung(&self, cx: &Context<'_>) -> Poll<()> {
        self.waker.register(cx.waker());
        // After registering, so that a ring in between is not lost.
        if self.is_rung() || self.beat_due.load(Ordering::SeqCst) {
            Poll::Ready(())
        } else {
            self.idle.store(true, Ordering::SeqCst);
            Poll::Pending
        }
    }

    /// Whether a heartbeat is due; says so once.
    pub(crate) fn take_beat(&self) -> bool {
        self.beat_due.swap(false, Ordering::SeqCst)
    }

    /// Rings it for an event.
    pub(crate) fn ring(&self) {
        self.rung.store(true, Ordering::SeqCst);
        self.waker.wake();
    }

    /// What it asks for.
    pub(crate) fn filter(&self) -> &Arc<Filter> {
        &self.want
    }

    /// Its number; none of a channel.
    pub(crate) fn subscriber(&self) -> Option<NonZeroU64> {
        self.number
    }

    /// Its number; 0 of a channel.
    pub(crate) fn number(&self) -> u64 {
        self.number.map_or(0, NonZeroU64::get)
    }

    /// Notes how far it has got.
    pub(crate) fn moved(&self, cursor: Seq) {
        self.cursor.store(cursor, Ordering::Relaxed);
    }

    /// What there is to say of it where the newest place is `head`; none before it has one.
    pub(crate) fn entry(&self, epoch: &Epoch, head: Seq) -> Option<SubscriberEntry> {
        let channel = self.channel().clone();
        let waits = channel.as_deref().unwrap_or(self);
        let has_all = waits.idle.load(Ordering::SeqCst) && !waits.rung.load(Ordering::SeqCst);
        let cursor = waits.cursor.load(Ordering::Relaxed);
        (cursor != UNPLACED).then(|| SubscriberEntry {
            number: self.number(),
            filter: Arc::clone(&self.want),
            client: self.client,
            since: self.since,
            cursor: EventId {
                epoch: epoch.clone(),
                seq: cursor,
            },
            behind: if has_all {
                0
            } else {
                head.saturating_sub(cursor)
            },
        })
    }

    fn channel(&self) -> MutexGuard<'_, Option<Arc<Self>>> {
        self.channel.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes that something was sent.
    pub(crate) fn sent(&self, sweep: u32) {
        self.sent.store(sweep, Ordering::Relaxed);
        self.beat_due.store(false, Ordering::SeqCst);
    }

    /// The topics that it names, each once; none where it has a pattern.
    pub(crate) fn topics(&self) -> BTreeSet<&Topic> {
        self.want.topics().into_iter().flatten().collect()
    }

    /// Whether a publish has to be asked about.
    pub(crate) fn has_pattern(&self) -> bool {
        self.want.topics().is_none()
    }

    /// As what it is served.
    pub(crate) fn format(&self) -> &'static str {
        self.client.format
    }

    /// Waits in a channel from now on, whose bell is rung for it.
    pub(crate) fn enter(&self, channel: &Arc<Self>) {
        *self.channel() = Some(Arc::clone(channel));
        self.sent.store(IN_CHANNEL, Ordering::Relaxed);
    }

    /// Waits by itself again.
    pub(crate) fn exit(&self, cursor: Seq, sweep: u32) {
        self.moved(cursor);
        self.clear();
        self.sent(sweep);
        *self.channel() = None;
    }

    /// Wakes it where it was sent nothing for `quiet` sweeps.
    pub(crate) fn sweep(&self, sweep: u32, quiet: u32) {
        let last = self.sent.load(Ordering::Relaxed);
        if last != IN_CHANNEL && sweep.wrapping_sub(last) >= quiet {
            self.beat_due.store(true, Ordering::SeqCst);
            self.waker.wake();
        }
    }
}
