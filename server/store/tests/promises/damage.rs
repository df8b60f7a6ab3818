//! Damage: what was answered for is there or refused, and nothing else is ever read.

use std::{
    fs,
    os::unix::fs::FileExt,
    path::{Path, PathBuf},
};

use hub::Log;
use store::{OpenError, Options, SegmentLog};

use crate::support::{draft, keep_all, lost, open, page, publish, words};

const FIRST: &str = "0000000000000001.seg";

/// A small log of single publishes and one of three events, and its events.
async fn small(dir: &Path) -> Vec<String> {
    let log = open(dir).unwrap();
    for n in 1..=3 {
        publish(&log, "a", &format!("x{n}")).await;
    }
    let three = ["y1", "y2", "y3"].map(|data| draft("b", data));
    log.append(three.to_vec()).await.unwrap();
    words(&log).await
}

/// A copy of a log's directory, so that each case begins with the same.
fn copy(from: &Path, to: &Path) {
    let _ = fs::remove_dir_all(to);
    fs::create_dir(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        if path.file_name() != Some("reserve".as_ref()) {
            fs::copy(&path, to.join(path.file_name().unwrap())).unwrap();
        }
    }
}

fn len(path: &Path) -> u64 {
    fs::metadata(path).unwrap().len()
}

fn set_len(path: &Path, len: u64) {
    let file = fs::OpenOptions::new().write(true).open(path).unwrap();
    file.set_len(len).unwrap();
}

#[tokio::test]
async fn a_tail_torn_at_any_byte_beyond_the_mark_is_cut() {
    let home = tempfile::tempdir().unwrap();
    let (from, to) = (home.path().join("from"), home.path().join("to"));
    let events = small(&from).await;
    let mark = fs::read(from.join("synced")).unwrap();
    let answered = len(&from.join(FIRST));
    // More that is written, of which nothing was answered for: the mark stands where it stood.
    let log = open(&from).unwrap();
    publish(&log, "c", "one").await;
    let one = len(&from.join(FIRST));
    let two = ["two", "three"].map(|data| draft("c", data));
    log.append(two.to_vec()).await.unwrap();
    log.close();
    fs::write(from.join("synced"), mark).unwrap();
    let whole = len(&from.join(FIRST));
    for torn in answered..whole {
        copy(&from, &to);
        set_len(&to.join(FIRST), torn);
        let log = open(&to).unwrap();
        // A publish is there as a whole or not at all.
        let kept = events.len() + usize::from(torn >= one);
        assert_eq!(words(&log).await[..events.len()], events);
        assert_eq!(words(&log).await.len(), kept, "torn at {torn}");
        assert_eq!(publish(&log, "d", "next").await, kept as u64 + 1);
        log.close();
        assert_eq!(words(&open(&to).unwrap()).await.len(), kept + 1);
    }
}

#[tokio::test]
async fn a_tail_torn_at_any_byte_before_the_mark_is_refused_with_its_place() {
    let home = tempfile::tempdir().unwrap();
    let (from, to) = (home.path().join("from"), home.path().join("to"));
    small(&from).await;
    for torn in 0..len(&from.join(FIRST)) {
        copy(&from, &to);
        set_len(&to.join(FIRST), torn);
        match open(&to) {
            Err(OpenError::Damaged { file, offset, .. }) => {
                assert_eq!(file, to.join(FIRST));
                assert!(offset <= torn);
            }
            other => panic!("torn at {torn}: {:?}", other.err()),
        }
    }
}

