//! Making a log of what can be read of another: repair, backup, restore.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
};

use hub::{Epoch, Seq};

use crate::{
    check::{self, check},
    codec::{self, Item, Stored},
    disk::{Disk, SystemDisk},
    frame,
    lock::Lock,
    manifest::{End, Listed, Manifest},
    mark::{Mark, Position},
    open::OpenError,
    private,
    segment::{self, HEADER, Segment},
    strays::{self, Named},
};

/// When a segment that is made here is full, in bytes.
const SEGMENT_BYTES: usize = 16 * 1024 * 1024;

/// What came of a repair or a restore.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repaired {
    /// The epoch that the log has from now on: cursors of the one before get a gap.
    pub epoch: Epoch,
    /// How many events it has.
    pub events: u64,
    /// How many bytes could not be read as events.
    pub unreadable: u64,
    /// Where the files from before are; they can be removed. None after a restore.
    pub before: Option<PathBuf>,
}

/// Makes what can be read of a log usable under a new epoch. The files from before are moved into
/// a directory beside them.
///
/// # Errors
/// Where there is no log, where a process has it, and where the system refuses.
pub fn repair(dir: &Path) -> Result<Repaired, OpenError> {
    check::require(dir)?;
    let _lock = Lock::take(dir)?;
    let epoch = Epoch::random();
    let aside = dir.join(format!("before-{epoch}"));
    private::make(&aside).map_err(|error| OpenError::io("make", &aside, error))?;
    let set_aside = |path: &Path| {
        let to = aside.join(path.file_name().unwrap_or_default());
        fs::rename(path, to).map_err(|error| OpenError::io("move", path, error))
    };
    let old = strays::named(dir)?;
    // What is in the way of the new log's files, which take the place of old files by themselves.
    for name in [&Manifest::path(dir), &dir.join("synced")] {
        if name.is_dir() {
            set_aside(name)?;
        }
    }
    let rewritten = rewrite(dir, dir, epoch);
    if rewritten.is_err() {
        // Where nothing was set aside yet; what was is not lost.
        let _ = fs::remove_dir(&aside);
    }
    let mut repaired = rewritten?;
    for named in old {
        set_aside(&named.path)?;
    }
    repaired.before = Some(aside);
    Ok(repaired)
}

/// Copies a log that no process has into a directory that does not exist yet.
///
/// # Errors
/// Where the log is damaged or in use, and where the system refuses.
pub fn backup(dir: &Path, to: &Path) -> Result<(), OpenError> {
    undamaged(dir)?;
    let _lock = Lock::take(dir)?;
    private::make(to).map_err(|error| OpenError::io("make", to, error))?;
    let Some(manifest) = Manifest::load(dir)? else {
        return check::require(dir);
    };
    let listed = manifest.segments.iter().map(|listed| listed.path(dir));
    let paths = listed.chain([dir.join("synced"), Manifest::path(dir)]);
    for path in paths {
        let copy = to.join(path.file_name().unwrap_or_default());
        fs::copy(&path, &copy)
            .and_then(|_| fs::File::open(&copy)?.sync_all())
            .map_err(|error| OpenError::io("copy", &path, error))?;
    }
    SystemDisk
        .sync_directory(to)
        .map_err(|error| OpenError::io("sync", to, error))
}

/// Makes a log of a backup, under a new epoch, in a directory that has none.
///
/// # Errors
/// Where the backup is damaged, where the directory has a log, and where the system refuses.
pub fn restore(from: &Path, dir: &Path) -> Result<Repaired, OpenError> {
    undamaged(from)?;
    private::make_all(dir).map_err(|error| OpenError::io("make", dir, error))?;
    let _lock = Lock::take(dir)?;
    if check::require(dir).is_ok() {
        let there = io::Error::new(io::ErrorKind::AlreadyExists, "there is a log in it");
        return Err(OpenError::io("restore into", dir, there));
    }
    rewrite(from, dir, Epoch::random())
}

fn undamaged(dir: &Path) -> Result<(), OpenError> {
    check(dir)?.damage.into_iter().next().map_or(Ok(()), Err)
}

