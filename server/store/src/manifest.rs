//! The manifest: which log this is, which segments it has, and what was lost with others.
//!
//! One line of JSON and its checksum, always replaced as a whole.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use hub::{Epoch, GapReason, LostMarks, Seq, Topic};
use serde::{Deserialize, Serialize};

use crate::{codec, disk::Disk, open::OpenError};

/// The version of the format. One that is read must be known.
pub(crate) const VERSION: u32 = 1;

const NAME: &str = "manifest";

/// What the manifest says.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq, Eq)]
pub(crate) struct Manifest {
    pub(crate) version: u32,
    pub(crate) epoch: String,
    /// The newest place when this was written; newer ones are in the last segment.
    pub(crate) head: Seq,
    /// In order; the last is being written.
    pub(crate) segments: Vec<Listed>,
    /// Topics that were forgotten, and up to where, as long as their events lie in a segment.
    pub(crate) forgotten: Vec<(String, Seq)>,
    pub(crate) lost: Marks,
}

/// A segment of the log.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq, Eq)]
pub(crate) struct Listed {
    /// Its first place, or the next where it is empty.
    pub(crate) first: Seq,
    /// 0, and one more each time it is rewritten.
    pub(crate) edition: u32,
    /// How it ends; none for the one that is being written.
    pub(crate) end: Option<End>,
}

/// Where a segment that is full ends.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, PartialEq, Eq)]
pub(crate) struct End {
    pub(crate) len: u64,
    /// The checksum of its last record.
    pub(crate) crc: u32,
}

/// [`LostMarks`] in the file.
#[derive(Clone, Debug, Default, Serialize, Deserialize, PartialEq, Eq)]
pub(crate) struct Marks {
    topics: Vec<(String, Seq, Reason)>,
    floor: Seq,
    /// Nanoseconds since 1970.
    time: Option<i64>,
    #[serde(default)]
    trimmed: Vec<(String, Seq)>,
}

/// Why events are gone.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
enum Reason {
    Trimmed,
    Deleted,
    Damaged,
}

impl Manifest {
    pub(crate) fn path(dir: &Path) -> PathBuf {
        dir.join(NAME)
    }

    /// That of a new log, with a first, empty segment.
    pub(crate) fn new(epoch: &Epoch) -> Self {
        Self {
            version: VERSION,
            epoch: epoch.to_string(),
            head: 0,
            segments: vec![Listed {
                first: 1,
                edition: 0,
                end: None,
            }],
            forgotten: Vec::new(),
            lost: Marks::default(),
        }
    }

    /// The manifest in a directory; none where there is no such file.
    pub(crate) fn load(dir: &Path) -> Result<Option<Self>, OpenError> {
        let path = Self::path(dir);
        let bytes = match fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) if error.kind() == io::ErrorKind::IsADirectory => {
                return Err(OpenError::damaged(&path, 0, "it is no file"));
            }
            Err(error) => return Err(OpenError::io("read", &path, error)),
        };
        let manifest: Self = checked(&bytes)
            .and_then(|json| serde_json::from_slice(json).ok())
            .ok_or_else(|| OpenError::damaged(&path, 0, "the manifest is not as it was written"))?;
        if manifest.version != VERSION {
            return Err(OpenError::Version {
                file: path,
                found: manifest.version,
            });
        }
        Ok(Some(manifest))
    }

    /// Puts this in the place of the manifest that is there, durably.
    pub(crate) fn save(&self, dir: &Path, disk: &dyn Disk) -> io::Result<()> {
        let json = serde_json::to_string(self)?;
        let crc = crc32c::crc32c(json.as_bytes());
        disk.replace(&Self::path(dir), format!("{json}\n{crc:08x}\n").as_bytes())
    }
}

/// The JSON of a manifest whose checksum is right.
fn checked(bytes: &[u8]) -> Option<&[u8]> {
    let rest = bytes.strip_suffix(b"\n")?;
    let (json, crc) = rest.split_at_checked(rest.len().checked_sub(9)?)?;
    let right = format!("\n{:08x}", crc32c::crc32c(json));
    (crc == right.as_bytes()).then_some(json)
}

impl Listed {
    /// The segment's file in a directory.
    pub(crate) fn path(&self, dir: &Path) -> PathBuf {
        let first = self.first;
        match self.edition {
            0 => dir.join(format!("{first:016}.seg")),
            edition => dir.join(format!("{first:016}.{edition}.seg")),
        }
    }
}

impl From<LostMarks> for Marks {
    fn from(marks: LostMarks) -> Self {
        let topic = |(topic, at, reason): (Topic, Seq, GapReason)| {
            let reason = match reason {
                GapReason::Deleted => Reason::Deleted,
                GapReason::Damaged => Reason::Damaged,
                _ => Reason::Trimmed,
            };
            (topic.to_string(), at, reason)
        };
        Self {
            topics: marks.topics.into_iter().map(topic).collect(),
            floor: marks.floor,
            time: marks.time.map(codec::nanos),
            trimmed: marks.trimmed,
        }
    }
}

impl From<&Marks> for LostMarks {
    fn from(marks: &Marks) -> Self {
        let topic = |(topic, at, reason): &(String, Seq, Reason)| {
            let reason = match reason {
                Reason::Trimmed => GapReason::Trimmed,
                Reason::Deleted => GapReason::Deleted,
                Reason::Damaged => GapReason::Damaged,
            };
            Some((Topic::parse(topic).ok()?, *at, reason))
        };
        Self {
            topics: marks.topics.iter().filter_map(topic).collect(),
            floor: marks.floor,
            time: marks.time.map(codec::time),
            trimmed: marks.trimmed.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::disk::SystemDisk;

    #[test]
    fn it_reads_back_as_it_was_written_and_not_with_a_bit_flipped() {
        let dir = tempfile::tempdir().unwrap();
        let mut manifest = Manifest::new(&Epoch::random());
        manifest.forgotten.push(("a/b".into(), 7));
        manifest.save(dir.path(), &SystemDisk).unwrap();
        assert_eq!(Manifest::load(dir.path()).unwrap(), Some(manifest));
        let path = Manifest::path(dir.path());
        let whole = fs::read(&path).unwrap();
        for bit in 0..whole.len() * 8 {
            let mut flipped = whole.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            fs::write(&path, &flipped).unwrap();
            let refused = Manifest::load(dir.path());
            assert!(
                matches!(refused, Err(OpenError::Damaged { .. })),
                "bit {bit}"
            );
        }
    }
}
