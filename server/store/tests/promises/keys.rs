//! A key counts for ten minutes, whatever becomes of its event and of the process.

use std::time::Duration;

use hub::{Appended, Draft, Log, LogError, Policy};

use crate::support::{
    HandClock, count, draft, keep_all, on_disk, publish, segments, small_segments, topic_of, until,
    words,
};

fn paid(data: &str) -> Vec<Draft> {
    vec![draft("pay", data).key("k1").unwrap()]
}

const STORED: Appended = Appended {
    seq: 1,
    duplicate: true,
};

#[tokio::test]
async fn it_outlives_the_events_beside_it_that_are_deleted() {
    let dir = tempfile::tempdir().unwrap();
    let clock = HandClock::new();
    let open = || small_segments(dir.path(), Policy::new(count(5)), clock.restarted());
    let log = open();
    log.append(paid("100 EUR")).await.unwrap();
    for n in 0..8 {
        publish(&log, "b", &format!("other {n}")).await;
    }
    assert_eq!(words(&log).await.len(), 5, "the payment is trimmed");
    log.forget(&topic_of("b")).await.unwrap();
    until(|| !on_disk(dir.path(), "other")).await;
    for _ in 0..2 {
        log.close();
        let log = open();
        assert_eq!(log.append(paid("100 EUR")).await, Ok(vec![STORED]));
        let reused = log.append(paid("200 EUR")).await;
        assert_eq!(reused, Err(LogError::KeyReused));
    }
}

#[tokio::test]
async fn it_outlives_its_own_event_that_is_deleted_and_goes_after_ten_minutes() {
    let dir = tempfile::tempdir().unwrap();
    let clock = HandClock::new();
    let open = || small_segments(dir.path(), keep_all(), clock.restarted());
    let log = open();
    log.append(paid("hunter2")).await.unwrap();
    log.forget(&topic_of("pay")).await.unwrap();
    until(|| !on_disk(dir.path(), "hunter2")).await;
    log.close();
    clock.pass(Duration::from_secs(599));
    let log = open();
    assert_eq!(log.append(paid("hunter2")).await, Ok(vec![STORED]));
    log.close();
    clock.pass(Duration::from_secs(1));
    let log = open();
    let again = log.append(paid("hunter3")).await.unwrap()[0];
    assert_eq!((again.seq, again.duplicate), (2, false));
    log.trim();
    until(|| segments(dir.path()) == 1).await;
}

#[tokio::test]
async fn it_outlives_a_repair_of_a_log_from_which_its_event_was_deleted() {
    let dir = tempfile::tempdir().unwrap();
    let clock = HandClock::new();
    let open = || small_segments(dir.path(), keep_all(), clock.restarted());
    let log = open();
    log.append(paid("hunter2")).await.unwrap();
    log.forget(&topic_of("pay")).await.unwrap();
    log.close();
    let repaired = store::repair(dir.path()).unwrap();
    assert_eq!(repaired.events, 0);
    assert!(!on_disk(dir.path(), "hunter2"));
    let log = open();
    assert_eq!(log.append(paid("hunter2")).await, Ok(vec![STORED]));
}
