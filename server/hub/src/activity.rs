//! Which topics had events in the last minute, second by second.
//!
//! Fed where the ring is, from the log's tail: it knows what was committed since the hub opened.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Mutex, MutexGuard, PoisonError},
};

use crate::{
    id::Seq,
    limits::{ACTIVE_TOPICS, RECENT_SECONDS},
    needle::Needle,
    shelves::TopicQuery,
    topic::Topic,
};

/// What makes a topic lead the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// Its rate: the highest first.
    Rate,
    /// Its newest event: the newest first.
    Last,
}

/// The topics with events in the last minute. The lock is held for as long as a commit's topics
/// are counted, or all are passed over once.
#[derive(Default)]
pub(crate) struct Activity {
    table: Mutex<Table>,
}

#[derive(Default)]
struct Table {
    topics: HashMap<Topic, Recent>,
    /// The second in which a topic was last left out, as there was no room.
    overflowed: Option<u32>,
}

/// One topic's last minute: only the seconds in which something came.
#[derive(Default)]
struct Recent {
    seconds: VecDeque<(u32, u32)>,
    total: u64,
    last: Seq,
}

/// What one commit brings to a topic.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Burst {
    /// How many events.
    pub(crate) events: u32,
    /// The place of the newest.
    pub(crate) last: Seq,
}

impl Activity {
    /// Takes in what came in this second.
    pub(crate) fn count<'a>(&self, bursts: impl Iterator<Item = (&'a Topic, Burst)>, second: u32) {
        let mut table = self.lock();
        for (topic, burst) in bursts {
            table.count(topic, burst, second);
        }
    }

    /// Lets go of what is more than a minute old.
    pub(crate) fn sweep(&self, second: u32) {
        let mut table = self.lock();
        table.topics.retain(|_, recent| {
            recent.forget_before(second);
            !recent.seconds.is_empty()
        });
    }

    /// The events of each of the last 60 whole seconds, oldest first; empty where there were none,
    /// and none where it is not known, because there was no room for the topic.
    pub(crate) fn recent<'a>(
        &self,
        topics: impl Iterator<Item = &'a Topic>,
        second: u32,
    ) -> Vec<Option<Vec<u32>>> {
        let table = self.lock();
        topics.map(|topic| table.recent(topic, second)).collect()
    }

    /// The topics that lead, among those that are asked for, in no order; where they begin is not
    /// looked at.
    pub(crate) fn leading(&self, order: Order, query: &TopicQuery) -> Vec<Topic> {
        let mut needle = Needle::new(&query.contains);
        if needle.is_empty() {
            let table = self.lock();
            return first(table.keyed(order, &query.prefix).collect(), query.limit);
        }
        let keyed = |(key, topic): (_, &Topic)| (key, topic.clone());
        let topics: Vec<_> = self.lock().keyed(order, &query.prefix).map(keyed).collect();
        // The lock is not held while texts are searched: commits are waiting for it.
        let found = topics.iter().filter(|(_, t)| needle.is_in(t.as_str()));
        first(
            found.map(|(key, topic)| (*key, topic)).collect(),
            query.limit,
        )
    }

    fn lock(&self) -> MutexGuard<'_, Table> {
        // Counts that a panic left half made are off by one burst, for a minute.
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What makes a topic come before others: the higher the earlier.
type Key = (u64, u64);

/// Those with the highest keys, in no order.
fn first(mut topics: Vec<(Key, &Topic)>, limit: usize) -> Vec<Topic> {
    if topics.len() > limit {
        topics.select_nth_unstable_by(limit, |a, b| b.cmp(a));
        topics.truncate(limit);
    }
    topics.into_iter().map(|(_, topic)| topic.clone()).collect()
}

impl Table {
    fn keyed<'a>(
        &'a self,
        order: Order,
        prefix: &'a str,
    ) -> impl Iterator<Item = (Key, &'a Topic)> {
        let topics = self.topics.iter();
        topics
            .filter(move |(topic, _)| topic.as_str().starts_with(prefix))
            .map(move |(topic, recent)| match order {
                Order::Rate => ((recent.total, recent.last), topic),
                Order::Last => ((recent.last, 0), topic),
            })
    }

    fn count(&mut self, topic: &Topic, burst: Burst, second: u32) {
        if let Some(recent) = self.topics.get_mut(topic) {
            recent.count(burst, second);
        } else if self.topics.len() < ACTIVE_TOPICS {
            let recent = self.topics.entry(topic.clone()).or_default();
            recent.count(burst, second);
        } else {
            self.overflowed = Some(second);
        }
    }

    fn recent(&self, topic: &Topic, second: u32) -> Option<Vec<u32>> {
        let Some(recent) = self.topics.get(topic) else {
            let overflowed = self
                .overflowed
                .is_some_and(|at| second <= at + RECENT_SECONDS);
            return (!overflowed).then(Vec::new);
        };
        Some(recent.whole_seconds(second))
    }
}

