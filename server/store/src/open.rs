//! Opening a log: every byte that was answered for is looked at before the log is used.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, SystemTime},
};

use hub::{
    Catalogue, Clock, Epoch, GapReason, Kept, KeyMark, Keys, LostMarks, Policy, Seq, limits,
};
use thiserror::Error;

use crate::{
    codec::{self, Item, Stored},
    disk::Disk,
    files::Files,
    lock::Lock,
    manifest::Manifest,
    mark::{Mark, Position},
    place::Place,
    private,
    segment::{self, HEADER, Segment},
    strays,
    topics::Topics,
};

/// Why a log cannot be opened.
#[derive(Debug, Error)]
pub enum OpenError {
    /// Another process has it.
    #[error("{} is in use by another process; stop it, or give this one another --data-dir", dir.display())]
    Locked {
        /// The log's directory.
        dir: PathBuf,
    },
    /// Something that was answered for is not there or not as it was written.
    #[error(
        "{} is damaged at byte {offset}: {what}; restore a backup, or make what is left usable with `tickertape repair`",
        file.display()
    )]
    Damaged {
        /// The file.
        file: PathBuf,
        /// The first byte that is not right.
        offset: u64,
        /// What is wrong there.
        what: String,
    },
    /// The files are of another version of Tickertape.
    #[error("{} has format version {found}, and this program reads version 1; use the one that wrote it", file.display())]
    Version {
        /// The file.
        file: PathBuf,
        /// Its version.
        found: u32,
    },
    /// The system refused.
    #[error("cannot {what} {}: {source}", file.display())]
    Io {
        /// What was tried.
        what: &'static str,
        /// With which file.
        file: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

impl OpenError {
    pub(crate) fn io(what: &'static str, file: &Path, source: io::Error) -> Self {
        let file = file.to_owned();
        Self::Io { what, file, source }
    }

    pub(crate) fn damaged(file: &Path, offset: u64, what: impl Into<String>) -> Self {
        Self::Damaged {
            file: file.to_owned(),
            offset,
            what: what.into(),
        }
    }
}

/// What opening needs to know.
pub(crate) struct Plan<'a> {
    pub(crate) dir: &'a Path,
    pub(crate) policy: Policy,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) disk: &'a dyn Disk,
}

/// A log that was opened.
pub(crate) struct Opened {
    pub(crate) manifest: Manifest,
    pub(crate) epoch: Epoch,
    /// Beside each segment of the manifest; the last is being written.
    pub(crate) held: Vec<Held>,
    pub(crate) files: Arc<Files>,
    /// Where the last segment ends.
    pub(crate) end: u64,
    /// The checksum there.
    pub(crate) crc: u32,
    pub(crate) mark: Mark,
    pub(crate) catalogue: Catalogue<Place>,
    pub(crate) keys: Keys,
    pub(crate) lock: Lock,
}

/// A segment, and until when its keys count.
pub(crate) struct Held {
    pub(crate) segment: Arc<Segment>,
    /// When its last event with a key was accepted, by the calendar in nanoseconds.
    pub(crate) keyed: Option<i64>,
    /// How many events lie in it, kept or not.
    pub(crate) events: usize,
    /// On which topics they are.
    pub(crate) topics: Topics,
    /// Whether one of them was forgotten, and is to leave the disk.
    pub(crate) erase: bool,
}

/// What became of an event that was found.
#[derive(PartialEq, Eq)]
enum Taken {
    /// It may stay where it is.
    Left,
    /// It is to leave the disk.
    Forgotten,
}

/// Opens the log of a directory, or makes a new one in it.
pub(crate) fn open(plan: Plan<'_>) -> Result<Opened, OpenError> {
    let dir = plan.dir;
    private::make_all(dir).map_err(|error| OpenError::io("make", dir, error))?;
    let lock = Lock::take(dir)?;
    let manifest = match Manifest::load(dir)? {
        Some(manifest) => manifest,
        None => create(dir, plan.disk)?,
    };
    let path = Manifest::path(dir);
    let epoch = Epoch::parse(&manifest.epoch)
        .ok_or_else(|| OpenError::damaged(&path, 0, "it names no epoch"))?;
    strays::remove(dir, &manifest, plan.disk)?;
    let (mark, synced) = Mark::open(dir)?;
    let clock = Arc::clone(&plan.clock);
    let lost = LostMarks::from(&manifest.lost);
    let mut opened = Opened {
        catalogue: Catalogue::reopened(epoch.clone(), plan.policy, clock, lost),
        keys: Keys::default(),
        held: Vec::new(),
        files: Arc::default(),
        end: 0,
        crc: 0,
        mark,
        epoch,
        manifest,
        lock,
    };
    opened.catalogue.advance(opened.manifest.head);
    for index in 0..opened.manifest.segments.len() {
        opened.load(index, dir, synced, &*plan.clock, plan.disk)?;
        opened.catalogue.trim();
    }
    let last = opened.manifest.segments.last().map_or(0, |s| s.first);
    if opened.held.is_empty() || synced.segment > last || opened.catalogue.head() < synced.head {
        let what = format!(
            "it is older than event {}, which was answered for",
            synced.head
        );
        return Err(OpenError::damaged(&path, 0, what));
    }
    opened.settle(dir, synced, plan.disk)?;
    Ok(opened)
}

