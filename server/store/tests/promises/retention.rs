//! Retention and what it loses: the same as in the memory log, and across a restart.

use std::{fs, time::Duration};

use hub::{Log, MemoryLog, Policy, Retention, Selector};
use store::{Options, SegmentLog};

use crate::support::{
    HandClock, count, keep_all, lost, on_disk, page, publish, segments, small_segments, topic_of,
    until, words,
};

#[tokio::test]
async fn whole_segments_go_and_what_was_in_them_is_a_gap_also_after_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    let open = || small_segments(dir.path(), Policy::new(count(5)), HandClock::new());
    let log = open();
    for n in 1..=100 {
        publish(&log, if n == 1 { "rare" } else { "busy" }, "x").await;
    }
    let kept = words(&log).await;
    assert_eq!(kept.len(), 5);
    assert_eq!(
        lost(&page(&log, 0, "busy").await),
        Some(("trimmed", Some(94)))
    );
    log.close();
    assert!(
        segments(dir.path()) <= 4,
        "{} segments",
        segments(dir.path())
    );
    let log = open();
    assert_eq!(words(&log).await, kept);
    let reason = |page: &hub::Page| lost(page).map(|(reason, _)| reason);
    assert_eq!(reason(&page(&log, 0, "busy").await), Some("trimmed"));
    assert_eq!(reason(&page(&log, 0, "rare").await), Some("trimmed"));
    assert_eq!(lost(&page(&log, 1, "rare").await), None, "no false gap");
    assert_eq!(lost(&page(&log, 0, "never").await), None, "no false gap");
    assert_eq!(log.bounds().head, 100);
    assert_eq!(publish(&log, "busy", "x").await, 101);
}

#[tokio::test]
async fn age_counts_on_over_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    let hour = Retention {
        age: Some(Duration::from_secs(3_600)),
        ..Retention::default()
    };
    let clock = HandClock::new();
    let log = small_segments(dir.path(), Policy::new(hour), clock.clone());
    publish(&log, "t", "old").await;
    clock.pass(Duration::from_secs(1_800));
    publish(&log, "t", "new").await;
    log.close();
    let clock = clock.restarted();
    let log = small_segments(dir.path(), Policy::new(hour), clock.clone());
    assert_eq!(words(&log).await.len(), 2);
    clock.pass(Duration::from_secs(1_801));
    log.trim();
    assert_eq!(words(&log).await, ["2 t new"]);
    assert_eq!(lost(&page(&log, 0, "t").await), Some(("trimmed", Some(1))));
}

#[tokio::test]
async fn a_topic_with_limits_of_its_own_is_not_pushed_out() {
    let dir = tempfile::tempdir().unwrap();
    let policy = || Policy::new(count(3)).with(Selector::parse("kept/*").unwrap(), count(2));
    let log = small_segments(dir.path(), policy(), HandClock::new());
    for n in 1..=60 {
        publish(&log, if n <= 3 { "kept/a" } else { "busy" }, &n.to_string()).await;
    }
    let right = [
        "2 kept/a 2",
        "3 kept/a 3",
        "58 busy 58",
        "59 busy 59",
        "60 busy 60",
    ];
    assert_eq!(words(&log).await, right);
    log.close();
    let log = small_segments(dir.path(), policy(), HandClock::new());
    assert_eq!(words(&log).await, right);
}

#[tokio::test]
async fn a_forgotten_topic_stays_forgotten() {
    let dir = tempfile::tempdir().unwrap();
    let open = || small_segments(dir.path(), keep_all(), HandClock::new());
    let log = open();
    for n in 1..=10 {
        publish(&log, ["secret", "other"][n % 2], "x").await;
    }
    assert_eq!(log.forget(&topic_of("secret")).await, Ok(5));
    assert_eq!(log.forget(&topic_of("secret")).await, Ok(0));
    publish(&log, "secret", "after").await;
    assert_eq!(
        lost(&page(&log, 0, "secret").await),
        Some(("deleted", Some(5)))
    );
    forgotten(&log).await;
    log.close();
    forgotten(&open()).await;
}

#[tokio::test]
async fn what_was_forgotten_leaves_the_disk_and_the_rest_stays() {
    let dir = tempfile::tempdir().unwrap();
    let open = || small_segments(dir.path(), keep_all(), HandClock::new());
    let log = open();
    for n in 1..=10 {
        publish(&log, ["topic", "other"][n % 2], ["hunter2", "plain"][n % 2]).await;
    }
    assert!(on_disk(dir.path(), "hunter2"));
    log.forget(&topic_of("topic")).await.unwrap();
    // The writer erases one segment at a time and ends when none is left to be erased.
    log.trim();
    until(|| !on_disk(dir.path(), "hunter2")).await;
    let right: Vec<_> = (1..=9)
        .step_by(2)
        .map(|n| format!("{n} other plain"))
        .collect();
    assert_eq!(words(&log).await, right);
    publish(&log, "other", "after").await;
    log.close();
    let log = open();
    assert_eq!(words(&log).await[..5], right);
    let gap = lost(&page(&log, 0, "topic").await).map(|(reason, _)| reason);
    assert_eq!(gap, Some("deleted"), "no loss is silent");
    assert_eq!(lost(&page(&log, 0, "other").await), None);
}

