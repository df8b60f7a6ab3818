//! One process has a log.

use std::{
    fs::{File, OpenOptions},
    path::Path,
};

use fs4::fs_std::FileExt;

use crate::open::OpenError;

/// A directory's log, taken for this process until this is dropped.
pub(crate) struct Lock {
    _file: File,
    /// The directory itself: a file in it can be removed and made anew, and another process would
    /// then lock that one. None where directories cannot be locked, as over NFS.
    _dir: Option<File>,
}

impl Lock {
    /// Takes it.
    ///
    /// # Errors
    /// Where another process has it, and where the system refuses.
    pub(crate) fn take(dir: &Path) -> Result<Self, OpenError> {
        let path = dir.join("LOCK");
        let file = OpenOptions::new()
            .create(true)
            .write(true)
            .truncate(false)
            .open(&path)
            .map_err(|error| OpenError::io("open", &path, error))?;
        let held = || OpenError::Locked {
            dir: dir.to_owned(),
        };
        match file.try_lock_exclusive() {
            Ok(true) => {}
            Ok(false) => return Err(held()),
            Err(error) => return Err(OpenError::io("lock", &path, error)),
        }
        let own = File::open(dir).map_err(|error| OpenError::io("open", dir, error))?;
        let own = match own.try_lock_exclusive() {
            Ok(true) => Some(own),
            Ok(false) => return Err(held()),
            Err(_) => None,
        };
        Ok(Self {
            _file: file,
            _dir: own,
        })
    }
}