impl Recent {
    fn count(&mut self, burst: Burst, second: u32) {
        match self.seconds.back_mut() {
            Some((at, events)) if *at >= second => *events = events.saturating_add(burst.events),
            _ => {
                self.forget_before(second);
                self.seconds.push_back((second, burst.events));
            }
        }
        self.total += u64::from(burst.events);
        self.last = self.last.max(burst.last);
    }

    fn forget_before(&mut self, second: u32) {
        while let Some(&(at, events)) = self.seconds.front()
            && at + RECENT_SECONDS < second
        {
            self.total = self.total.saturating_sub(u64::from(events));
            self.seconds.pop_front();
        }
    }

    fn whole_seconds(&self, second: u32) -> Vec<u32> {
        let mut counts = vec![0; RECENT_SECONDS as usize];
        let mut any = false;
        for &(at, events) in &self.seconds {
            // The second that has begun is not over, and would look like a dip.
            let index = (at + RECENT_SECONDS).checked_sub(second);
            if let Some(count) = index.and_then(|index| counts.get_mut(index as usize)) {
                *count = events;
                any = true;
            }
        }
        if any { counts } else { Vec::new() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn topic(text: &str) -> Topic {
        Topic::parse(text).unwrap()
    }

    fn count(activity: &Activity, text: &str, events: u32, last: Seq, second: u32) {
        let burst = Burst { events, last };
        activity.count([(&topic(text), burst)].into_iter(), second);
    }

    fn recent(activity: &Activity, text: &str, second: u32) -> Option<Vec<u32>> {
        activity
            .recent([&topic(text)].into_iter(), second)
            .remove(0)
    }

    fn leading(activity: &Activity, order: Order, prefix: &str, limit: usize) -> Vec<String> {
        let query = TopicQuery {
            prefix: prefix.to_owned(),
            limit,
            ..TopicQuery::default()
        };
        let topics = activity.leading(order, &query);
        let mut topics: Vec<_> = topics.iter().map(ToString::to_string).collect();
        topics.sort();
        topics
    }

    #[test]
    fn each_of_the_last_sixty_whole_seconds_has_its_count() {
        let activity = Activity::default();
        for (events, second) in [(9, 0), (3, 1), (2, 1), (7, 60), (1, 61)] {
            count(&activity, "a", events, 1, second);
        }
        let seconds = recent(&activity, "a", 61).unwrap();
        assert_eq!(seconds.len(), 60);
        assert_eq!((seconds[0], seconds[1], seconds[59]), (5, 0, 7));
        assert_eq!(seconds.iter().sum::<u32>(), 12);
        // A second later the one that had begun is whole.
        assert_eq!(recent(&activity, "a", 62).unwrap()[58..], [7, 1]);
        assert_eq!(recent(&activity, "a", 122), Some(Vec::new()));
        assert_eq!(recent(&activity, "b", 61), Some(Vec::new()));
    }

    #[test]
    fn what_is_more_than_a_minute_old_is_let_go() {
        let activity = Activity::default();
        count(&activity, "a", 1, 1, 0);
        count(&activity, "b", 1, 2, 1);
        activity.sweep(60);
        assert_eq!(activity.lock().topics.len(), 2);
        activity.sweep(61);
        assert_eq!(activity.lock().topics.len(), 1);
        // One that goes on holds a minute, whatever sweeps.
        for second in 0..1_000 {
            count(&activity, "c", 1, 3, second);
        }
        let held = activity.lock().topics[&topic("c")].seconds.len();
        assert!(held <= 61, "{held}");
        assert_eq!(activity.lock().topics[&topic("c")].total, 61);
    }

    #[test]
    fn who_leads_has_the_most_events_or_the_newest() {
        let activity = Activity::default();
        for (text, events, last) in [
            ("a/1", 5, 10),
            ("a/2", 9, 20),
            ("a/3", 1, 30),
            ("b", 99, 99),
        ] {
            count(&activity, text, events, last, 0);
        }
        assert_eq!(leading(&activity, Order::Rate, "a/", 2), ["a/1", "a/2"]);
        assert_eq!(leading(&activity, Order::Last, "a/", 2), ["a/2", "a/3"]);
        assert_eq!(leading(&activity, Order::Rate, "", 1), ["b"]);
        assert_eq!(leading(&activity, Order::Rate, "", 9).len(), 4);
        assert!(leading(&activity, Order::Rate, "c", 9).is_empty());
    }

    #[test]
    fn where_there_is_no_room_it_is_not_known_what_a_topic_had() {
        let activity = Activity::default();
        for n in 0..ACTIVE_TOPICS {
            count(&activity, &format!("t{n}"), 1, 1, 0);
        }
        assert_eq!(recent(&activity, "one more", 1), Some(Vec::new()));
        count(&activity, "one more", 1, 1, 1);
        assert_eq!(activity.lock().topics.len(), ACTIVE_TOPICS);
        assert_eq!(recent(&activity, "one more", 2), None);
        assert_eq!(recent(&activity, "one more", 62), Some(Vec::new()));
    }
}
