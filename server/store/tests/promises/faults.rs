//! A disk that fails: nothing is answered for that is not there, and readers go on.

use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, atomic::Ordering},
    time::Duration,
};

use hub::{Log, LogError, Policy};
use store::{
    OpenError, Options, SegmentLog,
    disk::{Disk, SystemDisk},
};

use crate::support::{
    Fault, FaultDisk, HandClock, count, draft, is_rewritten, keep_all, on_disk, open, publish,
    topic_of, until, words,
};

fn faulty() -> (tempfile::TempDir, Arc<FaultDisk>, SegmentLog) {
    let dir = tempfile::tempdir().unwrap();
    let disk = FaultDisk::new();
    let options = Options {
        disk: disk.clone(),
        ..Options::new(keep_all())
    };
    let log = SegmentLog::open(dir.path(), options).unwrap();
    (dir, disk, log)
}

#[tokio::test]
async fn a_full_disk_refuses_and_recovers_and_nothing_half_written_stays() {
    let (dir, disk, log) = faulty();
    publish(&log, "t", "before").await;
    disk.set(Fault::Full);
    let keyed = || vec![draft("t", "refused").key("k").unwrap()];
    for _ in 0..3 {
        assert_eq!(log.append(keyed()).await, Err(LogError::Full));
    }
    assert!(log.health().is_full);
    assert_eq!(words(&log).await, ["1 t before"], "readers go on");
    disk.set(Fault::None);
    let stored = log.append(keyed()).await.unwrap()[0];
    assert_eq!(
        (stored.seq, stored.duplicate),
        (2, false),
        "the key was not used up"
    );
    let health = log.health();
    assert!(!health.is_full && health.syncs.count() == 2, "{health:?}");
    assert!(!log.is_read_only());
    log.close();
    let log = open(dir.path()).unwrap();
    assert_eq!(words(&log).await, ["1 t before", "2 t refused"]);
}

#[tokio::test]
async fn a_key_that_is_stored_is_a_duplicate_also_when_the_disk_is_full() {
    let (_dir, disk, log) = faulty();
    let keyed = || vec![draft("t", "x").key("k").unwrap()];
    log.append(keyed()).await.unwrap();
    disk.set(Fault::Full);
    assert!(log.append(keyed()).await.unwrap()[0].duplicate);
}

#[tokio::test]
async fn a_sync_that_fails_is_not_tried_again_and_ends_writing_for_good() {
    let (dir, disk, log) = faulty();
    publish(&log, "t", "before").await;
    disk.set(Fault::SyncFails);
    let refused = log.append(vec![draft("t", "x")]).await;
    assert_eq!(refused, Err(LogError::ReadOnly));
    disk.set(Fault::None);
    let syncs = disk.syncs.load(Ordering::Relaxed);
    let refused = log.append(vec![draft("t", "y")]).await;
    assert_eq!(refused, Err(LogError::ReadOnly));
    assert_eq!(disk.syncs.load(Ordering::Relaxed), syncs);
    assert!(log.is_read_only());
    assert_eq!(words(&log).await, ["1 t before"], "readers go on");
    log.close();
    let log = open(dir.path()).unwrap();
    assert_eq!(words(&log).await[0], "1 t before");
    publish(&log, "t", "after").await;
}

#[tokio::test]
async fn a_write_that_fails_ends_writing_and_leaves_nothing_behind() {
    for fault in [Fault::WriteFails, Fault::FullAndCutFails] {
        let (dir, disk, log) = faulty();
        publish(&log, "t", "before").await;
        disk.set(fault);
        let refused = log.append(vec![draft("t", "x")]).await;
        assert_eq!(refused, Err(LogError::ReadOnly), "{fault:?}");
        disk.set(Fault::None);
        log.close();
        let log = open(dir.path()).unwrap();
        assert_eq!(words(&log).await, ["1 t before"], "{fault:?}");
    }
}

#[tokio::test]
async fn a_full_disk_can_still_be_tidied() {
    let (dir, disk, log) = faulty();
    publish(&log, "t", "x").await;
    let reserve = dir.path().join("reserve");
    assert!(reserve.exists());
    disk.set(Fault::FullButForReserve);
    assert_eq!(log.forget(&topic_of("t")).await, Ok(1));
    assert!(!reserve.exists(), "what was held back is used");
    log.close();
    assert!(words(&open(dir.path()).unwrap()).await.is_empty());
    assert!(reserve.exists(), "it is held back again");
}

#[tokio::test]
async fn a_topic_that_cannot_be_forgotten_on_a_full_disk_stays_and_the_log_goes_on() {
    let (dir, disk, log) = faulty();
    publish(&log, "t", "x").await;
    disk.set(Fault::NoRoom);
    for _ in 0..2 {
        assert_eq!(log.forget(&topic_of("t")).await, Err(LogError::Full));
    }
    assert!(!log.is_read_only());
    assert_eq!(words(&log).await, ["1 t x"], "refused as a whole");
    disk.set(Fault::None);
    publish(&log, "u", "y").await;
    assert_eq!(log.forget(&topic_of("t")).await, Ok(1));
    log.close();
    assert_eq!(words(&open(dir.path()).unwrap()).await, ["2 u y"]);
}

