//! What the tests share: a clock moved by hand, a disk that fails on demand, short words.

use std::{
    fs::{self, File},
    io,
    path::Path,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, SystemTime},
};

use hub::{Clock, Cursor, Draft, Filter, Log, Page, Policy, Retention, Selector, Topic};
use store::{
    OpenError, Options, SegmentLog,
    disk::{Disk, SystemDisk},
};

/// A clock that stands still until it is moved.
pub(crate) struct HandClock {
    now: Mutex<(SystemTime, Duration)>,
}

impl HandClock {
    pub(crate) fn new() -> Arc<Self> {
        let begun = SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000);
        let now = Mutex::new((begun, Duration::ZERO));
        Arc::new(Self { now })
    }

    /// Time passes.
    pub(crate) fn pass(&self, time: Duration) {
        let mut now = self.now.lock().unwrap();
        *now = (now.0 + time, now.1 + time);
    }

    /// A clock of the next process, whose steady time begins anew.
    pub(crate) fn restarted(&self) -> Arc<Self> {
        let wall = self.now.lock().unwrap().0;
        let now = Mutex::new((wall, Duration::ZERO));
        Arc::new(Self { now })
    }
}

impl Clock for HandClock {
    fn wall(&self) -> SystemTime {
        self.now.lock().unwrap().0
    }

    fn steady(&self) -> Duration {
        self.now.lock().unwrap().1
    }
}

/// What a disk does wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Nothing.
    None,
    /// A write to a segment stores half and reports a full disk.
    Full,
    /// The process has no descriptor left for a new file.
    NoDescriptor,
    /// Other files find a full disk as long as the log holds some of it back.
    FullButForReserve,
    /// No file finds any room.
    NoRoom,
    /// A write stores half and reports an input/output error.
    WriteFails,
    /// A sync of a segment fails.
    SyncFails,
    /// Cutting fails too, after a full disk.
    FullAndCutFails,
    /// A segment that is written anew finds a full disk half-way, and others do not.
    FullForRewriting,
    /// This much is free, by what the disk says of itself.
    Room(u64),
}

/// A disk that fails when told to, and counts.
pub(crate) struct FaultDisk {
    fault: Mutex<Fault>,
    pub(crate) syncs: AtomicUsize,
    /// How many segments were begun to be written anew.
    pub(crate) rewritings: AtomicUsize,
}

impl FaultDisk {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self {
            fault: Mutex::new(Fault::None),
            syncs: AtomicUsize::new(0),
            rewritings: AtomicUsize::new(0),
        })
    }

    pub(crate) fn set(&self, fault: Fault) {
        *self.fault.lock().unwrap() = fault;
    }

    fn fault(&self, path: &Path) -> Fault {
        let segment = path.extension().is_some_and(|extension| extension == "seg");
        let fault = *self.fault.lock().unwrap();
        if segment { fault } else { Fault::None }
    }
}

impl Disk for FaultDisk {
    fn create(&self, path: &Path) -> io::Result<File> {
        if is_rewritten(path) {
            self.rewritings.fetch_add(1, Ordering::Relaxed);
        }
        match self.fault(path) {
            Fault::NoDescriptor => Err(io::Error::from_raw_os_error(24)),
            _ => SystemDisk.create(path),
        }
    }

    fn write_at(&self, path: &Path, file: &File, bytes: &[u8], offset: u64) -> io::Result<()> {
        use std::os::unix::fs::FileExt;
        let kind = match self.fault(path) {
            Fault::Full | Fault::FullAndCutFails | Fault::NoRoom => io::ErrorKind::StorageFull,
            Fault::FullForRewriting if is_rewritten(path) && offset > 0 => {
                io::ErrorKind::StorageFull
            }
            Fault::WriteFails => io::ErrorKind::Other,
            _ => return file.write_all_at(bytes, offset),
        };
        file.write_all_at(&bytes[..bytes.len() / 2], offset)?;
        Err(kind.into())
    }

    fn sync(&self, path: &Path, file: &File) -> io::Result<()> {
        self.syncs.fetch_add(1, Ordering::Relaxed);
        match self.fault(path) {
            Fault::SyncFails => Err(io::Error::other("EIO")),
            _ => file.sync_data(),
        }
    }

