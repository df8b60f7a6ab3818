//! Publishers' keys, and publishes of several: stored once, or not at all.

use std::{sync::Arc, time::Duration};

use hub::{Draft, LogError, MemoryLog, Policy, PublishError, Retention, Settings, limits};

use crate::support::{HandClock, Running, draft};

fn keyed(topic: &str, key: &str, data: &str) -> Draft {
    draft(topic, data).key(key).unwrap()
}

/// Publishes, and says at which place each is and whether it was known.
async fn publish(hub: &Running, drafts: Vec<Draft>) -> Vec<(u64, bool)> {
    let published = hub.publish_all(drafts).await;
    published.iter().map(|p| (p.id.seq, p.duplicate)).collect()
}

async fn refusal(hub: &Running, drafts: Vec<Draft>) -> PublishError {
    hub.hub.publish(drafts).await.unwrap_err()
}

const REUSED: PublishError = PublishError::Log(LogError::KeyReused);

#[tokio::test]
async fn the_same_key_and_body_is_stored_once_and_has_one_id() {
    let hub = Running::keeping_all();
    assert_eq!(
        publish(&hub, vec![keyed("a", "k", "x")]).await,
        [(1, false)]
    );
    assert_eq!(publish(&hub, vec![draft("a", "x")]).await, [(2, false)]);
    assert_eq!(publish(&hub, vec![keyed("a", "k", "x")]).await, [(1, true)]);
    // A key is its topic's.
    assert_eq!(
        publish(&hub, vec![keyed("b", "k", "y")]).await,
        [(3, false)]
    );
    let stats = hub.hub.stats();
    assert_eq!(
        (stats.log.head, stats.log.events, stats.published.events),
        (3, 3, 3)
    );
}

#[tokio::test]
async fn a_key_with_another_body_is_refused_and_leaves_no_trace() {
    let hub = Running::keeping_all();
    publish(&hub, vec![keyed("a", "k", "x")]).await;
    let others = [
        keyed("a", "k", "y"),
        keyed("a", "k", "x").event("named").unwrap(),
        keyed("a", "k", "x").retry("1000").unwrap(),
    ];
    for other in others {
        assert_eq!(refusal(&hub, vec![other]).await, REUSED);
    }
    assert_eq!(hub.hub.stats().log.head, 1);
    assert_eq!(publish(&hub, vec![keyed("a", "k", "x")]).await, [(1, true)]);
}

#[tokio::test]
async fn a_key_is_forgotten_ten_minutes_after_its_first_use_whatever_the_calendar_says() {
    let hub = Running::keeping_all();
    publish(&hub, vec![keyed("a", "k", "x")]).await;
    hub.clock.pass(Duration::from_secs(599));
    hub.clock.set(|wall| wall + Duration::from_secs(86_400));
    assert_eq!(publish(&hub, vec![keyed("a", "k", "x")]).await, [(1, true)]);
    hub.clock.pass(Duration::from_secs(1));
    hub.clock.set(|wall| wall - Duration::from_secs(2 * 86_400));
    assert_eq!(
        publish(&hub, vec![keyed("a", "k", "y")]).await,
        [(2, false)]
    );
    // Ten minutes of its own.
    hub.clock.pass(Duration::from_secs(599));
    assert_eq!(publish(&hub, vec![keyed("a", "k", "y")]).await, [(2, true)]);
}

#[tokio::test]
async fn a_key_twice_in_one_publish_is_stored_once() {
    let hub = Running::keeping_all();
    let batch = vec![keyed("a", "k", "x"), draft("a", "z"), keyed("a", "k", "x")];
    assert_eq!(
        publish(&hub, batch).await,
        [(1, false), (2, false), (1, true)]
    );
    let batch = vec![keyed("a", "new", "x"), keyed("a", "new", "y")];
    assert_eq!(refusal(&hub, batch).await, REUSED);
    assert_eq!(hub.hub.stats().log.head, 2);
    assert_eq!(
        publish(&hub, vec![keyed("a", "new", "y")]).await,
        [(3, false)]
    );
}

#[tokio::test]
async fn a_publish_of_several_is_stored_as_a_whole_or_not_at_all() {
    let settings = Settings {
        max_event: 4,
        ..Settings::default()
    };
    let all = Running::keeping_all();
    let hub = Running::over(all.log.clone(), all.clock.clone(), settings);
    publish(&hub, vec![keyed("a", "k", "x")]).await;
    let spoiled = |last| vec![draft("a", "1"), keyed("a", "new", "2"), last];
    for (last, why) in [
        (keyed("a", "k", "y"), REUSED),
        (draft("a", "12345"), PublishError::TooLarge(4)),
    ] {
        assert_eq!(refusal(&hub, spoiled(last)).await, why);
        assert_eq!(hub.hub.stats().log.head, 1);
    }
    // Not even the key of the refused publish is in use.
    assert_eq!(
        publish(&hub, vec![keyed("a", "new", "3")]).await,
        [(2, false)]
    );
    assert_eq!(refusal(&hub, Vec::new()).await, PublishError::Batch(0));
    let too_many = vec![draft("a", "x"); 1_001];
    assert_eq!(refusal(&hub, too_many).await, PublishError::Batch(1_001));
    assert_eq!(
        publish(&hub, vec![draft("a", "1234"); 1_000]).await.len(),
        1_000
    );
}

#[tokio::test]
async fn no_more_keys_are_remembered_than_the_limit_and_publishes_without_go_on() {
    let hub = with_keys(10);
    let keys = |from: usize, n| (from..from + n).map(|k| keyed("a", &k.to_string(), ""));
    let full = PublishError::Log(LogError::KeysFull);
    assert_eq!(refusal(&hub, keys(0, 11).collect()).await, full);
    publish(&hub, keys(0, 10).collect()).await;
    assert_eq!(refusal(&hub, keys(20, 1).collect()).await, full);
    // What is known stays known.
    assert!(publish(&hub, keys(0, 1).collect()).await[0].1);
    publish(&hub, vec![draft("a", "")]).await;
    hub.clock.pass(limits::KEY_LIFE);
    assert!(!publish(&hub, keys(20, 1).collect()).await[0].1);
}

/// A hub with room for so many keys.
fn with_keys(room: usize) -> Running {
    let clock = HandClock::new();
    let log = MemoryLog::new(Policy::new(Retention::default()), clock.clone());
    Running::over(Arc::new(log.with_keys(room)), clock, Settings::default())
}
