//! What is left of a damaged log is usable, and says that it is another one.

use std::{fs, path::Path};

use hub::Log;
use store::{OpenError, backup, check, repair, restore};

use crate::support::{HandClock, keep_all, open, publish, small_segments, topic_of, words};

const FIRST: &str = "0000000000000001.seg";

async fn log_of_six(dir: &Path) -> (Vec<String>, String) {
    let log = open(dir).unwrap();
    for n in 1..=6 {
        publish(&log, "a", &format!("x{n}")).await;
    }
    (words(&log).await, log.bounds().epoch.to_string())
}

fn spoil(path: &Path, text: &[u8]) {
    let mut bytes = fs::read(path).unwrap();
    let at = bytes.windows(text.len()).position(|window| window == text);
    bytes[at.unwrap()] ^= 1;
    fs::write(path, bytes).unwrap();
}

#[tokio::test]
async fn what_is_around_the_damage_is_kept_under_a_new_epoch() {
    let dir = tempfile::tempdir().unwrap();
    let (mut events, epoch) = log_of_six(dir.path()).await;
    spoil(&dir.path().join(FIRST), b"x3");
    assert!(open(dir.path()).is_err());
    let report = check(dir.path()).unwrap();
    assert_eq!((report.damage.len(), report.events), (1, 2));
    let repaired = repair(dir.path()).unwrap();
    assert_eq!(repaired.events, 5);
    assert!(repaired.unreadable > 0);
    assert_ne!(repaired.epoch.to_string(), epoch);
    let report = check(dir.path()).unwrap();
    assert_eq!((report.damage.len(), report.events), (0, 5));
    let log = open(dir.path()).unwrap();
    events.remove(2);
    assert_eq!(words(&log).await, events);
    assert_eq!(log.bounds().epoch, repaired.epoch);
    assert_eq!(publish(&log, "a", "next").await, 7);
    assert!(repaired.before.unwrap().join(FIRST).exists());
}

#[tokio::test]
async fn a_log_without_its_manifest_or_its_mark_is_repaired() {
    for name in ["manifest", "synced"] {
        let dir = tempfile::tempdir().unwrap();
        let (events, _) = log_of_six(dir.path()).await;
        fs::remove_file(dir.path().join(name)).unwrap();
        assert_eq!(check(dir.path()).unwrap().damage.len(), 1, "{name}");
        assert_eq!(repair(dir.path()).unwrap().events, 6);
        assert_eq!(words(&open(dir.path()).unwrap()).await, events);
    }
}

#[tokio::test]
async fn what_was_forgotten_does_not_come_back() {
    let dir = tempfile::tempdir().unwrap();
    log_of_six(dir.path()).await;
    let log = open(dir.path()).unwrap();
    log.forget(&topic_of("a")).await.unwrap();
    log.close();
    assert_eq!(repair(dir.path()).unwrap().events, 0);
    let log = open(dir.path()).unwrap();
    assert!(words(&log).await.is_empty());
    assert_eq!(publish(&log, "a", "next").await, 7);
}

#[tokio::test]
async fn a_backup_is_restored_under_a_new_epoch_into_an_empty_place_only() {
    let home = tempfile::tempdir().unwrap();
    let [dir, copy, again] = ["log", "copy", "again"].map(|name| home.path().join(name));
    let (events, epoch) = log_of_six(&dir).await;
    backup(&dir, &copy).unwrap();
    let log = open(&dir).unwrap();
    publish(&log, "a", "past the backup").await;
    let restored = restore(&copy, &again).unwrap();
    assert_ne!(restored.epoch.to_string(), epoch);
    assert_eq!(words(&open(&again).unwrap()).await, events);
    assert!(matches!(restore(&copy, &again), Err(OpenError::Io { .. })));
    spoil(&copy.join(FIRST), b"x3");
    let damaged = restore(&copy, &home.path().join("never"));
    assert!(matches!(damaged, Err(OpenError::Damaged { .. })));
}

#[tokio::test]
async fn a_look_changes_nothing_and_finds_no_log_where_there_is_none() {
    let dir = tempfile::tempdir().unwrap();
    assert!(matches!(check(dir.path()), Err(OpenError::Io { .. })));
    let (_, epoch) = log_of_six(dir.path()).await;
    let path = dir.path().join(FIRST);
    let mut torn = fs::read(&path).unwrap();
    torn.extend_from_slice(b"torn");
    fs::write(&path, &torn).unwrap();
    let report = check(dir.path()).unwrap();
    assert_eq!((report.torn, report.events, report.damage.len()), (4, 6, 0));
    assert_eq!(report.epoch.unwrap().to_string(), epoch);
    assert_eq!(fs::read(&path).unwrap(), torn);
    let log = open(dir.path()).unwrap();
    assert!(matches!(check(dir.path()), Err(OpenError::Locked { .. })));
    drop(log);
}

