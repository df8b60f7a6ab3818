//! Many who read the same part of the log back.

use std::{collections::HashSet, path::Path, sync::Arc};

use hub::{Delivery, EventId, Form, Hub, Log, Settings, Start};
use store::SegmentLog;
use tokio::task::JoinSet;

use crate::support::{draft, filter, open, page, topic_of};

const EVENTS: usize = 2_000;

/// A log of 2 MB on one topic that a process before has written: nothing of it is in memory.
async fn written_before(dir: &Path) -> Arc<SegmentLog> {
    let log = open(dir).unwrap();
    for _ in 0..EVENTS / 100 {
        let batch = vec![draft("t", &"x".repeat(1_000)); 100];
        log.append(batch).await.unwrap();
    }
    log.close();
    Arc::new(open(dir).unwrap())
}

/// Where the bytes are that a reader from the beginning was handed, event by event.
async fn read_all(hub: Hub, start: Start) -> Vec<usize> {
    let mut reader = hub.subscribe(filter("t"), start).await.unwrap();
    let mut bytes = Vec::new();
    while bytes.len() < EVENTS {
        for delivery in reader.next().await.unwrap().unwrap() {
            if let Delivery::Event(entry) = delivery {
                assert_eq!(entry.record().seq, bytes.len() as u64 + 1);
                bytes.push(entry.bytes(Form::Plain).as_ptr() as usize);
            }
        }
    }
    bytes
}

/// How often the disk is read for so many readers with one cursor, and how many copies of the
/// events' bytes they are handed.
async fn reconnect(readers: usize) -> (u64, usize) {
    let dir = tempfile::tempdir().unwrap();
    let log = written_before(dir.path()).await;
    let (hub, driver) = Hub::open(log.clone(), Settings::default());
    let driver = tokio::spawn(driver.run());
    // So that there is a head to go to.
    hub.publish(vec![draft("u", "x")]).await.unwrap();
    let cursor = EventId {
        epoch: hub.epoch().clone(),
        seq: 0,
    };
    let start = Start::After(cursor.to_string().into_bytes());
    let mut tasks = JoinSet::new();
    for _ in 0..readers {
        tasks.spawn(read_all(hub.clone(), start.clone()));
    }
    let mut copies = HashSet::new();
    while let Some(bytes) = tasks.join_next().await {
        copies.extend(bytes.unwrap());
    }
    driver.abort();
    (log.reads(), copies.len())
}

#[tokio::test]
async fn many_clients_that_reconnect_with_one_cursor_share_every_read_of_the_disk() {
    let (alone, copies) = reconnect(1).await;
    assert!(alone > 10, "{alone} reads: it is more than a page");
    assert_eq!(copies, EVENTS);
    assert_eq!(reconnect(100).await, (alone, EVENTS));
}

#[tokio::test]
async fn what_was_read_and_then_forgotten_is_not_served_from_what_was_read() {
    let dir = tempfile::tempdir().unwrap();
    let log = open(dir.path()).unwrap();
    let secrets = ["secret", "other", "secret", "other"];
    log.append(secrets.map(|topic| draft(topic, topic)).into())
        .await
        .unwrap();
    log.close();
    let log = open(dir.path()).unwrap();
    assert_eq!(page(&log, 0, "**").await.records.len(), 4);
    assert_eq!(log.reads(), 1);
    assert_eq!(log.forget(&topic_of("secret")).await, Ok(2));
    let after = page(&log, 0, "**").await;
    let left: Vec<_> = after.records.iter().map(|r| r.topic.as_str()).collect();
    assert_eq!(left, ["other", "other"]);
    let gaps = after.gaps.iter().map(|lost| (lost.missed, lost.through));
    assert_eq!(gaps.collect::<Vec<_>>(), [(Some(1), 1), (Some(1), 3)]);
    assert_eq!(log.reads(), 1, "the rest was at hand");
}

#[tokio::test]
async fn the_newest_of_a_topic_are_found_without_reading_them() {
    let dir = tempfile::tempdir().unwrap();
    let log = written_before(dir.path()).await;
    let before = log.before_newest(EVENTS as u64, filter("t"), 10).await;
    assert_eq!((before, log.reads()), (Ok(EVENTS as u64 - 10), 0));
}
