//! Who is waiting, and for what: a publish wakes those who asked for its topic, and no others.

use std::{
    collections::{BTreeMap, HashMap},
    num::NonZeroU64,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use slab::Slab;

use crate::{id::Seq, observe::Client, selector::Filter, topic::Topic, waiter::Waiter};

/// All subscribers of a hub.
#[derive(Default)]
pub(crate) struct Fanout {
    table: Mutex<Table>,
}

#[derive(Default)]
struct Table {
    waiters: Slab<Arc<Waiter>>,
    /// Who follows each topic by its name.
    by_topic: HashMap<Topic, Followers>,
    /// Subscribers with a pattern.
    by_pattern: Vec<usize>,
    /// Bells of those with a pattern: each is asked at every publish.
    pattern_bells: Vec<usize>,
    /// Subscribers by number, for who lists them: those that are no channel.
    by_number: BTreeMap<u64, usize>,
    /// How many have each format; there are as many of these as the server has words.
    formats: BTreeMap<&'static str, usize>,
    /// How many there have been.
    joined: u64,
}

/// Who follows a topic by its name.
#[derive(Default)]
struct Followers {
    /// How many subscribers do.
    many: u64,
    /// Whose bells are rung: the subscribers that wait by themselves, and the channels of the others.
    bells: Vec<usize>,
}

/// A subscriber's place in the fan-out; dropping it leaves.
pub(crate) struct Registration {
    fanout: Arc<Fanout>,
    key: usize,
    pub(crate) waiter: Arc<Waiter>,
}

impl Registration {
    /// Waits in a channel from now on, whose bell is rung for it.
    pub(crate) fn enter(&self, channel: &Self) {
        self.waiter.enter(&channel.waiter);
        self.fanout.lock().mute(self.key);
    }

    /// Waits by itself again. What was rung for before is not rung for again.
    pub(crate) fn exit(&self, cursor: Seq, sweep: u32) {
        self.waiter.exit(cursor, sweep);
        self.fanout.lock().unmute(self.key);
    }
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
        if table.by_number.len() >= max {
            return None;
        }
        table.joined += 1;
        let number = NonZeroU64::new(table.joined);
        let want = table.shared(want);
        let waiter = Arc::new(Waiter::new(want, number, client, sweep));
        let key = table.join(Arc::clone(&waiter));
        Some(self.registration(key, waiter))
    }

    /// Adds a channel, in which subscribers with one filter wait together; it is none itself.
    pub(crate) fn open(self: &Arc<Self>, want: Arc<Filter>, sweep: u32) -> Registration {
        let waiter = Arc::new(Waiter::new(want, None, Client::default(), sweep));
        let key = self.lock().join(Arc::clone(&waiter));
        self.registration(key, waiter)
    }

    fn registration(self: &Arc<Self>, key: usize, waiter: Arc<Waiter>) -> Registration {
        Registration {
            fanout: Arc::clone(self),
            key,
            waiter,
        }
    }

    /// How many subscribers there are.
    pub(crate) fn len(&self) -> usize {
        self.lock().by_number.len()
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
        let naming = |topic| table.by_topic.get(topic).map_or(0, |all| all.many);
        topics.map(naming).collect()
    }

    /// What those ask for who do not only name topics.
    pub(crate) fn patterns(&self) -> Vec<Arc<Filter>> {
        let table = self.lock();
        let keys = table.by_pattern.iter();
        keys.map(|key| Arc::clone(table.waiters[*key].filter()))
            .collect()
    }

    /// Rings for events on these topics.
    pub(crate) fn ring<'a>(&self, topics: impl Iterator<Item = &'a Topic> + Clone) {
        let table = self.lock();
        for topic in topics.clone() {
            for key in table
                .by_topic
                .get(topic)
                .into_iter()
                .flat_map(|all| &all.bells)
            {
                table.waiters[*key].ring();
            }
        }
        for key in &table.pattern_bells {
            let waiter = &table.waiters[*key];
            if topics.clone().any(|topic| waiter.filter().matches(topic)) {
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
            waiter.sweep(sweep, quiet);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Table {
    /// The same filter, as another has it that is at hand: many ask for the same, and it need not be there for
    /// each of them.
    fn shared(&self, want: Arc<Filter>) -> Arc<Filter> {
        let bell = match want.topics().as_deref() {
            Some([topic, ..]) => self.by_topic.get(*topic).and_then(|all| all.bells.first()),
            _ => self.pattern_bells.first(),
        };
        let other = bell.map(|key| self.waiters[*key].filter());
        other
            .filter(|other| **other == want)
            .map_or_else(|| Arc::clone(&want), Arc::clone)
    }

    fn join(&mut self, waiter: Arc<Waiter>) -> usize {
        let key = self.waiters.insert(Arc::clone(&waiter));
        if let Some(number) = waiter.subscriber() {
            self.by_number.insert(number.get(), key);
            *self.formats.entry(waiter.format()).or_default() += 1;
            if waiter.has_pattern() {
                self.by_pattern.push(key);
            }
            for topic in waiter.topics() {
                self.by_topic.entry(topic.clone()).or_default().many += 1;
            }
        }
        self.unmute(key);
        key
    }

    fn leave(&mut self, key: usize) {
        self.mute(key);
        let waiter = self.waiters.remove(key);
        let Some(number) = waiter.subscriber() else {
            return;
        };
        self.by_number.remove(&number.get());
        if let Some(many) = self.formats.get_mut(waiter.format()) {
            *many -= 1;
        }
        if waiter.has_pattern() {
            self.by_pattern.retain(|k| *k != key);
        }
        for topic in waiter.topics() {
            if let Some(all) = self.by_topic.get_mut(topic) {
                all.many -= 1;
            }
            self.tidy(topic);
        }
    }

    /// Rings for it from now on.
    fn unmute(&mut self, key: usize) {
        let waiter = Arc::clone(&self.waiters[key]);
        if waiter.has_pattern() {
            return self.pattern_bells.push(key);
        }
        for topic in waiter.topics() {
            self.by_topic
                .entry(topic.clone())
                .or_default()
                .bells
                .push(key);
        }
    }

    /// Rings for it no more.
    fn mute(&mut self, key: usize) {
        let waiter = Arc::clone(&self.waiters[key]);
        if waiter.has_pattern() {
            return self.pattern_bells.retain(|k| *k != key);
        }
        for topic in waiter.topics() {
            if let Some(all) = self.by_topic.get_mut(topic) {
                all.bells.retain(|k| *k != key);
            }
            self.tidy(topic);
        }
    }

    fn tidy(&mut self, topic: &Topic) {
        if self
            .by_topic
            .get(topic)
            .is_some_and(|all| all.many == 0 && all.bells.is_empty())
        {
            self.by_topic.remove(topic);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::Epoch;
    use crate::selector::Selector;

    fn filter(selectors: &[&str]) -> Arc<Filter> {
        let selectors = selectors
            .iter()
            .map(|s| Selector::parse(s).unwrap())
            .collect();
        Arc::new(Filter::new(selectors).unwrap())
    }

    fn rung(registration: &Registration) -> bool {
        let is_rung = registration.waiter.is_rung();
        registration.waiter.clear();
        is_rung
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
            table.waiters.is_empty()
                && table.by_topic.is_empty()
                && table.pattern_bells.is_empty()
                && table.by_pattern.is_empty()
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

    #[test]
    fn who_waits_in_a_channel_is_listed_and_counted_and_its_channel_is_rung_instead() {
        let fanout = Arc::new(Fanout::default());
        let client = Client {
            format: "plain",
            ..Client::default()
        };
        let one = fanout.join(filter(&["a"]), client, 0, 1).unwrap();
        let channel = fanout.open(filter(&["a"]), 0);
        channel.waiter.moved(7);
        one.enter(&channel);
        let topic = Topic::parse("a").unwrap();
        fanout.ring([topic.clone()].iter());
        assert!(rung(&channel) && !rung(&one));
        fanout.sweep(15, 15);
        assert!(channel.waiter.take_beat() && !one.waiter.take_beat());
        assert_eq!(fanout.len(), 1, "a channel is no subscriber");
        assert_eq!(fanout.naming([&topic].into_iter()), [1]);
        assert_eq!(fanout.formats(), [("plain", 1)]);
        let listed = fanout.list(0, 10);
        let entry = listed[0].entry(&Epoch::random(), 9).unwrap();
        assert_eq!((listed.len(), entry.cursor.seq, entry.behind), (1, 7, 2));

        one.exit(8, 15);
        let entry = listed[0].entry(&Epoch::random(), 9).unwrap();
        assert_eq!((entry.cursor.seq, entry.behind), (8, 1));
        fanout.ring([topic].iter());
        assert!(rung(&channel) && rung(&one));
        drop((one, channel));
        assert!(fanout.lock().by_topic.is_empty() && fanout.lock().waiters.is_empty());
    }
}
