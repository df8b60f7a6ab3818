//! The topics of what is kept: where each one's events are, and how many come.

use std::{
    collections::{BTreeMap, VecDeque},
    ops::Bound,
};

use crate::{
    id::Seq,
    limits::{LOOK_BYTES, MAX_TOPIC, RATE_WINDOW},
    needle::Needle,
    topic::Topic,
};

/// What is kept, by topic, in the order of the topics' bytes: a page of them costs what it holds,
/// and the logarithm of how many there are.
#[derive(Default)]
pub(crate) struct Shelves {
    topics: BTreeMap<Topic, Shelf>,
}

/// One topic; it is here as long as something of it is kept.
#[derive(Default)]
pub(crate) struct Shelf {
    /// The places of its events: a reader of one topic passes over no other's.
    pub(crate) seqs: VecDeque<Seq>,
    /// What they cost, by [`crate::Record::cost`].
    pub(crate) bytes: u64,
    rate: Rate,
}

/// Which topics are asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TopicQuery {
    /// What they begin with; empty for all.
    pub prefix: String,
    /// What they contain, whatever the case of its ASCII letters; empty for all.
    pub contains: String,
    /// The topic after which they begin, in the order of bytes.
    pub after: Option<String>,
    /// How many, at most.
    pub limit: usize,
}

impl Shelves {
    pub(crate) fn len(&self) -> usize {
        self.topics.len()
    }

    /// Takes in an event that was accepted at `at`, by the steady clock in microseconds.
    pub(crate) fn add(&mut self, topic: &Topic, seq: Seq, cost: u64, at: i64) {
        if let Some(shelf) = self.topics.get_mut(topic) {
            return shelf.add(seq, cost, at);
        }
        let mut shelf = Shelf::default();
        shelf.add(seq, cost, at);
        self.topics.insert(topic.clone(), shelf);
    }

    /// The places of a topic's events.
    pub(crate) fn seqs(&self, topic: &Topic) -> Option<&VecDeque<Seq>> {
        self.topics.get(topic).map(|shelf| &shelf.seqs)
    }

    /// The copy of a topic's text that is kept already, to be shared.
    pub(crate) fn known(&self, topic: &Topic) -> Option<Topic> {
        self.topics
            .get_key_value(topic)
            .map(|(topic, _)| topic.clone())
    }

    /// Lets go of a topic's oldest event.
    pub(crate) fn drop_oldest(&mut self, topic: &Topic, cost: u64) {
        self.drop_from(topic, cost, |seqs| {
            seqs.pop_front();
        });
    }

    /// Lets go of one event, wherever it is.
    pub(crate) fn drop_one(&mut self, topic: &Topic, seq: Seq, cost: u64) {
        self.drop_from(topic, cost, |seqs| seqs.retain(|other| *other != seq));
    }

    /// One topic.
    pub(crate) fn get(&self, topic: &str) -> Option<(&Topic, &Shelf)> {
        self.topics.get_key_value(topic)
    }

    /// The topics that are asked for, in order; and the one after which to go on, where there may be
    /// more: a search ends after [`LOOK_BYTES`], whatever it has found.
    pub(crate) fn page<'a>(
        &'a self,
        query: &'a TopicQuery,
    ) -> (Vec<(&'a Topic, &'a Shelf)>, Option<Topic>) {
        let (mut found, mut looked_at, mut left) = (Vec::new(), None::<&Topic>, LOOK_BYTES);
        let mut needle = Needle::new(&query.contains);
        if query.contains.len() > MAX_TOPIC {
            return (found, None);
        }
        for (topic, shelf) in self.range(query) {
            if left == 0 {
                return (found, looked_at.cloned());
            }
            let is_found = needle.is_empty() || {
                left = left.saturating_sub(needle.cost(topic.as_str()));
                needle.is_in(topic.as_str())
            };
            // A page that is full ends before the next that would be on it, where there is one.
            if is_found && found.len() == query.limit {
                return (found, looked_at.cloned());
            }
            looked_at = Some(topic);
            if is_found {
                found.push((topic, shelf));
            }
        }
        (found, None)
    }

    /// The topics with a prefix, from the one after which they begin.
    fn range<'a>(&'a self, query: &'a TopicQuery) -> impl Iterator<Item = (&'a Topic, &'a Shelf)> {
        let prefix = query.prefix.as_str();
        let begin = match query.after.as_deref() {
            Some(after) if after >= prefix => Bound::Excluded(after),
            _ => Bound::Included(prefix),
        };
        self.topics
            .range::<str, _>((begin, Bound::Unbounded))
            .take_while(move |(topic, _)| topic.as_str().starts_with(prefix))
    }

    fn drop_from(&mut self, topic: &Topic, cost: u64, drop: impl FnOnce(&mut VecDeque<Seq>)) {
        let Some(shelf) = self.topics.get_mut(topic) else {
            return;
        };
        drop(&mut shelf.seqs);
        shelf.bytes = shelf.bytes.saturating_sub(cost);
        if shelf.seqs.is_empty() {
            self.topics.remove(topic);
        }
    }
}

impl Shelf {
    fn add(&mut self, seq: Seq, cost: u64, at: i64) {
        if self.seqs.is_empty() {
            // An earlier process's events are from before the clock's 0.
            self.rate.as_of = at;
        }
        self.seqs.push_back(seq);
        self.bytes += cost;
        self.rate.count(at);
    }

    /// Events a second, as of a time by the steady clock in microseconds.
    pub(crate) fn rate(&self, now: i64) -> f64 {
        self.rate.at(now)
    }
}