/// The segments of a log: those that are listed, or all where the list cannot be read; and those of
/// this log that a list from before them lacks.
fn sources(dir: &Path, before: Option<&Manifest>) -> Result<[Vec<PathBuf>; 2], OpenError> {
    let files = strays::named(dir)?;
    let files = files.into_iter().filter(|named| named.is_file);
    let Some(manifest) = before else {
        return Ok([files.map(|named| named.path).collect(), Vec::new()]);
    };
    // A segment that should be there and is not is no reason to give up the others.
    let listed = manifest.segments.iter().map(|listed| listed.path(dir));
    let listed = listed.filter(|path| path.is_file()).collect();
    let epoch = Epoch::parse(&manifest.epoch);
    let newer = strays::unlisted(dir, manifest)?
        .into_iter()
        .filter(|named| {
            let ours = |epoch: &Epoch| {
                let bytes = fs::read(&named.path).unwrap_or_default();
                segment::is_header_of(&bytes, epoch, named.first)
            };
            named.is_file && named.refusal(manifest).is_some() && epoch.as_ref().is_some_and(ours)
        });
    Ok([listed, newer.map(|named| named.path).collect()])
}

/// Reads what can be read in one directory, and makes a log of it in another or the same, or nothing.
fn rewrite(from: &Path, to: &Path, epoch: Epoch) -> Result<Repaired, OpenError> {
    let before = strays::named(to)?;
    let rewritten = make_of(from, to, epoch.clone());
    if rewritten.is_err() {
        undo(to, &before, &epoch);
    }
    rewritten
}

/// Removes the segments that were made for a log that did not come into force: the one that is
/// still there could not be opened beside them, and a full disk has its room back.
fn undo(dir: &Path, before: &[Named], epoch: &Epoch) {
    let listed = Manifest::load(dir).ok().flatten();
    if listed.is_some_and(|manifest| manifest.epoch == epoch.as_str()) {
        return;
    }
    let was_there = |named: &Named| before.iter().any(|before| before.path == named.path);
    let now = strays::named(dir).unwrap_or_default();
    for named in now.iter().filter(|named| !was_there(named)) {
        // The first error is the one to tell.
        let _ = fs::remove_file(&named.path);
    }
}

fn make_of(from: &Path, to: &Path, epoch: Epoch) -> Result<Repaired, OpenError> {
    let before = Manifest::load(from).ok().flatten();
    let [listed, newer] = sources(from, before.as_ref())?;
    let editions = strays::named(from)?;
    let edition = editions.iter().map(|named| named.edition + 1).max();
    let mut rebuilt = Rebuilt::new(to, epoch, edition);
    if let Some(before) = before {
        rebuilt.manifest.head = before.head;
        rebuilt.forgotten = before.forgotten;
    }
    let mut unreadable = 0;
    for path in &listed {
        unreadable += rebuilt.add_all(path)?;
    }
    // What these have of earlier places was let go of, and does not come back.
    rebuilt.head = rebuilt.head.max(rebuilt.manifest.head);
    for path in &newer {
        unreadable += rebuilt.add_all(path)?;
    }
    let (epoch, events) = (rebuilt.epoch.clone(), rebuilt.events);
    rebuilt
        .finish()
        .map_err(|error| OpenError::io("make a log in", to, error))?;
    Ok(Repaired {
        epoch,
        events,
        unreadable,
        before: None,
    })
}

/// Hands every record that is right to `each`, wherever it lies, and counts the other bytes.
fn salvage(bytes: &[u8], mut each: impl FnMut(Item)) -> u64 {
    let (mut at, mut unreadable) = (HEADER, 0);
    while let Some(before) = bytes.get(at - frame::CRC..at) {
        let before = before
            .first_chunk()
            .map_or(0, |crc| u32::from_le_bytes(*crc));
        match frame::parse(before, &bytes[at..]) {
            Some((payload, _)) => {
                at += payload.len() + frame::OVERHEAD;
                match codec::decode(payload) {
                    Some(item) => each(item),
                    None => unreadable += payload.len() as u64,
                }
            }
            None if at < bytes.len() => {
                at += 1;
                unreadable += 1;
            }
            None => break,
        }
    }
    unreadable
}

/// A log that is being made.
struct Rebuilt<'a> {
    dir: &'a Path,
    epoch: Epoch,
    edition: u32,
    manifest: Manifest,
    forgotten: Vec<(String, Seq)>,
    events: u64,
    head: Seq,
    segment: Option<(Arc<Segment>, u32)>,
    bytes: Vec<u8>,
    end: Position,
}

