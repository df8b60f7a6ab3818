//! What the tests share: a clock moved by hand, a hub that runs, short words for long ones.
#![allow(dead_code, reason = "each test file is a crate and uses a part")]

use std::{
    sync::{Arc, Mutex},
    time::{Duration, SystemTime},
};

use hub::{
    Batch, Clock, Delivery, Draft, Driver, EventId, Filter, Hub, MemoryLog, Policy, Published,
    Retention, Selector, Settings, Start, Subscription, Topic,
};
use tokio::task::AbortHandle;

/// A clock that stands still until it is moved.
pub(crate) struct HandClock {
    now: Mutex<(SystemTime, Duration)>,
}

impl HandClock {
    pub(crate) fn new() -> Arc<Self> {
        let begun = SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000);
        Arc::new(Self {
            now: Mutex::new((begun, Duration::ZERO)),
        })
    }

    /// Time passes.
    pub(crate) fn pass(&self, time: Duration) {
        let mut now = self.now.lock().unwrap();
        *now = (now.0 + time, now.1 + time);
    }

    /// Somebody sets the calendar, and no time passes.
    pub(crate) fn set(&self, change: impl FnOnce(SystemTime) -> SystemTime) {
        let mut now = self.now.lock().unwrap();
        now.0 = change(now.0);
    }
}

impl Clock for HandClock {
    fn wall(&self) -> SystemTime {
        self.now.lock().unwrap().0
    }

    fn steady(&self) -> Duration {
        self.now.lock().unwrap().1
    }
}

/// A hub over a log in memory, with its driver running.
pub(crate) struct Running {
    pub(crate) hub: Hub,
    pub(crate) log: Arc<MemoryLog>,
    pub(crate) clock: Arc<HandClock>,
    driver: AbortHandle,
}

impl Drop for Running {
    fn drop(&mut self) {
        self.driver.abort();
    }
}

impl Running {
    pub(crate) fn new(policy: Policy) -> Self {
        let clock = HandClock::new();
        let log = Arc::new(MemoryLog::new(policy, clock.clone()));
        Self::over(log, clock, Settings::default())
    }

    /// Keeps everything.
    pub(crate) fn keeping_all() -> Self {
        Self::new(Policy::new(Retention::default()))
    }

    pub(crate) fn over(log: Arc<MemoryLog>, clock: Arc<HandClock>, settings: Settings) -> Self {
        let (hub, driver): (Hub, Driver) = Hub::open(log.clone(), settings);
        let driver = tokio::spawn(driver.run()).abort_handle();
        Self {
            hub,
            log,
            clock,
            driver,
        }
    }

    pub(crate) async fn publish(&self, topic: &str, data: &str) -> EventId {
        let published = self.hub.publish(vec![draft(topic, data)]).await.unwrap();
        published[0].id.clone()
    }

    pub(crate) async fn publish_all(&self, drafts: Vec<Draft>) -> Vec<Published> {
        self.hub.publish(drafts).await.unwrap()
    }

    /// A subscription, and what its stream begins with.
    pub(crate) async fn subscribe(
        &self,
        selectors: &[&str],
        start: Start,
    ) -> (Subscription, Batch) {
        let mut subscription = self.hub.subscribe(filter(selectors), start).await.unwrap();
        let preface = next(&mut subscription).await;
        (subscription, preface)
    }
}

pub(crate) fn draft(topic: &str, data: &str) -> Draft {
    Draft::new(Topic::parse(topic).unwrap(), data).unwrap()
}

pub(crate) fn filter(selectors: &[&str]) -> Arc<Filter> {
    let selectors = selectors.iter().map(|text| Selector::parse(text).unwrap());
    Arc::new(Filter::new(selectors.collect()).unwrap())
}

pub(crate) fn count(count: u64) -> Retention {
    Retention {
        count: Some(count),
        ..Retention::default()
    }
}

pub(crate) fn after(id: &EventId) -> Start {
    Start::After(id.to_string().into_bytes())
}

/// The next batch of a stream that must not have ended.
///
/// Time is paused: it passes once no task has anything to do, and a batch that comes without its
/// passing was not waited for.
pub(crate) async fn next(subscription: &mut Subscription) -> Batch {
    let minute = Duration::from_secs(60);
    let next = tokio::time::timeout(minute, subscription.next()).await;
    next.expect("a beat at least within a minute")
        .unwrap()
        .expect("a stream that goes on")
}

/// A batch in words: `gap trimmed 3 -> 7`, `open 7`, `data 8`, `beat 8`, `close shutdown`.
pub(crate) fn words(batch: &[Delivery]) -> Vec<String> {
    let word = |delivery: &Delivery| match delivery {
        Delivery::Gap(gap) => format!(
            "gap {} {} -> {}",
            gap.reason.as_str(),
            gap.missed.map_or("?".to_owned(), |n| n.to_string()),
            gap.resumed_after.seq
        ),
        Delivery::Open(id) => format!("open {}", id.seq),
        Delivery::Event(entry) => format!("{} {}", entry.record().data, entry.record().seq),
        Delivery::Beat(id) => format!("beat {}", id.seq),
        Delivery::Close(close) => format!("close {}", close.reason.as_str()),
    };
    batch.iter().map(word).collect()
}
