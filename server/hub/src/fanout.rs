//! Who is waiting, and for what: a publish wakes those who asked for its topic, and no others.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering},
    },
    task::{Context, Poll},
    time::SystemTime,
};

use futures::task::AtomicWaker;
use slab::Slab;

use crate::{
    id::{Epoch, EventId, Seq},
    observe::{Client, SubscriberEntry},
    selector::Filter,
    topic::Topic,
};

/// All subscribers of a hub.
#[derive(Default)]
pub(crate) struct Fanout {
    table: Mutex<Table>,
}

#[derive(Default)]
struct Table {
    waiters: Slab<Arc<Waiter>>,
    /// Subscribers that name topics, by topic.
    by_topic: HashMap<Topic, Vec<usize>>,
    /// Subscribers with a pattern: each is asked at every publish.
    by_pattern: Vec<usize>,
    /// By number, for who lists them.
    by_number: BTreeMap<u64, usize>,
    /// How many have each format; there are as many of these as the server has words.
    formats: BTreeMap<&'static str, usize>,
    /// How many there have been.
    joined: u64,
}

/// One subscriber's bell.
#[derive(Debug)]
pub(crate) struct Waiter {
    want: Arc<Filter>,
    number: u64,
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
}

/// No place of a log.
const UNPLACED: Seq = Seq::MAX;

impl Waiter {
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

    fn ring(&self) {
        self.rung.store(true, Ordering::SeqCst);
        self.waker.wake();
    }
}

/// A subscriber's place in the fan-out; dropping it leaves.
pub(crate) struct Registration {
    fanout: Arc<Fanout>,
    key: usize,
    pub(crate) waiter: Arc<Waiter>,
}

impl Drop for Registration {
    fn drop(&mut self) {
        self.fanout.lock().leave(self.key);
    }
}

impl Fanout {
    /// Adds a subscriber; none where there are `max` already.
    pub(crate) fn join(
        self: &Arc<Self>,
        want: Arc<Filter>,
        client: Client,
        sweep: u32,
        max: usize,
    ) -> Option<Registration> {
        let mut table = self.lock();
        if table.waiters.len() >= max {
            return None;
        }
        table.joined += 1;
        let waiter = Arc::new(Waiter {
            want,
            number: table.joined,
            client,
            since: SystemTime::now(),
            cursor: AtomicU64::new(UNPLACED),
            idle: AtomicBool::new(false),
            waker: AtomicWaker::new(),
            rung: AtomicBool::new(false),
            beat_due: AtomicBool::new(false),
            sent: AtomicU32::new(sweep),
        });
        let key = table.join(Arc::clone(&waiter));
        drop(table);
        Some(Registration {
            fanout: Arc::clone(self),
            key,
            waiter,
        })
    }

    /// How many subscribers there are.
    pub(crate) fn len(&self) -> usize {
        self.lock().waiters.len()
    }

    /// How many subscribers have each format, of those that any ever had.
    pub(crate) fn formats(&self) -> Vec<(&'static str, usize)> {
        let table = self.lock();
        let formats = table.formats.iter();
        formats.map(|(format, many)| (*format, *many)).collect()
    }

    /// The subscribers with a number after this one, in order, so many at most.
    pub(crate) fn list(&self, after: u64, limit: usize) -> Vec<Arc<Waiter>> {
        let table = self.lock();
        let keys = table.by_number.range(after.saturating_add(1)..).take(limit);
        keys.filter_map(|(_, key)| table.waiters.get(*key).cloned())
            .collect()
    }