#[tokio::test]
async fn without_a_descriptor_for_a_new_segment_the_old_one_goes_on() {
    let dir = tempfile::tempdir().unwrap();
    let disk = FaultDisk::new();
    let options = Options {
        disk: disk.clone(),
        segment_bytes: 200,
        ..Options::new(keep_all())
    };
    let log = SegmentLog::open(dir.path(), options).unwrap();
    disk.set(Fault::NoDescriptor);
    for n in 0..20 {
        publish(&log, "t", &n.to_string()).await;
    }
    assert!(!log.is_read_only());
    disk.set(Fault::None);
    publish(&log, "t", "last").await;
    log.close();
    let later = |n: u64| dir.path().join(format!("{n:016}.seg")).exists();
    assert!(later(21) || later(22), "made once it could be");
    assert_eq!(words(&open(dir.path()).unwrap()).await.len(), 21);
}

/// A disk of which another directory has only what was synced. The power may go between any two
/// of its steps, and in none.
struct PowerDisk {
    durable: PathBuf,
    step: Mutex<()>,
}

impl PowerDisk {
    fn keep(&self, path: &Path) -> io::Result<()> {
        fs::copy(path, self.durable.join(path.file_name().unwrap())).map(drop)
    }

    /// What a process finds after the power went now; the mark, which is not synced, may have come
    /// to the disk or not.
    fn cut_power(&self, after: &Path, marked: Option<&Path>) {
        let _step = self.step.lock().unwrap();
        let _ = fs::remove_dir_all(after);
        fs::create_dir(after).unwrap();
        for entry in fs::read_dir(&self.durable).unwrap() {
            let path = entry.unwrap().path();
            fs::copy(&path, after.join(path.file_name().unwrap())).unwrap();
        }
        if let Some(dir) = marked {
            fs::copy(dir.join("synced"), after.join("synced")).unwrap();
        }
    }
}

impl Disk for PowerDisk {
    fn write_at(&self, path: &Path, file: &File, bytes: &[u8], offset: u64) -> io::Result<()> {
        let _step = self.step.lock().unwrap();
        SystemDisk.write_at(path, file, bytes, offset)
    }

    fn sync(&self, path: &Path, _file: &File) -> io::Result<()> {
        let _step = self.step.lock().unwrap();
        self.keep(path)
    }

    fn replace(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        let _step = self.step.lock().unwrap();
        SystemDisk.replace(path, bytes)?;
        self.keep(path)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        let _step = self.step.lock().unwrap();
        fs::remove_file(path)?;
        let durable = self.durable.join(path.file_name().unwrap());
        if durable.exists() {
            fs::remove_file(durable)
        } else {
            Ok(())
        }
    }
}

#[tokio::test]
async fn a_power_cut_after_any_answer_keeps_what_was_answered_for() {
    let home = tempfile::tempdir().unwrap();
    let [dir, durable, after] = ["log", "durable", "after"].map(|name| home.path().join(name));
    fs::create_dir(&durable).unwrap();
    let disk = Arc::new(PowerDisk {
        durable,
        step: Mutex::new(()),
    });
    let options = Options {
        segment_bytes: 200,
        disk: disk.clone(),
        ..Options::new(Policy::new(count(20)))
    };
    let log = SegmentLog::open(&dir, options).unwrap();
    for n in 1..=60 {
        publish(&log, "t", &n.to_string()).await;
        if n == 30 {
            log.forget(&topic_of("t")).await.unwrap();
        }
        let right = words(&log).await;
        for marked in [None, Some(dir.as_path())] {
            disk.cut_power(&after, marked);
            let options = Options::new(Policy::new(count(20)));
            let again = SegmentLog::open(&after, options).unwrap();
            assert_eq!(words(&again).await, right, "cut after {n}");
        }
    }
}

#[tokio::test]
async fn what_is_found_beyond_the_mark_is_safe_before_it_is_answered_for() {
    let home = tempfile::tempdir().unwrap();
    let [dir, durable, after] = ["log", "durable", "after"].map(|name| home.path().join(name));
    fs::create_dir(&durable).unwrap();
    let disk = Arc::new(PowerDisk {
        durable: durable.clone(),
        step: Mutex::new(()),
    });
    let options = || Options {
        disk: disk.clone(),
        ..Options::new(keep_all())
    };
    let keyed = |n: u64| vec![draft("t", &n.to_string()).key(&n.to_string()).unwrap()];
    let log = SegmentLog::open(&dir, options()).unwrap();
    log.append(keyed(1)).await.unwrap();
    log.close();
    // Killed between the write of the second and its sync: it is in the file, and nowhere else.
    let files = ["0000000000000001.seg", "synced"];
    let before = files.map(|name| fs::read(durable.join(name)).unwrap());
    let log = SegmentLog::open(&dir, options()).unwrap();
    log.append(keyed(2)).await.unwrap();
    log.close();
    for (name, bytes) in files.into_iter().zip(&before) {
        fs::write(durable.join(name), bytes).unwrap();
    }
    fs::write(dir.join("synced"), &before[1]).unwrap();

    let log = SegmentLog::open(&dir, options()).unwrap();
    assert!(log.append(keyed(2)).await.unwrap()[0].duplicate);
    disk.cut_power(&after, None);
    assert_eq!(words(&open(&after).unwrap()).await, ["1 t 1", "2 t 2"]);
    // And damage to it is damage from now on, not a torn tail.
    let path = after.join(files[0]);
    let mut bytes = fs::read(&path).unwrap();
    let last = bytes.len() - 5;
    bytes[last] ^= 1;
    fs::write(&path, bytes).unwrap();
    let refused = open(&after).err().unwrap();
    assert!(matches!(refused, OpenError::Damaged { .. }), "{refused}");
}

