//! What an observer sees of subscribers.

use std::time::SystemTime;

use hub::{Client, Hub, Start, SubscriberEntry};

use crate::support::{Running, filter, next, words};

/// The only subscriber.
fn only(hub: &Hub) -> SubscriberEntry {
    let listing = hub.subscribers(0, 10);
    assert_eq!((listing.entries.len(), listing.next), (1, None));
    listing.entries.into_iter().next().unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_subscriber_is_told_as_it_came_and_is_gone_when_it_goes() {
    let hub = Running::keeping_all();
    let client = Client {
        format: "ndjson",
        remote: Some("192.0.2.1:4242".parse().unwrap()),
    };
    let before = SystemTime::now();
    let subscription = hub
        .hub
        .subscribe_as(filter(&["a", "b/*"]), Start::Live, client)
        .await
        .unwrap();
    let entry = only(&hub.hub);
    let selectors: Vec<_> = entry
        .filter
        .selectors()
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(selectors, ["a", "b/*"]);
    assert_eq!(entry.client, client);
    assert!(before <= entry.since && entry.since <= SystemTime::now());
    drop(subscription);
    assert!(hub.hub.subscribers(0, 10).entries.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_subscriber_that_stops_falls_behind_and_one_that_waits_does_not() {
    let hub = Running::keeping_all();
    let (mut slow, _) = hub.subscribe(&["a"], Start::Live).await;
    hub.publish("a", "1").await;
    assert_eq!(words(&next(&mut slow).await), ["1 1"]);
    for _ in 0..5 {
        hub.publish("a", "x").await;
    }
    tokio::task::yield_now().await;
    let entry = only(&hub.hub);
    assert_eq!((entry.cursor.seq, entry.behind), (1, 5));
    // It takes what there is, and waits.
    assert_eq!(next(&mut slow).await.len(), 5);
    let waiting = tokio::spawn(async move { slow.next().await.map(|_| slow) });
    tokio::task::yield_now().await;
    // What nobody asked it for leaves it where it is.
    for _ in 0..5 {
        hub.publish("b", "x").await;
    }
    tokio::task::yield_now().await;
    let entry = only(&hub.hub);
    assert_eq!((entry.cursor.seq, entry.behind), (6, 0));
    waiting.abort();
}

#[tokio::test(start_paused = true)]
async fn pages_of_subscribers_go_on_where_others_came_and_went() {
    let hub = Running::keeping_all();
    let mut all = Vec::new();
    for _ in 0..5 {
        all.push(hub.subscribe(&["a"], Start::Live).await);
    }
    let first = hub.hub.subscribers(0, 2);
    assert_eq!(first.next, Some(first.entries[1].number));
    // The place of one that went is taken by one that is listed last.
    drop(all.remove(0));
    all.push(hub.subscribe(&["b"], Start::Live).await);
    let rest = hub.hub.subscribers(first.next.unwrap(), 10);
    let numbers: Vec<_> = rest.entries.iter().map(|entry| entry.number).collect();
    assert_eq!((numbers, rest.next), (vec![3, 4, 5, 6], None));
    assert!(hub.hub.subscribers(u64::MAX, 10).entries.is_empty());
}