#[tokio::test]
async fn what_is_too_old_leaves_the_disk_of_a_quiet_log() {
    let dir = tempfile::tempdir().unwrap();
    let hour = Retention {
        age: Some(Duration::from_secs(3_600)),
        ..Retention::default()
    };
    let clock = HandClock::new();
    let options = Options {
        clock: clock.clone(),
        ..Options::new(Policy::new(hour))
    };
    let log = SegmentLog::open(dir.path(), options).unwrap();
    publish(&log, "t", "hunter2").await;
    clock.pass(Duration::from_secs(3_600));
    log.tidy();
    let until = async {
        while on_disk(dir.path(), "hunter2") {
            tokio::task::yield_now().await;
        }
    };
    let minute = Duration::from_secs(60);
    tokio::time::timeout(minute, until).await.unwrap();
    assert_eq!(lost(&page(&log, 0, "t").await), Some(("trimmed", Some(1))));
    log.tidy();
    assert_eq!(publish(&log, "t", "after").await, 2);
    log.close();
    assert!(
        segments(dir.path()) <= 2,
        "an empty segment is not left for another"
    );
}

#[tokio::test]
async fn what_was_trimmed_leaves_the_disk_too_when_its_topic_is_forgotten() {
    for reopened in [false, true] {
        let dir = tempfile::tempdir().unwrap();
        let policy = || Policy::new(count(5)).with(Selector::parse("kept").unwrap(), count(100));
        let open = || small_segments(dir.path(), policy(), HandClock::new());
        let mut log = open();
        // In a segment that stays for the sake of others, and in the one that is written to.
        for n in 0..30 {
            publish(&log, "kept", "x").await;
            let data = if n % 10 == 9 { "hunter2" } else { "y" };
            publish(&log, "secret", data).await;
        }
        for _ in 0..5 {
            publish(&log, "busy", "").await;
        }
        assert!(on_disk(dir.path(), "hunter2"));
        if reopened {
            log.close();
            log = open();
        }
        let kept = words(&log).await;
        assert_eq!(log.forget(&topic_of("secret")).await, Ok(0));
        until(|| !on_disk(dir.path(), "hunter2")).await;
        assert_eq!(words(&log).await, kept);
        log.close();
        let log = open();
        assert_eq!(words(&log).await, kept);
        let lost = lost(&page(&log, 0, "secret").await);
        assert!(lost.is_some(), "no loss is silent");
    }
}

#[tokio::test]
async fn few_events_that_are_kept_for_long_do_not_keep_their_segments() {
    let dir = tempfile::tempdir().unwrap();
    let policy = || Policy::new(count(5)).with(Selector::parse("kept").unwrap(), count(100));
    let log = small_segments(dir.path(), policy(), HandClock::new());
    for n in 1..=300 {
        publish(&log, if n % 20 == 0 { "kept" } else { "busy" }, "x").await;
    }
    let kept = words(&log).await;
    assert_eq!(kept.len(), 20);
    let bytes = || {
        let files = fs::read_dir(dir.path())
            .unwrap()
            .map(|entry| entry.unwrap());
        let segments = files.filter(|e| e.path().extension() == Some("seg".as_ref()));
        segments
            .map(|e| e.metadata().map_or(0, |meta| meta.len()))
            .sum::<u64>()
    };
    // 15 events in a segment each, with a header of 64 bytes, and the newest segments.
    until(|| bytes() <= 2_800).await;
    assert_eq!(words(&log).await, kept);
    log.close();
    assert_eq!(
        words(&small_segments(dir.path(), policy(), HandClock::new())).await,
        kept
    );
}

#[tokio::test]
async fn many_deletions_leave_few_segments() {
    let dir = tempfile::tempdir().unwrap();
    let log = crate::support::open(dir.path()).unwrap();
    let mut most = 0;
    for n in 1..=300 {
        publish(&log, "kept", &n.to_string()).await;
        publish(&log, "passing", "x").await;
        assert_eq!(log.forget(&topic_of("passing")).await, Ok(1));
        most = most.max(segments(dir.path()));
    }
    // The one that is written to, the one before it, all before those, and one in the making.
    assert!(most <= 6, "{most} segments");
    let kept = words(&log).await;
    assert_eq!(kept.len(), 300);
    log.close();
    let log = crate::support::open(dir.path()).unwrap();
    assert_eq!(words(&log).await, kept);
    assert_eq!(lost(&page(&log, 0, "kept").await), None);
}

async fn forgotten(log: &SegmentLog) {
    let secret = page(log, 0, "secret").await;
    let reason = lost(&secret).map(|(reason, _)| reason);
    assert_eq!(reason, Some("deleted"), "no loss is silent");
    assert_eq!(secret.records.len(), 1);
    let other = page(log, 0, "other").await;
    assert_eq!((other.records.len(), lost(&other)), (5, None));
}

#[tokio::test]
async fn it_keeps_and_loses_what_the_memory_log_does() {
    let dir = tempfile::tempdir().unwrap();
    let bytes = Retention {
        bytes: Some(2_000),
        age: Some(Duration::from_secs(40)),
        ..Retention::default()
    };
    let policy = || Policy::new(count(7)).with(Selector::parse("b/**").unwrap(), bytes);
    let clock = HandClock::new();
    let memory = MemoryLog::new(policy(), clock.clone());
    let stored = small_segments(dir.path(), policy(), clock.clone());
    let topics = ["a", "b/1", "a/c", "b/2/3"];
    for n in 0..120_usize {
        let topic = topics[n * n % 7 % 4];
        publish(&memory, topic, "some data").await;
        publish(&stored, topic, "some data").await;
        clock.pass(Duration::from_secs(1));
        if n % 50 == 49 {
            let topic = topic_of(topics[n % 4]);
            assert_eq!(memory.forget(&topic).await, stored.forget(&topic).await);
        }
        for selector in ["**", "a", "b/*", "b/2/3"] {
            for after in [0, n as u64 / 2] {
                let pages = (
                    page(&memory, after, selector).await,
                    page(&stored, after, selector).await,
                );
                let (memory, stored) = pages;
                assert_eq!(memory, stored, "{selector} after {after} at {n}");
            }
        }
    }
}