    /// How many subscribers name each of these topics.
    pub(crate) fn naming<'a>(&self, topics: impl Iterator<Item = &'a Topic>) -> Vec<u64> {
        let table = self.lock();
        let naming = |topic| table.by_topic.get(topic).map_or(0, Vec::len) as u64;
        topics.map(naming).collect()
    }

    /// What those ask for who do not only name topics.
    pub(crate) fn patterns(&self) -> Vec<Arc<Filter>> {
        let table = self.lock();
        let keys = table.by_pattern.iter();
        keys.map(|key| Arc::clone(&table.waiters[*key].want))
            .collect()
    }

    /// Rings for events on these topics.
    pub(crate) fn ring<'a>(&self, topics: impl Iterator<Item = &'a Topic> + Clone) {
        let table = self.lock();
        for topic in topics.clone() {
            for key in table.by_topic.get(topic).into_iter().flatten() {
                table.waiters[*key].ring();
            }
        }
        for key in &table.by_pattern {
            let waiter = &table.waiters[*key];
            if topics.clone().any(|topic| waiter.want.matches(topic)) {
                waiter.ring();
            }
        }
    }

    /// Rings for all: the hub closes.
    pub(crate) fn ring_all(&self) {
        self.lock()
            .waiters
            .iter()
            .for_each(|(_, waiter)| waiter.ring());
    }

    /// Wakes those that were sent nothing for `quiet` sweeps.
    pub(crate) fn sweep(&self, sweep: u32, quiet: u32) {
        for (_, waiter) in &self.lock().waiters {
            if sweep.wrapping_sub(waiter.sent.load(Ordering::Relaxed)) >= quiet {
                waiter.beat_due.store(true, Ordering::SeqCst);
                waiter.waker.wake();
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Waiter {
    pub(crate) fn number(&self) -> u64 {
        self.number
    }

    /// Notes how far it has got.
    pub(crate) fn moved(&self, cursor: Seq) {
        self.cursor.store(cursor, Ordering::Relaxed);
    }

    /// What there is to say of it where the newest place is `head`; none before it has one.
    pub(crate) fn entry(&self, epoch: &Epoch, head: Seq) -> Option<SubscriberEntry> {
        let has_all = self.idle.load(Ordering::SeqCst) && !self.rung.load(Ordering::SeqCst);
        let cursor = self.cursor.load(Ordering::Relaxed);
        (cursor != UNPLACED).then(|| SubscriberEntry {
            number: self.number,
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

    /// Notes that something was sent.
    pub(crate) fn sent(&self, sweep: u32) {
        self.sent.store(sweep, Ordering::Relaxed);
        self.beat_due.store(false, Ordering::SeqCst);
    }
}

impl Table {
    fn join(&mut self, waiter: Arc<Waiter>) -> usize {
        let (topics, number) = (waiter.want.topics(), waiter.number);
        let key = self.waiters.insert(Arc::clone(&waiter));
        self.by_number.insert(number, key);
        *self.formats.entry(waiter.client.format).or_default() += 1;
        match topics {
            Some(topics) => {
                for topic in topics {
                    let keys = self.by_topic.entry(topic.clone()).or_default();
                    if keys.last() != Some(&key) {
                        keys.push(key);
                    }
                }
            }
            None => self.by_pattern.push(key),
        }
        key
    }

    fn leave(&mut self, key: usize) {
        let waiter = self.waiters.remove(key);
        self.by_number.remove(&waiter.number);
        if let Some(many) = self.formats.get_mut(waiter.client.format) {
            *many -= 1;
        }
        match waiter.want.topics() {
            Some(topics) => {
                for topic in topics {
                    if let Some(keys) = self.by_topic.get_mut(topic) {
                        keys.retain(|k| *k != key);
                        if keys.is_empty() {
                            self.by_topic.remove(topic);
                        }
                    }
                }
            }
            None => self.by_pattern.retain(|k| *k != key),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::selector::Selector;

    fn filter(selectors: &[&str]) -> Arc<Filter> {
        let selectors = selectors
            .iter()
            .map(|s| Selector::parse(s).unwrap())
            .collect();
        Arc::new(Filter::new(selectors).unwrap())
    }

    fn rung(registration: &Registration) -> bool {
        registration.waiter.rung.swap(false, Ordering::SeqCst)
    }

    #[test]
    fn a_publish_rings_for_those_who_asked_and_no_others() {
        let fanout = Arc::new(Fanout::default());
        let join = |s: &[&str]| fanout.join(filter(s), Client::default(), 0, 10).unwrap();
        let (a, b, pattern, both) = (join(&["a"]), join(&["b"]), join(&["*"]), join(&["a", "b"]));
        fanout.ring([Topic::parse("a").unwrap()].iter());
        assert!(rung(&a) && rung(&pattern) && rung(&both) && !rung(&b));
        fanout.ring([Topic::parse("c/d").unwrap()].iter());
        assert!(!rung(&a) && !rung(&pattern));
    }

    #[test]
    fn who_leaves_is_forgotten() {
        let fanout = Arc::new(Fanout::default());
        let joined: Vec<_> = [&["a"][..], &["a", "b"], &["**"]]
            .map(|s| fanout.join(filter(s), Client::default(), 0, 10))
            .into();
        assert_eq!(fanout.len(), 3);
        drop(joined);
        let table = fanout.lock();
        assert!(table.by_number.is_empty());
        assert!(
            table.waiters.is_empty() && table.by_topic.is_empty() && table.by_pattern.is_empty()
        );
    }

    #[test]
    fn there_is_no_room_beyond_the_limit() {
        let fanout = Arc::new(Fanout::default());
        let _one = fanout
            .join(filter(&["a"]), Client::default(), 0, 1)
            .unwrap();
        assert!(
            fanout
                .join(filter(&["a"]), Client::default(), 0, 1)
                .is_none()
        );
    }

    #[test]
    fn quiet_is_counted_from_what_was_last_sent() {
        let fanout = Arc::new(Fanout::default());
        let a = fanout
            .join(filter(&["a"]), Client::default(), 0, 1)
            .unwrap();
        fanout.sweep(14, 15);
        assert!(!a.waiter.take_beat());
        fanout.sweep(15, 15);
        assert!(!rung(&a), "there is nothing to look at");
        assert!(a.waiter.take_beat() && !a.waiter.take_beat());
        a.waiter.sent(15);
        fanout.sweep(29, 15);
        assert!(!a.waiter.take_beat());
    }
}