/// What keeps a log from being opened is reported with its path, and repaired so that it is opened
/// with these events.
async fn refused_reported_repaired(dir: &Path, culprit: &Path, right: &[String]) {
    let refused = open(dir).err().unwrap();
    assert!(matches!(refused, OpenError::Damaged { .. }), "{refused}");
    let damage = check(dir).unwrap().damage;
    let names =
        |error: &OpenError| matches!(error, OpenError::Damaged { file, .. } if file == culprit);
    assert!(damage.iter().any(names), "{culprit:?}: {damage:?}");
    let before = repair(dir).unwrap().before.unwrap();
    assert!(before.join(culprit.file_name().unwrap()).exists());
    assert!(check(dir).unwrap().damage.is_empty());
    assert_eq!(words(&open(dir).unwrap()).await, right, "{culprit:?}");
}

#[tokio::test]
async fn a_segment_that_is_not_of_this_log_is_reported_and_set_aside_unread() {
    let home = tempfile::tempdir().unwrap();
    let [dir, other] = ["log", "other"].map(|name| home.path().join(name));
    let (events, _) = log_of_six(&dir).await;
    let log = small_segments(&other, keep_all(), HandClock::new());
    for _ in 0..20 {
        publish(&log, "foreign", "x").await;
    }
    log.close();
    let files = fs::read_dir(&other)
        .unwrap()
        .map(|file| file.unwrap().path());
    let segments = files.filter(|path| path.extension() == Some("seg".as_ref()));
    let later = segments.max_by_key(|path| (fs::metadata(path).unwrap().len() > 64, path.clone()));
    let later = later.unwrap();
    let foreign = dir.join(later.file_name().unwrap());
    fs::copy(later, &foreign).unwrap();
    refused_reported_repaired(&dir, &foreign, &events).await;
    // And a copy of its own, whose events are there already.
    let copied = dir.join("0000000000009999.seg");
    let own = fs::read_dir(&dir).unwrap().map(|file| file.unwrap().path());
    let own = own.filter(|path| path.extension() == Some("seg".as_ref()));
    fs::copy(own.min().unwrap(), &copied).unwrap();
    refused_reported_repaired(&dir, &copied, &events).await;
}

#[tokio::test]
async fn an_older_manifest_put_back_loses_none_of_the_newer_segments() {
    let dir = tempfile::tempdir().unwrap();
    let log = small_segments(dir.path(), keep_all(), HandClock::new());
    publish(&log, "a", "1").await;
    let files = ["manifest", "synced"].map(|name| dir.path().join(name));
    let older = files.each_ref().map(|path| fs::read(path).unwrap());
    for n in 2..=20 {
        publish(&log, "a", &n.to_string()).await;
    }
    let events = words(&log).await;
    log.close();
    for (path, bytes) in files.iter().zip(older) {
        fs::write(path, bytes).unwrap();
    }
    let newer = check(dir.path()).unwrap().damage;
    let Some(OpenError::Damaged { file, .. }) = newer.into_iter().next() else {
        panic!("nothing was reported");
    };
    refused_reported_repaired(dir.path(), &file, &events).await;
}

#[tokio::test]
async fn a_directory_in_the_place_of_a_file_is_reported_and_set_aside() {
    for name in [FIRST, "0000000000000003.seg", "manifest", "synced"] {
        let dir = tempfile::tempdir().unwrap();
        let (events, _) = log_of_six(dir.path()).await;
        let path = dir.path().join(name);
        let _ = fs::remove_file(&path);
        fs::create_dir(&path).unwrap();
        let right = if name == FIRST { &[] } else { &events[..] };
        refused_reported_repaired(dir.path(), &path, right).await;
    }
}

#[tokio::test]
async fn a_repair_that_fails_leaves_the_log_as_it_was() {
    let dir = tempfile::tempdir().unwrap();
    let (events, _) = log_of_six(dir.path()).await;
    let names = || {
        let files = fs::read_dir(dir.path()).unwrap();
        let mut names: Vec<_> = files.map(|file| file.unwrap().file_name()).collect();
        names.sort();
        names
    };
    // In the way of the new manifest.
    fs::create_dir(dir.path().join("manifest.next")).unwrap();
    let before = names();
    let failed = repair(dir.path());
    assert!(matches!(failed, Err(OpenError::Io { .. })));
    assert_eq!(names(), before);
    assert_eq!(words(&open(dir.path()).unwrap()).await, events);
}