/// A bit of every byte of every file: the log opens with exactly what was in it, or names the file.
async fn flip_every_byte(from: &Path, to: &Path, options: impl Fn() -> Options) -> [usize; 2] {
    let events = words(&SegmentLog::open(from, options()).unwrap()).await;
    let mut outcomes = [0, 0];
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let name = PathBuf::from(path.file_name().unwrap());
        if name == Path::new("reserve") {
            continue;
        }
        copy(from, to);
        let file = fs::OpenOptions::new()
            .write(true)
            .read(true)
            .open(to.join(&name));
        let (file, whole) = (file.unwrap(), fs::read(&path).unwrap());
        for (at, byte) in whole.iter().enumerate() {
            // Another bit each time.
            let bit = at % 8;
            {
                file.write_all_at(&[byte ^ (1 << bit)], at as u64).unwrap();
                match SegmentLog::open(to, options()) {
                    Ok(log) => {
                        assert_eq!(words(&log).await, events, "{name:?} {at}.{bit}");
                        outcomes[0] += 1;
                    }
                    Err(OpenError::Damaged { file, .. }) => {
                        assert_eq!(file, to.join(&name), "{at}.{bit}");
                        outcomes[1] += 1;
                    }
                    Err(other) => panic!("{name:?} {at}.{bit}: {other}"),
                }
                // An opening moves nothing that is right.
                file.write_all_at(&[*byte], at as u64).unwrap();
                assert_eq!(
                    len(&to.join(&name)),
                    whole.len() as u64,
                    "{name:?} {at}.{bit}"
                );
            }
        }
    }
    outcomes
}

#[tokio::test]
async fn a_bit_flipped_anywhere_is_never_wrong_data() {
    let home = tempfile::tempdir().unwrap();
    let (from, to) = (home.path().join("from"), home.path().join("to"));
    small(&from).await;
    let [right, refused] = flip_every_byte(&from, &to, || Options::new(keep_all())).await;
    // What stays right: the page between the mark's slots, and one slot.
    assert!(right >= 4_000 && refused > 100, "{right} {refused}");
}

#[tokio::test]
async fn a_bit_flipped_in_a_sealed_segment_is_never_wrong_data() {
    let home = tempfile::tempdir().unwrap();
    let (from, to) = (home.path().join("from"), home.path().join("to"));
    let options = || Options {
        segment_bytes: 120,
        ..Options::new(keep_all())
    };
    let log = SegmentLog::open(&from, options()).unwrap();
    for n in 1..=6 {
        publish(&log, "a", &format!("x{n}")).await;
    }
    drop(log);
    let [_, refused] = flip_every_byte(&from, &to, options).await;
    assert!(refused > 300, "{refused}");
}

#[tokio::test]
async fn a_missing_file_is_refused_by_its_name() {
    let home = tempfile::tempdir().unwrap();
    let (from, to) = (home.path().join("from"), home.path().join("to"));
    small(&from).await;
    for name in [FIRST, "synced", "manifest"] {
        copy(&from, &to);
        fs::remove_file(to.join(name)).unwrap();
        let Err(OpenError::Damaged { file, .. }) = open(&to) else {
            panic!("opened without {name}");
        };
        assert_eq!(file, to.join(name));
    }
}

#[tokio::test]
async fn damage_met_while_running_is_a_gap_and_nothing_else() {
    let dir = tempfile::tempdir().unwrap();
    let events = small(dir.path()).await;
    // Opened again, so that nothing is answered from memory.
    let log = open(dir.path()).unwrap();
    let path = dir.path().join(FIRST);
    let whole = fs::read(&path).unwrap();
    let at = whole.windows(2).position(|bytes| bytes == b"x2").unwrap();
    let file = fs::OpenOptions::new().write(true).open(&path).unwrap();
    file.write_all_at(b"?", at as u64).unwrap();
    let page = page(&log, 0, "**").await;
    let mut rest = events.clone();
    rest.remove(1);
    assert_eq!(words(&log).await, rest);
    assert_eq!(lost(&page), Some(("damaged", Some(1))));
    assert_eq!(page.records.len(), 5);
    assert_eq!(log.damaged(), 1);
    let elsewhere = crate::support::page(&log, 0, "b").await;
    assert_eq!(
        lost(&elsewhere),
        None,
        "only those who asked for it are told"
    );
}
