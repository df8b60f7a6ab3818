//! What an observer sees: the topics, and who follows them.

use std::{collections::HashMap, net::SocketAddr, sync::Arc, time::SystemTime};

use crate::{
    handle::Hub,
    id::EventId,
    limits::{MAX_PAGE, PAGE_MATCHES},
    log::{LogError, TopicInfo},
    selector::Filter,
    shelves::TopicQuery,
    topic::Topic,
};

/// Who subscribes, in the words of who serves it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Client {
    /// As what it is served.
    pub format: &'static str,
    /// The address of the peer, where there is one.
    pub remote: Option<SocketAddr>,
}

/// A topic, and how many follow it.
#[derive(Clone, Debug, PartialEq)]
pub struct TopicEntry {
    /// What the log keeps of it.
    pub info: TopicInfo,
    /// The subscribers that a publish on it would wake: those that name it, and those with a
    /// pattern that matches; each once.
    pub subscribers: u64,
}

/// A subscriber, as of one moment.
#[derive(Clone, Debug, PartialEq)]
pub struct SubscriberEntry {
    /// Its number: its own for as long as the hub lives. Later subscribers have higher ones.
    pub number: u64,
    /// What it asked for.
    pub filter: Arc<Filter>,
    /// Who it is.
    pub client: Client,
    /// When it came, by the calendar.
    pub since: SystemTime,
    /// How far it has got: the last place in the log up to which it was handed all that matches.
    pub cursor: EventId,
    /// How many places of the log it has still to look at; 0 for one that waits for what comes.
    /// The events that match are as many or fewer.
    pub behind: u64,
}

/// A part of a listing, and where to go on; none at its end.
#[derive(Clone, Debug, PartialEq)]
pub struct Listing<T, K> {
    /// The entries, in order.
    pub entries: Vec<T>,
    /// What the next part comes after.
    pub next: Option<K>,
}

impl Hub {
    /// The topics of which something is kept, in the order of their bytes, at most 1,000; a page
    /// may have fewer than its limit, and more after it.
    ///
    /// # Errors
    /// Where the log cannot be read.
    pub async fn topics(
        &self,
        mut query: TopicQuery,
    ) -> Result<Listing<TopicEntry, Topic>, LogError> {
        let patterns = self.patterns();
        let matches: usize = patterns.keys().map(|f| f.selectors().len()).sum();
        let affordable = (PAGE_MATCHES / matches.max(1)).max(1);
        let limit = query.limit.min(MAX_PAGE).min(affordable);
        // One more, to know whether there is one.
        query.limit = limit + 1;
        let mut topics = self.shared.log.topics(query).await?;
        let more = topics.len() > limit;
        topics.truncate(limit);
        let next = topics.last().filter(|_| more).map(|t| t.topic.clone());
        let entries = self.with_subscribers(topics, &patterns);
        Ok(Listing { entries, next })
    }

    /// One topic; none where nothing of it is kept.
    ///
    /// # Errors
    /// Where the log cannot be read.
    pub async fn topic(&self, topic: &Topic) -> Result<Option<TopicEntry>, LogError> {
        let found = self.shared.log.topic(topic).await?;
        let entries = self.with_subscribers(found.into_iter().collect(), &self.patterns());
        Ok(entries.into_iter().next())
    }

    /// The subscribers with a number after this one, in order, at most 1,000.
    #[must_use]
    pub fn subscribers(&self, after: u64, limit: usize) -> Listing<SubscriberEntry, u64> {
        let limit = limit.min(MAX_PAGE);
        let (head, mut waiters) = (
            self.shared.head(),
            self.shared.fanout.list(after, limit + 1),
        );
        let more = waiters.len() > limit;
        waiters.truncate(limit);
        let next = waiters.last().filter(|_| more).map(|w| w.number());
        let entries = waiters
            .iter()
            .filter_map(|waiter| waiter.entry(&self.shared.epoch, head));
        Listing {
            entries: entries.collect(),
            next,
        }
    }

    /// The filters of those who subscribe with a pattern, and how many have each: thousands of
    /// pages that follow the same cost one comparison.
    fn patterns(&self) -> HashMap<Arc<Filter>, u64> {
        let mut patterns = HashMap::new();
        for filter in self.shared.fanout.patterns() {
            *patterns.entry(filter).or_default() += 1;
        }
        patterns
    }

    fn with_subscribers(
        &self,
        topics: Vec<TopicInfo>,
        patterns: &HashMap<Arc<Filter>, u64>,
    ) -> Vec<TopicEntry> {
        let naming = self.shared.fanout.naming(topics.iter().map(|t| &t.topic));
        let entry = |(info, naming): (TopicInfo, u64)| {
            let matching = patterns.iter().filter(|(f, _)| f.matches(&info.topic));
            let subscribers = naming + matching.map(|(_, many)| many).sum::<u64>();
            TopicEntry { info, subscribers }
        };
        topics.into_iter().zip(naming).map(entry).collect()
    }
}
