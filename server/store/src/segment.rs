//! A segment: a file of records that follow each other.

use std::{
    fs::{File, OpenOptions},
    io,
    os::unix::fs::FileExt,
    path::{Path, PathBuf},
};

use hub::{Epoch, Record, Seq};

use crate::{
    codec::{self, Item},
    disk::Disk,
    frame,
    manifest::{End, VERSION},
    open::OpenError,
    place::Place,
};

/// The length of what every segment begins with.
pub(crate) const HEADER: usize = 64;

const MAGIC: &[u8; 8] = b"ttapelog";

/// A segment's file, open for reading at any place.
pub(crate) struct Segment {
    pub(crate) path: PathBuf,
    pub(crate) file: File,
}

impl Segment {
    /// Makes a new one with its header, durably, and gives the header's checksum.
    pub(crate) fn create(
        path: PathBuf,
        epoch: &Epoch,
        first: Seq,
        disk: &dyn Disk,
    ) -> io::Result<(Self, u32)> {
        let header = header(epoch, first);
        let file = disk.create(&path)?;
        let written = disk
            .write_at(&path, &file, &header, 0)
            .and_then(|()| disk.sync(&path, &file))
            .and_then(|()| disk.sync_directory(path.parent().unwrap_or(Path::new("."))));
        if let Err(error) = written {
            // It is listed nowhere: one that stays is removed at the next opening.
            let _ = disk.remove(&path);
            return Err(error);
        }
        let crc = crc_of(&header);
        Ok((Self { path, file }, crc))
    }

    /// Opens one that should be there and of this log, and gives the header's checksum.
    pub(crate) fn open(path: PathBuf, epoch: &Epoch, first: Seq) -> Result<(Self, u32), OpenError> {
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .open(&path)
            .map_err(|error| match error.kind() {
                io::ErrorKind::NotFound => OpenError::damaged(&path, 0, "the segment is missing"),
                _ => OpenError::io("open", &path, error),
            })?;
        let mut found = [0; HEADER];
        file.read_exact_at(&mut found, 0)
            .map_err(|_| OpenError::damaged(&path, 0, "the segment has no whole header"))?;
        let right = header(epoch, first);
        if found != right {
            let what = "the header is not that of this segment of this log";
            return Err(OpenError::damaged(&path, 0, what));
        }
        Ok((Self { path, file }, crc_of(&right)))
    }

    /// The event at a place; none where what lies there is not what was written.
    pub(crate) fn read(&self, place: &Place) -> Option<Record> {
        self.read_run(std::slice::from_ref(place)).pop().flatten()
    }

    /// The payload at a place as it was written; none where something else lies there.
    pub(crate) fn payload(&self, place: &Place) -> Option<Vec<u8>> {
        let start = place.offset - frame::CRC as u64;
        let mut bytes = vec![0; (place.end() - start) as usize];
        self.file.read_exact_at(&mut bytes, start).ok()?;
        let (before, record) = bytes.split_first_chunk()?;
        let (payload, _) = frame::parse(u32::from_le_bytes(*before), record)?;
        Some(payload.to_vec())
    }

    /// The events at places that follow each other without a hole, in one read.
    pub(crate) fn read_run(&self, run: &[Place]) -> Vec<Option<Record>> {
        let (Some(first), Some(last)) = (run.first(), run.last()) else {
            return Vec::new();
        };
        // The checksum of the record before is needed too.
        let start = first.offset - frame::CRC as u64;
        let mut bytes = vec![0; (last.end() - start) as usize];
        if let Err(error) = self.file.read_exact_at(&mut bytes, start) {
            tracing::error!(file = %self.path.display(), offset = start, %error, "cannot read");
            // One by one, so that what can be read is read.
            return match run {
                [_] => vec![None],
                _ => run.iter().map(|place| self.read(place)).collect(),
            };
        }
        let event = |place: &Place| {
            let at = (place.offset - start) as usize;
            let record = bytes.get(at..at + place.len as usize + frame::OVERHEAD)?;
            let before = u32::from_le_bytes(*bytes[at - frame::CRC..].first_chunk()?);
            let (payload, _) = frame::parse(before, record)?;
            let Item::Event(stored) = codec::decode(payload)? else {
                return None;
            };
            (stored.record.seq == place.seq).then_some(stored.record)
        };
        run.iter().map(event).collect()
    }
}

/// What a walk over a segment's records met.
pub(crate) struct Walk {
    /// The end of the last whole publish.
    pub(crate) offset: u64,
    /// The checksum there.
    pub(crate) crc: u32,
    /// Where the walk could not go on; the end of the file where all was right.
    pub(crate) stopped: u64,
}

impl Walk {
    /// Refuses a segment of which less is right than was answered for.
    pub(crate) fn require(&self, path: &Path, answered: u64) -> Result<(), OpenError> {
        if self.offset >= answered {
            return Ok(());
        }
        let what = format!("what was answered for reaches to byte {answered}");
        Err(OpenError::damaged(path, self.stopped, what))
    }

    /// Refuses a segment that was full and does not end as it did.
    pub(crate) fn require_end(
        &self,
        path: &Path,
        len: u64,
        end: Option<End>,
    ) -> Result<(), OpenError> {
        let found = End {
            len: self.offset,
            crc: self.crc,
        };
        if end == Some(found) && len == self.offset {
            return Ok(());
        }
        let what = "the segment does not end as it did when it was full";
        Err(OpenError::damaged(path, self.stopped, what))
    }
}

/// Hands every whole publish's records to `each`, with their offset and payload's length, until
/// one is not right.
pub(crate) fn walk(
    bytes: &[u8],
    header_crc: u32,
    mut after: Seq,
    mut each: impl FnMut(Item, u64, u32),
) -> Walk {
    let mut whole = Walk {
        offset: HEADER as u64,
        crc: header_crc,
        stopped: HEADER as u64,
    };
    let (mut crc, mut publish) = (header_crc, Vec::new());
    while let Some((payload, next)) = frame::parse(crc, &bytes[whole.stopped as usize..]) {
        let Some(item) = codec::decode(payload).filter(|item| item.seq() > after) else {
            break;
        };
        after = item.seq();
        let last = item.is_last();
        publish.push((item, whole.stopped, payload.len() as u32));
        whole.stopped += (payload.len() + frame::OVERHEAD) as u64;
        crc = next;
        if last {
            (whole.offset, whole.crc) = (whole.stopped, crc);
            publish
                .drain(..)
                .for_each(|(item, offset, len)| each(item, offset, len));
        }
    }
    whole
}

/// The checksum that the first record of a segment hangs on.
pub(crate) fn header_crc(epoch: &Epoch, first: Seq) -> u32 {
    crc_of(&header(epoch, first))
}

fn header(epoch: &Epoch, first: Seq) -> [u8; HEADER] {
    let mut header = [0; HEADER];
    header[..8].copy_from_slice(MAGIC);
    header[8..12].copy_from_slice(&VERSION.to_le_bytes());
    header[12..20].copy_from_slice(&first.to_le_bytes());
    let name = epoch.as_str().as_bytes();
    header[20] = name.len() as u8;
    header[21..21 + name.len()].copy_from_slice(name);
    let crc = crc32c::crc32c(&header[..HEADER - frame::CRC]);
    header[HEADER - frame::CRC..].copy_from_slice(&crc.to_le_bytes());
    header
}

fn crc_of(header: &[u8; HEADER]) -> u32 {
    header
        .last_chunk()
        .map_or(0, |crc: &[u8; frame::CRC]| u32::from_le_bytes(*crc))
}
