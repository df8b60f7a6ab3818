//! A segment: a file of records that follow each other.

use std::{
    fs::{self, File, OpenOptions},
    io,
    os::unix::fs::{FileExt, MetadataExt},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use hub::{Epoch, Record, Seq};

use crate::{
    codec::{self, Item},
    disk::{self, Disk},
    files::Files,
    frame,
    manifest::{End, VERSION},
    open::OpenError,
    place::Place,
};

/// The length of what every segment begins with.
pub(crate) const HEADER: usize = 64;

const MAGIC: &[u8; 8] = b"ttapelog";

/// A segment's file, to be read at any place.
pub(crate) struct Segment {
    pub(crate) path: PathBuf,
    /// Held open as long as it is written to.
    own: Mutex<Option<Arc<File>>>,
    files: Arc<Files>,
}

impl Segment {
    /// Makes a new one with its header, durably, and gives the header's checksum.
    pub(crate) fn create(
        path: PathBuf,
        epoch: &Epoch,
        first: Seq,
        files: &Arc<Files>,
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
        Ok((Self::new(path, file, files), crc))
    }

    /// Opens one that should be there and of this log, and gives the header's checksum.
    pub(crate) fn open(
        path: PathBuf,
        epoch: &Epoch,
        first: Seq,
        files: &Arc<Files>,
    ) -> Result<(Self, u32), OpenError> {
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .open(&path)
            .map_err(|error| match error.kind() {
                io::ErrorKind::NotFound => OpenError::damaged(&path, 0, "the segment is missing"),
                io::ErrorKind::IsADirectory => OpenError::damaged(&path, 0, "it is no file"),
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
        Ok((Self::new(path, file, files), crc_of(&right)))
    }

    fn new(path: PathBuf, file: File, files: &Arc<Files>) -> Self {
        Self {
            path,
            own: Mutex::new(Some(Arc::new(file))),
            files: Arc::clone(files),
        }
    }

    /// Its file, which is open for writing as long as it was not sealed.
    pub(crate) fn file(&self) -> io::Result<Arc<File>> {
        let own = self.own.lock().unwrap_or_else(PoisonError::into_inner);
        match &*own {
            Some(file) => Ok(Arc::clone(file)),
            None => self.files.get(&self.path),
        }
    }

    /// Whether it is still the file of that name: not after the directory was removed, moved or
    /// replaced under a running process, which could then write for ever what nobody finds again.
    ///
    /// # Errors
    /// Where it is not, in words.
    pub(crate) fn require_there(&self) -> io::Result<()> {
        let own = self.file()?.metadata()?;
        let there = match fs::metadata(&self.path) {
            Ok(named) => (named.dev(), named.ino()) == (own.dev(), own.ino()),
            // What cannot be looked at may well be there.
            Err(error) => error.kind() != io::ErrorKind::NotFound,
        };
        let gone = format!(
            "{} was removed or replaced, or its directory was",
            self.path.display()
        );
        there.then_some(()).ok_or_else(|| io::Error::other(gone))
    }

    /// Writes to it no more: it is opened where it is read.
    pub(crate) fn seal(&self) {
        let mut own = self.own.lock().unwrap_or_else(PoisonError::into_inner);
        *own = None;
    }

    /// The event at a place; none where what lies there is not what was written.
    fn read(&self, file: &File, place: &Place) -> Option<Record> {
        let run = std::slice::from_ref(place);
        self.read_run_from(file, run).pop().flatten()
    }

    /// The file for reading; none where it cannot be opened.
    ///
    /// # Errors
    /// Where that may pass: it says nothing about what is in the file.
    fn to_read(&self) -> io::Result<Option<Arc<File>>> {
        match self.file() {
            Ok(file) => Ok(Some(file)),
            Err(error) if disk::is_passing(&error) => Err(error),
            Err(error) => {
                tracing::error!(file = %self.path.display(), %error, "cannot open");
                Ok(None)
            }
        }
    }

    /// The payloads at places that lie close together, as they were written, in one read; none where
    /// something else lies there.
    ///
    /// # Errors
    /// No descriptor, for now.
    pub(crate) fn payloads(&self, run: &[Place]) -> io::Result<Vec<Option<Vec<u8>>>> {
        let Some(file) = self.to_read()? else {
            return Ok(vec![None; run.len()]);
        };
        let one = |place: &Place| {
            let window = self.window(&file, std::slice::from_ref(place))?;
            window.payload(place).map(<[u8]>::to_vec)
        };
        Ok(match self.window(&file, run) {
            Some(window) => {
                let payload = |place| window.payload(place).map(<[u8]>::to_vec);
                run.iter().map(payload).collect()
            }
            // One by one, so that what can be read is read.
            None => run.iter().map(one).collect(),
        })
    }

    /// The events at places that follow each other without a hole, in one read.
    ///
    /// # Errors
    /// No descriptor, for now.
    pub(crate) fn read_run(&self, run: &[Place]) -> io::Result<Vec<Option<Record>>> {
        Ok(match self.to_read()? {
            Some(file) => self.read_run_from(&file, run),
            None => vec![None; run.len()],
        })
    }

    fn read_run_from(&self, file: &File, run: &[Place]) -> Vec<Option<Record>> {
        let Some(window) = self.window(file, run) else {
            // One by one, so that what can be read is read.
            return match run {
                [_] => vec![None],
                _ => run.iter().map(|place| self.read(file, place)).collect(),
            };
        };
        let event = |place: &Place| {
            let Item::Event(stored) = codec::decode(window.payload(place)?)? else {
                return None;
            };
            (stored.record.seq == place.seq).then_some(stored.record)
        };
        run.iter().map(event).collect()
    }

    /// The bytes from the first of some places to the last.
    fn window(&self, file: &File, run: &[Place]) -> Option<Window> {
        let (first, last) = (run.first()?, run.last()?);
        // The checksum of the record before is needed too.
        let start = first.offset - frame::CRC as u64;
        let mut bytes = vec![0; (last.end() - start) as usize];
        if let Err(error) = file.read_exact_at(&mut bytes, start) {
            tracing::error!(file = %self.path.display(), offset = start, %error, "cannot read");
            return None;
        }
        Some(Window { bytes, start })
    }
}

/// A stretch of a segment.
struct Window {
    bytes: Vec<u8>,
    start: u64,
}

impl Window {
    /// The payload at a place within; none where something else lies there.
    fn payload(&self, place: &Place) -> Option<&[u8]> {
        let at = (place.offset - self.start) as usize;
        let record = self
            .bytes
            .get(at..at + place.len as usize + frame::OVERHEAD)?;
        let before = u32::from_le_bytes(*self.bytes[at - frame::CRC..].first_chunk()?);
        frame::parse(before, record).map(|(payload, _)| payload)
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

/// Whether these bytes begin as this segment of this log does.
pub(crate) fn is_header_of(bytes: &[u8], epoch: &Epoch, first: Seq) -> bool {
    bytes.starts_with(&header(epoch, first))
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
