//! What was answered for is there, across processes.

use std::{sync::Arc, time::Duration};

use futures::{StreamExt, future::join_all};
use hub::{Draft, Log, LogError, Tail};
use store::{OpenError, Options, SegmentLog};

use crate::support::{HandClock, all, draft, keep_all, open, page, publish, segments, words};

#[tokio::test]
async fn a_log_opened_again_has_everything_as_it_was_accepted() {
    let dir = tempfile::tempdir().unwrap();
    let log = open(dir.path()).unwrap();
    let rich = draft("a/b", "two\nlines").event("name").unwrap();
    let rich = rich.retry("700").unwrap().key("k").unwrap();
    log.append(vec![rich, draft("c", "")]).await.unwrap();
    let (before, bounds) = (page(&log, 0, "**").await, log.bounds());
    log.close();
    let log = open(dir.path()).unwrap();
    assert_eq!(page(&log, 0, "**").await.records, before.records);
    assert_eq!(log.bounds(), bounds);
    assert_eq!(publish(&log, "c", "next").await, 3);
}

#[tokio::test]
async fn it_goes_on_over_many_segments() {
    let dir = tempfile::tempdir().unwrap();
    let options = || Options {
        segment_bytes: 200,
        ..Options::new(keep_all())
    };
    let log = SegmentLog::open(dir.path(), options()).unwrap();
    for n in 1..=40 {
        publish(&log, &format!("t{}", n % 3), &format!("event {n}")).await;
    }
    let before = words(&log).await;
    assert_eq!(before.len(), 40);
    log.close();
    let log = SegmentLog::open(dir.path(), options()).unwrap();
    assert_eq!(words(&log).await, before);
    assert_eq!(log.newest(40, all(), 2).await.unwrap()[0].seq, 39);
    let segments = std::fs::read_dir(dir.path()).unwrap();
    let segments =
        segments.filter(|e| e.as_ref().unwrap().path().extension() == Some("seg".as_ref()));
    assert!(segments.count() > 5);
}

#[tokio::test]
async fn many_publishes_share_a_sync() {
    let dir = tempfile::tempdir().unwrap();
    let log = open(dir.path()).unwrap();
    // All of them wait before the writer has answered the first.
    let answers = join_all((0..500).map(|n| log.append(vec![draft("t", &n.to_string())]))).await;
    assert!(answers.into_iter().all(|answer| answer.is_ok()));
    assert_eq!(log.bounds().head, 500);
    assert!((1..=250).contains(&log.syncs()), "{} syncs", log.syncs());
}

#[tokio::test]
async fn the_second_process_is_refused_until_the_first_ends() {
    let dir = tempfile::tempdir().unwrap();
    let log = open(dir.path()).unwrap();
    assert!(matches!(open(dir.path()), Err(OpenError::Locked { .. })));
    log.close();
    assert!(open(dir.path()).is_ok());
    assert_eq!(
        log.append(vec![draft("t", "x")]).await,
        Err(LogError::Closed)
    );
}

fn keyed(data: &str) -> Draft {
    draft("t", data).key("k").unwrap()
}

#[tokio::test]
async fn a_key_holds_for_ten_minutes_and_across_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    let open = |clock: Arc<HandClock>| {
        let options = Options {
            clock,
            ..Options::new(keep_all())
        };
        SegmentLog::open(dir.path(), options).unwrap()
    };
    let clock = HandClock::new();
    let log = open(clock.clone());
    publish(&log, "other", "x").await;
    let first = log.append(vec![keyed("x")]).await.unwrap()[0];
    assert_eq!((first.seq, first.duplicate), (2, false));
    log.close();
    clock.pass(Duration::from_secs(300));
    let clock = clock.restarted();
    let log = open(clock.clone());
    let again = log.append(vec![keyed("x")]).await.unwrap()[0];
    assert_eq!((again.seq, again.duplicate), (2, true));
    assert_eq!(log.append(vec![keyed("y")]).await, Err(LogError::KeyReused));
    clock.pass(Duration::from_secs(300));
    let later = log.append(vec![keyed("y")]).await.unwrap()[0];
    assert_eq!((later.seq, later.duplicate), (3, false));
}

#[tokio::test]
async fn the_tail_has_every_event_in_order_from_any_place() {
    let dir = tempfile::tempdir().unwrap();
    let log = open(dir.path()).unwrap();
    for n in 0..5 {
        publish(&log, "t", &n.to_string()).await;
    }
    log.close();
    let log = open(dir.path()).unwrap();
    let mut tail = log.tail(2);
    publish(&log, "t", "5").await;
    let mut seen = Vec::new();
    while seen.len() < 4 {
        let Tail::Records(records, through) = tail.next().await.unwrap().unwrap();
        seen.extend(records.iter().map(|record| record.seq));
        assert_eq!(Some(&through), seen.last());
    }
    assert_eq!(seen, [3, 4, 5, 6]);
    log.close();
    assert!(tail.next().await.is_none(), "the tail ends with the log");
}

#[tokio::test]
#[cfg(target_os = "linux")]
async fn a_log_of_many_segments_has_few_files_open() {
    let dir = tempfile::tempdir().unwrap();
    let options = || Options {
        segment_bytes: 100,
        ..Options::new(keep_all())
    };
    let log = SegmentLog::open(dir.path(), options()).unwrap();
    let open = || {
        let open = std::fs::read_dir("/proc/self/fd").unwrap();
        let path =
            |fd: std::io::Result<std::fs::DirEntry>| std::fs::read_link(fd.ok()?.path()).ok();
        open.filter_map(path)
            .filter(|path| path.starts_with(dir.path()))
            .count()
    };
    for n in 1..=700 {
        publish(&log, "t", &n.to_string()).await;
    }
    assert!(segments(dir.path()) > 300);
    assert!(open() <= 140, "{} while written", open());
    let right = words(&log).await;
    log.close();
    let log = SegmentLog::open(dir.path(), options()).unwrap();
    assert!(open() <= 10, "{} when opened", open());
    assert_eq!(words(&log).await, right);
    assert!(open() <= 140, "{} when read", open());
}