/// Makes a new log in a directory without one.
fn create(dir: &Path, disk: &dyn Disk) -> Result<Manifest, OpenError> {
    for found in strays::named(dir)? {
        if found.len > HEADER as u64 {
            let path = found.path.display();
            let what = format!("the manifest is missing, and {path} is there");
            return Err(OpenError::damaged(&Manifest::path(dir), 0, what));
        }
    }
    let epoch = Epoch::random();
    let manifest = Manifest::new(&epoch);
    let at = Position {
        segment: 1,
        offset: HEADER as u64,
        head: 0,
    };
    Mark::create(dir, disk, at)
        .and_then(|_| {
            Segment::create(
                manifest.segments[0].path(dir),
                &epoch,
                1,
                &Arc::default(),
                disk,
            )
        })
        .and_then(|_| manifest.save(dir, disk))
        .map_err(|error| OpenError::io("make a log in", dir, error))?;
    Ok(manifest)
}

impl Opened {
    /// Reads one segment of the manifest into the catalogue.
    fn load(
        &mut self,
        index: usize,
        dir: &Path,
        synced: Position,
        clock: &dyn Clock,
        disk: &dyn Disk,
    ) -> Result<(), OpenError> {
        let listed = self.manifest.segments[index].clone();
        let path = listed.path(dir);
        let (segment, header_crc) =
            Segment::open(path.clone(), &self.epoch, listed.first, &self.files)?;
        let bytes = fs::read(&path).map_err(|error| OpenError::io("read", &path, error))?;
        let segment = Arc::new(segment);
        let (mut keyed, mut events, mut erase) = (None, 0, false);
        let mut topics = Topics::default();
        let walk = segment::walk(
            &bytes,
            header_crc,
            listed.first.saturating_sub(1),
            |item, offset, len| match item {
                Item::Event(stored) => {
                    let place = Place::new(&stored.record, Arc::clone(&segment), offset, len);
                    if stored.key.is_some() {
                        keyed = keyed.max(Some(codec::nanos(stored.record.time)));
                        self.take_key(stored.record.time, clock, || stored.key_mark());
                    }
                    events += 1;
                    topics.add(&stored.record.topic);
                    erase |= self.take_in(&stored, place, clock) == Taken::Forgotten;
                }
                Item::Key(mark, time) => {
                    keyed = keyed.max(Some(codec::nanos(time)));
                    self.take_key(time, clock, || Some(mark));
                }
            },
        );
        let len = bytes.len() as u64;
        if index + 1 < self.manifest.segments.len() {
            segment.seal();
            walk.require_end(&path, len, listed.end)?;
        } else if listed.first == synced.segment {
            walk.require(&path, synced.offset)?;
        }
        if len > walk.offset {
            tracing::warn!(
                file = %path.display(), offset = walk.offset, bytes = len - walk.offset,
                "cut a torn tail, of which nothing was answered for",
            );
            segment
                .file()
                .and_then(|file| {
                    disk.cut(&path, &file, walk.offset)?;
                    disk.sync(&path, &file)
                })
                .map_err(|error| OpenError::io("cut", &path, error))?;
        }
        self.held.push(Held {
            segment,
            keyed,
            events,
            topics,
            erase,
        });
        (self.end, self.crc) = (walk.offset, walk.crc);
        Ok(())
    }

    /// Makes what was found beyond the mark as safe as what was answered for, since from now on it
    /// is: readers get it, and a publisher that comes back with its key is told that it is stored.
    fn settle(&mut self, dir: &Path, synced: Position, disk: &dyn Disk) -> Result<(), OpenError> {
        let (Some(listed), Some(held)) = (self.manifest.segments.last(), self.held.last()) else {
            return Ok(());
        };
        let path = &held.segment.path;
        held.segment
            .file()
            .and_then(|file| disk.sync(path, &file))
            .map_err(|error| OpenError::io("sync", path, error))?;
        let at = Position {
            segment: listed.first,
            offset: self.end,
            head: self.catalogue.head(),
        };
        if at == synced {
            return Ok(());
        }
        self.mark
            .set(disk, at)
            .and_then(|()| self.mark.sync(disk))
            .map_err(|error| OpenError::io("move the mark of", dir, error))
    }

    fn take_key(
        &mut self,
        time: SystemTime,
        clock: &dyn Clock,
        mark: impl FnOnce() -> Option<KeyMark>,
    ) {
        let age = age_of(time, clock);
        // The hashes of a mark are made only where it counts.
        let young = age < limits::KEY_LIFE;
        if let Some(mark) = young.then(mark).flatten() {
            self.keys.note_aged(mark, clock.steady(), age);
        }
    }

    fn take_in(&mut self, stored: &Stored, place: Place, clock: &dyn Clock) -> Taken {
        let record = &stored.record;
        let age = age_of(record.time, clock);
        let gone = |(topic, through): &(String, Seq)| {
            topic == record.topic.as_str() && place.seq() <= *through
        };
        if self.manifest.forgotten.iter().any(gone) {
            self.catalogue.note_lost(&place, GapReason::Deleted);
            Taken::Forgotten
        } else if self.catalogue.is_trimmed(&place) {
            self.catalogue.note_lost(&place, GapReason::Trimmed);
            Taken::Left
        } else {
            let place = match self.catalogue.known(place.topic()) {
                Some(topic) => place.on(topic),
                None => place,
            };
            self.catalogue.insert(place, age);
            Taken::Left
        }
    }
}

/// How long ago something was accepted. A calendar that was ahead makes nothing younger than new.
fn age_of(time: SystemTime, clock: &dyn Clock) -> Duration {
    let age = clock.wall().duration_since(time);
    age.unwrap_or(Duration::ZERO)
}
