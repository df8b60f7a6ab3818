//! What is left of a damaged log is usable, and says that it is another one.

use std::{fs, path::Path};

use hub::Log;
use store::{OpenError, backup, check, repair, restore};

use crate::support::{open, publish, topic_of, words};

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