    fn replace(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        let reserve = path.with_file_name("reserve");
        match *self.fault.lock().unwrap() {
            Fault::NoRoom => Err(io::ErrorKind::StorageFull.into()),
            Fault::FullButForReserve if reserve.exists() => Err(io::ErrorKind::StorageFull.into()),
            _ => SystemDisk.replace(path, bytes),
        }
    }

    fn room(&self, dir: &Path) -> io::Result<u64> {
        match *self.fault.lock().unwrap() {
            Fault::Room(bytes) => Ok(bytes),
            _ => SystemDisk.room(dir),
        }
    }

    fn cut(&self, path: &Path, file: &File, len: u64) -> io::Result<()> {
        match self.fault(path) {
            Fault::FullAndCutFails => Err(io::Error::other("EIO")),
            _ => file.set_len(len),
        }
    }
}

/// Whether a segment is one that was written anew.
pub(crate) fn is_rewritten(path: &Path) -> bool {
    let name = path.file_name().unwrap().to_string_lossy();
    name.ends_with(".seg") && name.matches('.').count() == 2
}

pub(crate) fn keep_all() -> Policy {
    Policy::new(Retention::default())
}

pub(crate) fn count(count: u64) -> Retention {
    Retention {
        count: Some(count),
        ..Retention::default()
    }
}

pub(crate) fn open(dir: &Path) -> Result<SegmentLog, OpenError> {
    SegmentLog::open(dir, Options::new(keep_all()))
}

pub(crate) fn small_segments(dir: &Path, policy: Policy, clock: Arc<HandClock>) -> SegmentLog {
    let options = Options {
        segment_bytes: 200,
        clock,
        ..Options::new(policy)
    };
    SegmentLog::open(dir, options).unwrap()
}

pub(crate) fn segments(dir: &Path) -> usize {
    let files = fs::read_dir(dir).unwrap();
    files
        .filter(|e| e.as_ref().unwrap().path().extension() == Some("seg".as_ref()))
        .count()
}

/// Whether some file of the log holds a text.
pub(crate) fn on_disk(dir: &Path, text: &str) -> bool {
    let files = fs::read_dir(dir)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let segments = files.filter(|path| path.extension() == Some("seg".as_ref()));
    let holds = |bytes: Vec<u8>| {
        bytes
            .windows(text.len())
            .any(|part| part == text.as_bytes())
    };
    segments.filter_map(|path| fs::read(path).ok()).any(holds)
}

/// Waits until something has happened, for a minute at most.
pub(crate) async fn until(happened: impl Fn() -> bool) {
    let wait = async {
        while !happened() {
            tokio::task::yield_now().await;
        }
    };
    let minute = Duration::from_secs(60);
    tokio::time::timeout(minute, wait).await.unwrap();
}

pub(crate) fn draft(topic: &str, data: &str) -> Draft {
    Draft::new(topic_of(topic), data).unwrap()
}

pub(crate) fn topic_of(topic: &str) -> Topic {
    Topic::parse(topic).unwrap()
}

pub(crate) fn all() -> Arc<Filter> {
    filter("**")
}

pub(crate) fn filter(selector: &str) -> Arc<Filter> {
    Arc::new(Filter::new(vec![Selector::parse(selector).unwrap()]).unwrap())
}

pub(crate) async fn publish(log: &impl Log, topic: &str, data: &str) -> u64 {
    log.append(vec![draft(topic, data)]).await.unwrap()[0].seq
}

pub(crate) async fn page(log: &impl Log, after: u64, selector: &str) -> Page {
    let cursor = Cursor {
        seq: after,
        told: 0,
    };
    log.read(cursor, log.bounds().head, filter(selector), u64::MAX)
        .await
        .unwrap()
}

/// The events of a log in words: `1 a x`.
pub(crate) async fn words(log: &impl Log) -> Vec<String> {
    let page = page(log, 0, "**").await;
    let word = |r: &Arc<hub::Record>| format!("{} {} {}", r.seq, r.topic, r.data);
    page.records.iter().map(word).collect()
}

/// What a page lacks, where that is one gap at most: the reason and the number.
pub(crate) fn lost(page: &Page) -> Option<(&'static str, Option<u64>)> {
    assert!(page.gaps.len() <= 1, "{:?}", page.gaps);
    let lost = page.gaps.first();
    lost.map(|lost| (lost.reason.as_str(), lost.missed))
}
