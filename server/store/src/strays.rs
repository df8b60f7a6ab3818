//! What has the name of a segment, and what of that the manifest does not list.

use std::{
    fs,
    path::{Path, PathBuf},
};

use hub::Seq;

use crate::{disk::Disk, manifest::Manifest, open::OpenError, segment::HEADER};

/// Something with the name of a segment.
#[derive(Clone, Debug)]
pub(crate) struct Named {
    pub(crate) path: PathBuf,
    /// What the name says of its first place.
    pub(crate) first: Seq,
    pub(crate) edition: u32,
    pub(crate) len: u64,
    /// Whether it is no directory or the like.
    pub(crate) is_file: bool,
}

/// All of that in a directory, in order.
pub(crate) fn named(dir: &Path) -> Result<Vec<Named>, OpenError> {
    let failed = |error| OpenError::io("list", dir, error);
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let name = entry.file_name();
        let Some(name) = name.to_str().and_then(|name| name.strip_suffix(".seg")) else {
            continue;
        };
        let (first, edition) = name.split_once('.').unwrap_or((name, "0"));
        if let (Ok(first), Ok(edition)) = (first.parse(), edition.parse()) {
            let meta = entry.metadata().map_err(failed)?;
            found.push(Named {
                path: entry.path(),
                first,
                edition,
                len: meta.len(),
                is_file: meta.is_file(),
            });
        }
    }
    found.sort_by_key(|named| (named.first, named.edition));
    Ok(found)
}

/// What is not listed.
pub(crate) fn unlisted(dir: &Path, manifest: &Manifest) -> Result<Vec<Named>, OpenError> {
    let listed = |named: &Named| {
        let mut listed = manifest.segments.iter();
        listed.any(|listed| listed.first == named.first && listed.edition == named.edition)
    };
    let all = named(dir)?.into_iter();
    Ok(all.filter(|named| !listed(named)).collect())
}

impl Named {
    /// Why a log cannot be opened beside this, which its manifest does not list; none where it is
    /// what a crash leaves of a segment that was being made or removed.
    pub(crate) fn refusal(&self, manifest: &Manifest) -> Option<OpenError> {
        let last = manifest.segments.last().map_or(0, |listed| listed.first);
        let what = if !self.is_file {
            "it has the name of a segment and is no file"
        } else if self.first > last && self.len > HEADER as u64 {
            "the manifest does not list this segment, which holds newer events"
        } else {
            return None;
        };
        Some(OpenError::damaged(&self.path, 0, what))
    }
}

/// Removes what a crash left, and refuses what it cannot have left.
pub(crate) fn remove(dir: &Path, manifest: &Manifest, disk: &dyn Disk) -> Result<(), OpenError> {
    for named in unlisted(dir, manifest)? {
        if let Some(refusal) = named.refusal(manifest) {
            return Err(refusal);
        }
        disk.remove(&named.path)
            .map_err(|error| OpenError::io("remove", &named.path, error))?;
    }
    Ok(())
}