#[tokio::test]
async fn a_log_that_cannot_be_synced_at_its_opening_is_not_served() {
    let (dir, disk, log) = faulty();
    publish(&log, "t", "x").await;
    log.close();
    disk.set(Fault::SyncFails);
    let options = Options {
        disk: disk.clone(),
        ..Options::new(keep_all())
    };
    let refused = SegmentLog::open(dir.path(), options).err().unwrap();
    assert!(matches!(refused, OpenError::Io { .. }), "{refused}");
}

#[tokio::test]
async fn erasing_waits_for_room_and_takes_none_until_then() {
    for fault in [Fault::FullForRewriting, Fault::Room(1_000)] {
        let dir = tempfile::tempdir().unwrap();
        let (disk, clock) = (FaultDisk::new(), HandClock::new());
        let options = Options {
            disk: disk.clone(),
            clock: clock.clone(),
            ..Options::new(keep_all())
        };
        let log = SegmentLog::open(dir.path(), options).unwrap();
        publish(&log, "secret", "hunter2").await;
        publish(&log, "other", &"x".repeat(2_000_000)).await;
        disk.set(fault);
        assert_eq!(log.forget(&topic_of("secret")).await, Ok(1));
        for n in 0..20 {
            publish(&log, "other", &n.to_string()).await;
        }
        let tried = disk.rewritings.load(Ordering::Relaxed);
        let right = usize::from(fault == Fault::FullForRewriting);
        assert_eq!(tried, right, "{fault:?}: not again with each publish");
        let files = fs::read_dir(dir.path()).unwrap();
        let left = files.filter(|file| is_rewritten(&file.as_ref().unwrap().path()));
        assert_eq!(left.count(), 0, "{fault:?}: what was begun is gone");
        assert!(dir.path().join("reserve").exists());
        assert!(on_disk(dir.path(), "hunter2"));

        disk.set(Fault::None);
        clock.pass(Duration::from_secs(60));
        log.trim();
        until(|| !on_disk(dir.path(), "hunter2")).await;
        assert_eq!(words(&log).await.len(), 21);
    }
}

#[tokio::test]
async fn what_is_held_back_makes_room_to_erase_what_is_small() {
    let (dir, disk, log) = faulty();
    publish(&log, "secret", "hunter2").await;
    publish(&log, "other", "x").await;
    disk.set(Fault::Room(0));
    assert_eq!(log.forget(&topic_of("secret")).await, Ok(1));
    until(|| !on_disk(dir.path(), "hunter2")).await;
    log.close();
    assert!(
        dir.path().join("reserve").exists(),
        "and is held back again"
    );
}

#[tokio::test]
async fn a_second_process_is_refused_also_where_the_lock_was_removed() {
    let (dir, _disk, log) = faulty();
    fs::remove_file(dir.path().join("LOCK")).unwrap();
    for _ in 0..2 {
        let refused = open(dir.path()).err().unwrap();
        assert!(matches!(refused, OpenError::Locked { .. }), "{refused}");
    }
    log.close();
    open(dir.path()).unwrap();
}

#[tokio::test]
async fn nothing_is_answered_for_once_the_directory_is_not_there_any_more() {
    for by_publish in [true, false] {
        let (dir, _disk, log) = faulty();
        publish(&log, "t", "before").await;
        fs::remove_dir_all(dir.path()).unwrap();
        if by_publish {
            let refused = log.append(vec![draft("t", "x")]).await;
            assert_eq!(refused, Err(LogError::ReadOnly));
        } else {
            log.trim();
            until(|| log.is_read_only()).await;
        }
        assert!(log.is_read_only());
    }
}

#[tokio::test]
async fn a_log_in_the_place_of_one_that_was_removed_is_left_alone() {
    let (dir, _disk, log) = faulty();
    publish(&log, "t", "old").await;
    fs::remove_dir_all(dir.path()).unwrap();
    let other = open(dir.path()).unwrap();
    publish(&other, "t", "new").await;
    let forgotten = log.forget(&topic_of("t")).await;
    assert_eq!(forgotten, Err(LogError::ReadOnly));
    log.close();
    other.close();
    assert_eq!(words(&open(dir.path()).unwrap()).await, ["1 t new"]);
}