impl<'a> Rebuilt<'a> {
    fn new(dir: &'a Path, epoch: Epoch, edition: Option<u32>) -> Self {
        let mut manifest = Manifest::new(&epoch);
        manifest.segments.clear();
        Self {
            dir,
            epoch,
            edition: edition.unwrap_or(0),
            manifest,
            forgotten: Vec::new(),
            events: 0,
            head: 0,
            segment: None,
            bytes: Vec::new(),
            end: Position {
                segment: 1,
                offset: 0,
                head: 0,
            },
        }
    }

    /// Adds what can be read of a segment, and counts the bytes that cannot.
    fn add_all(&mut self, path: &Path) -> Result<u64, OpenError> {
        let bytes = fs::read(path).map_err(|error| OpenError::io("read", path, error))?;
        let mut failed = Ok(());
        let unreadable = salvage(&bytes, |item| {
            if failed.is_ok() {
                failed = self.add(&item);
            }
        });
        failed.map_err(|error| OpenError::io("rewrite", path, error))?;
        Ok(unreadable)
    }

    fn add(&mut self, item: &Item) -> io::Result<()> {
        let seq = item.seq();
        if seq <= self.head {
            return Ok(());
        }
        match item {
            Item::Event(stored) if self.is_forgotten(stored) => match stored.key_mark() {
                Some(mark) => {
                    let time = stored.record.time;
                    self.append(seq, |out| codec::encode_key(mark, time, out))?;
                }
                None => self.head = seq,
            },
            Item::Event(stored) => {
                let (record, key) = (&stored.record, stored.key.as_deref());
                // Every record ends its publish: what is left of one that is damaged counts.
                self.append(seq, |out| codec::encode(record, key, true, out))?;
                self.events += 1;
            }
            Item::Key(mark, time) => {
                self.append(seq, |out| codec::encode_key(*mark, *time, out))?;
            }
        }
        Ok(())
    }

    fn is_forgotten(&self, stored: &Stored) -> bool {
        let record = &stored.record;
        let by = |(topic, through): &(String, Seq)| {
            topic == record.topic.as_str() && record.seq <= *through
        };
        self.forgotten.iter().any(by)
    }

    fn append(&mut self, seq: Seq, write: impl FnOnce(&mut Vec<u8>)) -> io::Result<()> {
        if self.bytes.len() >= SEGMENT_BYTES {
            self.flush()?;
        }
        if self.segment.is_none() {
            self.begin(seq)?;
        }
        self.head = seq;
        if let Some((_, crc)) = &mut self.segment {
            *crc = frame::append(&mut self.bytes, *crc, write);
        }
        Ok(())
    }

    fn begin(&mut self, first: Seq) -> io::Result<()> {
        let listed = Listed {
            first,
            edition: self.edition,
            end: None,
        };
        let path = listed.path(self.dir);
        let (segment, crc) =
            Segment::create(path, &self.epoch, first, &Arc::default(), &SystemDisk)?;
        self.segment = Some((Arc::new(segment), crc));
        self.manifest.segments.push(listed);
        Ok(())
    }

    /// Ends the segment.
    fn flush(&mut self) -> io::Result<()> {
        let Some((segment, crc)) = self.segment.take() else {
            return Ok(());
        };
        let file = segment.file()?;
        SystemDisk.write_at(&segment.path, &file, &self.bytes, HEADER as u64)?;
        SystemDisk.sync(&segment.path, &file)?;
        let len = (HEADER + self.bytes.len()) as u64;
        self.bytes.clear();
        if let Some(listed) = self.manifest.segments.last_mut() {
            listed.end = Some(End { len, crc });
            self.end = Position {
                segment: listed.first,
                offset: len,
                head: self.head,
            };
        }
        Ok(())
    }

    /// Puts the new log in force: from the manifest on it is the one that is opened.
    fn finish(mut self) -> io::Result<()> {
        self.head = self.head.max(self.manifest.head);
        if self.segment.is_none() {
            self.begin(self.head + 1)?;
        }
        self.flush()?;
        if let Some(last) = self.manifest.segments.last_mut() {
            last.end = None;
        }
        self.manifest.head = self.head;
        self.manifest.save(self.dir, &SystemDisk)?;
        Mark::create(self.dir, &SystemDisk, self.end)?;
        SystemDisk.sync_directory(self.dir)
    }
}
