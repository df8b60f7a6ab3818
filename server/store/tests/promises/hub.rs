//! The hub over this log: a subscriber before and after a restart.

use std::{path::Path, sync::Arc};

use hub::{Delivery, Hub, Settings, Start};

use crate::support::{draft, filter, open};

/// Publishes, and gives the data that a subscriber is handed from a start.
async fn session(dir: &Path, start: Start, publish: &[&str], want: usize) -> Vec<String> {
    let log = Arc::new(open(dir).unwrap());
    let (hub, driver) = Hub::open(log.clone(), Settings::default());
    let driver = tokio::spawn(driver.run());
    let mut subscription = hub.subscribe(filter("t"), start).await.unwrap();
    for data in publish {
        hub.publish(vec![draft("t", data)]).await.unwrap();
    }
    let mut seen = Vec::new();
    while seen
        .iter()
        .filter(|word: &&String| !word.starts_with("gap"))
        .count()
        < want
    {
        for delivery in subscription.next().await.unwrap().unwrap() {
            match delivery {
                Delivery::Event(entry) => seen.push(entry.record().data.to_string()),
                Delivery::Gap(gap) => seen.push(format!("gap {}", gap.reason.as_str())),
                _ => {}
            }
        }
    }
    log.close();
    driver.await.unwrap().unwrap();
    seen
}

#[tokio::test]
async fn a_cursor_is_good_across_a_restart_where_replay_meets_live() {
    let dir = tempfile::tempdir().unwrap();
    let first = session(dir.path(), Start::Live, &["1", "2", "3"], 3).await;
    assert_eq!(first, ["1", "2", "3"]);
    let log = open(dir.path()).unwrap();
    let cursor = format!("{}-1", hub::Log::bounds(&log).epoch);
    log.close();
    let start = Start::After(cursor.into_bytes());
    let second = session(dir.path(), start, &["4", "5"], 4).await;
    assert_eq!(second, ["2", "3", "4", "5"]);
}

#[tokio::test]
async fn a_cursor_of_a_log_that_was_repaired_since_is_told_of_another_epoch() {
    let dir = tempfile::tempdir().unwrap();
    session(dir.path(), Start::Live, &["1", "2"], 2).await;
    let log = open(dir.path()).unwrap();
    let cursor = format!("{}-1", hub::Log::bounds(&log).epoch);
    log.close();
    store::repair(dir.path()).unwrap();
    let start = Start::After(cursor.into_bytes());
    let seen = session(dir.path(), start, &["3"], 1).await;
    assert_eq!(seen, ["gap epoch-changed", "3"]);
}
