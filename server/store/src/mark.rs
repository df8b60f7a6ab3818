//! The high-water mark: up to where the log was synced, and so may have been answered for.
//!
//! Two slots, written in turn and each with a checksum: a torn write leaves the other. The mark is
//! written after the sync that it speaks of and not synced itself, so after a power cut it may be
//! behind the log but is never ahead of it.

use std::{
    fs::{File, OpenOptions},
    io,
    os::unix::fs::FileExt,
    path::{Path, PathBuf},
};

use hub::Seq;

use crate::{disk::Disk, open::OpenError};

const NAME: &str = "synced";
const SLOT: usize = 36;
/// Slots lie on pages of their own.
const DISTANCE: u64 = 4_096;

/// A place in the log's files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Position {
    /// The segment's first place.
    pub(crate) segment: Seq,
    /// The first byte there that was not synced.
    pub(crate) offset: u64,
    /// The newest event that was synced.
    pub(crate) head: Seq,
}

/// The file of the mark.
pub(crate) struct Mark {
    path: PathBuf,
    file: File,
    /// How many times it was written.
    count: u64,
}

impl Mark {
    /// Begins the mark of a new log, durably but for its name.
    pub(crate) fn create(dir: &Path, disk: &dyn Disk, at: Position) -> io::Result<Self> {
        let path = dir.join(NAME);
        let file = disk.create(&path)?;
        let mut mark = Self {
            path,
            file,
            count: 0,
        };
        mark.set(disk, at)?;
        mark.set(disk, at)?;
        mark.sync(disk)?;
        Ok(mark)
    }

    /// The mark of a log, and where it stands.
    pub(crate) fn open(dir: &Path) -> Result<(Self, Position), OpenError> {
        let path = dir.join(NAME);
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .open(&path)
            .map_err(|error| match error.kind() {
                io::ErrorKind::NotFound => OpenError::damaged(&path, 0, "the file is missing"),
                io::ErrorKind::IsADirectory => OpenError::damaged(&path, 0, "it is no file"),
                _ => OpenError::io("open", &path, error),
            })?;
        let newest = [0, 1]
            .into_iter()
            .filter_map(|slot| {
                let mut bytes = [0; SLOT];
                file.read_exact_at(&mut bytes, slot * DISTANCE).ok()?;
                decode(&bytes)
            })
            .max_by_key(|(count, _)| *count);
        let Some((count, at)) = newest else {
            let what = "neither of its two slots is as it was written";
            return Err(OpenError::damaged(&path, 0, what));
        };
        Ok((Self { path, file, count }, at))
    }

    /// Moves the mark.
    pub(crate) fn set(&mut self, disk: &dyn Disk, at: Position) -> io::Result<()> {
        self.count += 1;
        let offset = self.count % 2 * DISTANCE;
        disk.write_at(&self.path, &self.file, &encode(self.count, at), offset)
    }

    /// Brings the mark to stable storage.
    pub(crate) fn sync(&self, disk: &dyn Disk) -> io::Result<()> {
        disk.sync(&self.path, &self.file)
    }
}

fn encode(count: u64, at: Position) -> [u8; SLOT] {
    let mut slot = [0; SLOT];
    let fields = [count, at.segment, at.offset, at.head];
    for (bytes, field) in slot.chunks_exact_mut(8).zip(fields) {
        bytes.copy_from_slice(&field.to_le_bytes());
    }
    let crc = crc32c::crc32c(&slot[..32]);
    slot[32..].copy_from_slice(&crc.to_le_bytes());
    slot
}

fn decode(slot: &[u8; SLOT]) -> Option<(u64, Position)> {
    let (fields, crc) = slot.split_at(32);
    let mut fields = fields
        .chunks_exact(8)
        .filter_map(|bytes| Some(u64::from_le_bytes(bytes.try_into().ok()?)));
    if crc32c::crc32c(&slot[..32]).to_le_bytes() != crc {
        return None;
    }
    let count = fields.next()?;
    Some((
        count,
        Position {
            segment: fields.next()?,
            offset: fields.next()?,
            head: fields.next()?,
        },
    ))
}
