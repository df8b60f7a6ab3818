//! Looking a log over without changing it.

use std::{fs, path::Path, sync::Arc};

use hub::Epoch;

use crate::{
    codec::Item,
    lock::Lock,
    manifest::Manifest,
    mark::Mark,
    open::OpenError,
    segment::{self, HEADER, Segment},
    strays,
};

/// What was found in a log.
#[derive(Debug)]
pub struct Report {
    /// Which log it is; none where that cannot be read.
    pub epoch: Option<Epoch>,
    /// How many segments are listed.
    pub segments: usize,
    /// How many events are readable, those that retention lets go of at the next opening included.
    pub events: u64,
    /// The bytes of the segments.
    pub bytes: u64,
    /// Bytes at the end of which nothing was answered for: the next opening cuts them.
    pub torn: u64,
    /// What keeps the log from being opened: at most one a file.
    pub damage: Vec<OpenError>,
}

/// Reads all of a log, and changes nothing.
///
/// # Errors
/// Where there is none, where a process has it, and where the system refuses. Damage is no error
/// but what the report is for.
pub fn check(dir: &Path) -> Result<Report, OpenError> {
    require(dir)?;
    let _lock = Lock::take(dir)?;
    let mut report = Report {
        epoch: None,
        segments: 0,
        events: 0,
        bytes: 0,
        torn: 0,
        damage: Vec::new(),
    };
    let manifest = match Manifest::load(dir) {
        Ok(Some(manifest)) => manifest,
        Ok(None) => {
            let path = Manifest::path(dir);
            let missing = OpenError::damaged(&path, 0, "the manifest is missing");
            report.damage.push(missing);
            return Ok(report);
        }
        Err(error) => {
            report.note(error)?;
            return Ok(report);
        }
    };
    report.epoch = Epoch::parse(&manifest.epoch);
    report.segments = manifest.segments.len();
    for index in 0..manifest.segments.len() {
        if let Err(error) = report.look_at(index, &manifest, dir) {
            report.note(error)?;
        }
    }
    let unlisted = strays::unlisted(dir, &manifest)?;
    let refusals = unlisted.iter().filter_map(|named| named.refusal(&manifest));
    report.damage.extend(refusals);
    Ok(report)
}

/// Refuses a directory in which there is no log.
pub(crate) fn require(dir: &Path) -> Result<(), OpenError> {
    let none = !Manifest::path(dir).exists() && strays::named(dir)?.is_empty();
    if none {
        let missing = std::io::Error::new(std::io::ErrorKind::NotFound, "there is no log in it");
        return Err(OpenError::io("read", dir, missing));
    }
    Ok(())
}

impl Report {
    fn note(&mut self, error: OpenError) -> Result<(), OpenError> {
        match error {
            OpenError::Damaged { .. } | OpenError::Version { .. } => self.damage.push(error),
            other => return Err(other),
        }
        Ok(())
    }

    fn look_at(&mut self, index: usize, manifest: &Manifest, dir: &Path) -> Result<(), OpenError> {
        let listed = &manifest.segments[index];
        let path = listed.path(dir);
        let epoch = Epoch::parse(&manifest.epoch)
            .ok_or_else(|| OpenError::damaged(&Manifest::path(dir), 0, "it names no epoch"))?;
        let (_, header_crc) = Segment::open(path.clone(), &epoch, listed.first, &Arc::default())?;
        let bytes = fs::read(&path).map_err(|error| OpenError::io("read", &path, error))?;
        self.bytes += bytes.len() as u64;
        let mut events = 0;
        let walk = segment::walk(
            &bytes,
            header_crc,
            listed.first.saturating_sub(1),
            |item, _, _| events += u64::from(matches!(item, Item::Event(_))),
        );
        self.events += events;
        if index + 1 < manifest.segments.len() {
            return walk.require_end(&path, bytes.len() as u64, listed.end);
        }
        let (_, synced) = Mark::open(dir)?;
        let answered = if synced.segment == listed.first {
            synced.offset
        } else {
            HEADER as u64
        };
        if synced.segment > listed.first {
            let what = format!(
                "it is older than event {}, which was answered for",
                synced.head
            );
            return Err(OpenError::damaged(&Manifest::path(dir), 0, what));
        }
        self.torn = bytes.len() as u64 - walk.offset;
        walk.require(&path, answered)
    }
}
