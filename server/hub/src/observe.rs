//! What an observer sees: the topics, and who follows them.
#![expect(
    clippy::mutable_key_type,
    reason = "what a filter remembers is no part of what it is"
)]

use std::{
    cmp::Ordering,
    collections::{HashMap, HashSet},
    net::SocketAddr,
    sync::Arc,
    time::SystemTime,
};

use crate::{
    activity::Order,
    handle::Hub,
    id::EventId,
    limits::{LOOKS, MAX_LEADING, MAX_PAGE, PAGE_MATCHES},
    log::{LogError, TopicInfo, TopicPage},
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
    /// may have fewer than its limit, and more after it. One of a search looks at 1 MiB of topics
    /// sixteen times at most, and may have none with more after it.
    ///
    /// # Errors
    /// Where the log cannot be read.
    pub async fn topics(
        &self,
        mut query: TopicQuery,
    ) -> Result<Listing<TopicEntry, Topic>, LogError> {
        let patterns = self.patterns();
        query.limit = query.limit.min(MAX_PAGE).min(affordable(&patterns));
        let TopicPage { topics, next } = self.look(query).await?;
        let entries = self.with_subscribers(topics, &patterns);
        Ok(Listing { entries, next })
    }

    /// As many as are asked for, by some looks one after the other; others have the log in between.
    async fn look(&self, mut query: TopicQuery) -> Result<TopicPage, LogError> {
        let mut page = TopicPage::default();
        for _ in 0..LOOKS {
            let found = self.shared.log.topics(query.clone()).await?;
            query.limit -= found.topics.len().min(query.limit);
            page.topics.extend(found.topics);
            page.next = found.next;
            match &page.next {
                Some(next) if query.limit > 0 => query.after = Some(next.to_string()),
                _ => break,
            }
            tokio::task::yield_now().await;
        }
        Ok(page)
    }

    /// The topics that lead by rate or by their newest event, among those that are asked for, at
    /// most 100; where they begin is not looked at. Where there are more, they are chosen among those
    /// that had events in the last minute; quiet ones fill what room is left, the first by name.
    ///
    /// Costs one pass over the topics that are active, at most 32,768, a look-up for each that
    /// is listed, and a search for the quiet ones as [`Hub::topics`] has it.
    ///
    /// # Errors
    /// Where the log cannot be read.
    pub async fn leading(
        &self,
        order: Order,
        mut query: TopicQuery,
    ) -> Result<Vec<TopicEntry>, LogError> {
        let patterns = self.patterns();
        let limit = query.limit.min(MAX_LEADING).min(affordable(&patterns));
        (query.limit, query.after) = (limit, None);
        let mut topics = Vec::with_capacity(2 * limit);
        for topic in self.shared.activity.leading(order, &query) {
            // One that was active may be forgotten already.
            topics.extend(self.shared.log.topic(&topic).await?);
        }
        if topics.len() < limit {
            let active: HashSet<Topic> = topics.iter().map(|t| t.topic.clone()).collect();
            let quiet = self.look(query).await?.topics.into_iter();
            topics.extend(quiet.filter(|t| !active.contains(&t.topic)));
        }
        topics.sort_by(|a, b| leads(order, a, b));
        topics.truncate(limit);
        Ok(self.with_subscribers(topics, &patterns))
    }

    /// The events of each of the last 60 whole seconds, oldest first, for each of these topics:
    /// empty where there were none. None where it cannot be known, as more than 32,768 topics had
    /// events within a minute. It is counted from when the hub opened.
    #[must_use]
    pub fn recent<'a>(&self, topics: impl Iterator<Item = &'a Topic>) -> Vec<Option<Vec<u32>>> {
        self.shared.activity.recent(topics, self.shared.second())
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

/// How many topics may be compared with all these patterns.
fn affordable(patterns: &HashMap<Arc<Filter>, u64>) -> usize {
    let matches: usize = patterns.keys().map(|f| f.cost()).sum();
    (PAGE_MATCHES / matches.max(1)).max(1)
}

fn leads(order: Order, a: &TopicInfo, b: &TopicInfo) -> Ordering {
    let lead = match order {
        Order::Rate => b.rate.total_cmp(&a.rate),
        Order::Last => b.last.cmp(&a.last),
    };
    lead.then_with(|| a.topic.cmp(&b.topic))
}