/// How many events come, as a sum that fades: an event counts 1 when it comes, and 1/e after
/// [`RATE_WINDOW`]. Two numbers, whatever comes; the same for the same times.
#[derive(Clone, Copy, Default)]
struct Rate {
    sum: f64,
    as_of: i64,
}

impl Rate {
    fn count(&mut self, at: i64) {
        // An event of an earlier time, by a clock that was ahead, counts as of the newest.
        let at = at.max(self.as_of);
        self.sum = self.faded(at) + 1.0;
        self.as_of = at;
    }

    fn at(&self, now: i64) -> f64 {
        self.faded(now) / RATE_WINDOW.as_secs_f64()
    }

    fn faded(&self, now: i64) -> f64 {
        let passed = now.saturating_sub(self.as_of).max(0) as f64 / 1e6;
        self.sum * (-passed / RATE_WINDOW.as_secs_f64()).exp()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shelves(topics: &[&str]) -> Shelves {
        let mut shelves = Shelves::default();
        for (n, topic) in topics.iter().enumerate() {
            shelves.add(&Topic::parse(topic).unwrap(), n as Seq + 1, 10, 0);
        }
        shelves
    }

    fn page(shelves: &Shelves, prefix: &str, after: Option<&str>, limit: usize) -> Vec<String> {
        let query = TopicQuery {
            prefix: prefix.to_owned(),
            after: after.map(str::to_owned),
            limit,
            ..TopicQuery::default()
        };
        let (page, _) = shelves.page(&query);
        page.iter().map(|(topic, _)| topic.to_string()).collect()
    }

    #[test]
    fn a_page_that_is_full_says_so_only_where_there_is_another_topic() {
        let shelves = shelves(&["a", "b", "c"]);
        let next = |limit| {
            let query = TopicQuery {
                limit,
                ..TopicQuery::default()
            };
            shelves.page(&query).1.map(|topic| topic.to_string())
        };
        assert_eq!(next(2).as_deref(), Some("b"));
        assert_eq!((next(3), next(4)), (None, None));
    }

    #[test]
    fn a_search_looks_at_so_much_and_says_where_to_go_on() {
        // Each costs its length, that of the text and a step: 1,000 bytes and more.
        let topics: Vec<_> = (0..3_000).map(|n| format!("{:0>1000}", n)).collect();
        let topics: Vec<_> = topics.iter().map(String::as_str).collect();
        let shelves = shelves(&topics);
        let mut query = TopicQuery {
            contains: "2999".into(),
            limit: 10,
            ..TopicQuery::default()
        };
        let mut looks = 0;
        loop {
            let (found, next) = shelves.page(&query);
            looks += 1;
            let Some(next) = next else {
                assert_eq!(found.len(), 1);
                break;
            };
            assert!(found.is_empty());
            query.after = Some(next.to_string());
        }
        assert_eq!(
            looks,
            3_000_usize.div_ceil(LOOK_BYTES.div_ceil(1_000 + 4 + 32))
        );
        // What no topic can contain is looked for nowhere.
        query = TopicQuery {
            contains: "x".repeat(MAX_TOPIC + 1),
            ..query
        };
        let (found, next) = shelves.page(&query);
        assert!(found.is_empty() && next.is_none());
    }

    #[test]
    fn a_page_is_in_the_order_of_bytes_by_prefix_and_after() {
        let shelves = shelves(&["b", "a/2", "a", "ä", "a/1", "a/10", "B"]);
        assert_eq!(
            page(&shelves, "", None, 9),
            ["B", "a", "a/1", "a/10", "a/2", "b", "ä"]
        );
        assert_eq!(page(&shelves, "a/", None, 9), ["a/1", "a/10", "a/2"]);
        assert_eq!(page(&shelves, "a/", Some("a/1"), 1), ["a/10"]);
        assert_eq!(page(&shelves, "a/", Some("a"), 1), ["a/1"]);
        assert_eq!(page(&shelves, "a", Some("a/15"), 9), ["a/2"]);
        assert!(page(&shelves, "a/", Some("b"), 9).is_empty());
        assert!(page(&shelves, "c", None, 9).is_empty());
    }

    #[test]
    fn a_topic_is_here_as_long_as_something_of_it_is_kept() {
        let topic = Topic::parse("a").unwrap();
        let mut shelves = shelves(&["a", "a", "a"]);
        shelves.drop_oldest(&topic, 10);
        shelves.drop_one(&topic, 3, 10);
        let (_, shelf) = shelves.get("a").unwrap();
        assert_eq!((shelf.seqs.as_slices().0, shelf.bytes), (&[2][..], 10));
        shelves.drop_oldest(&topic, 10);
        assert_eq!((shelves.len(), shelves.get("a").is_none()), (0, true));
    }

    #[test]
    fn a_steady_rate_is_met_and_fades_within_minutes() {
        let (mut rate, second) = (Rate::default(), 1_000_000);
        for n in 0..6_000 {
            rate.count(n * second / 10);
        }
        let now = 600 * second;
        assert!((rate.at(now) - 10.0).abs() < 0.1, "{}", rate.at(now));
        let minute_later = rate.at(now + 60 * second);
        assert!((minute_later - 10.0 / std::f64::consts::E).abs() < 0.1);
        assert!(rate.at(now + 3_600 * second) < 1e-20);
    }

    #[test]
    fn an_event_that_comes_counts_a_sixtieth_a_second() {
        let mut rate = Rate::default();
        rate.count(0);
        assert!((rate.at(0) - 1.0 / 60.0).abs() < 1e-9);
        rate.count(-5);
        assert!((rate.at(0) - 2.0 / 60.0).abs() < 1e-9);
    }
}
