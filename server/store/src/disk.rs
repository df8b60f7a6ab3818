//! What the log does to the disk, where tests can make it fail.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write},
    os::unix::fs::FileExt,
    path::Path,
};

/// Everything that changes the disk. Reads are the system's own.
pub trait Disk: Send + Sync + 'static {
    /// Makes a new, empty file, and opens it for reading and writing.
    ///
    /// # Errors
    /// The system's.
    fn create(&self, path: &Path) -> io::Result<File> {
        OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(true)
            .open(path)
    }

    /// Writes all of `bytes` at a place.
    ///
    /// # Errors
    /// The system's; part of it may have been written.
    fn write_at(&self, _path: &Path, file: &File, bytes: &[u8], offset: u64) -> io::Result<()> {
        file.write_all_at(bytes, offset)
    }

    /// Brings a file's data to stable storage.
    ///
    /// # Errors
    /// The system's. What was not on the disk before is unknown from then on.
    fn sync(&self, _path: &Path, file: &File) -> io::Result<()> {
        file.sync_data()
    }

    /// Cuts a file.
    ///
    /// # Errors
    /// The system's.
    fn cut(&self, _path: &Path, file: &File, len: u64) -> io::Result<()> {
        file.set_len(len)
    }

    /// Puts a whole file in the place of another, durably and in one step.
    ///
    /// # Errors
    /// The system's; the old file is there then.
    fn replace(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        // Opened first: once the name is changed, nothing but the sync itself may fail.
        let directory = File::open(path.parent().unwrap_or(Path::new(".")))?;
        let next = path.with_extension("next");
        let written = File::create(&next).and_then(|mut file| {
            file.write_all(bytes)?;
            file.sync_all()
        });
        if let Err(error) = written {
            // What it took of a full disk is given back; the first error is the one to tell.
            let _ = fs::remove_file(&next);
            return Err(error);
        }
        fs::rename(&next, path)?;
        directory.sync_all()
    }

    /// Removes a file.
    ///
    /// # Errors
    /// The system's.
    fn remove(&self, path: &Path) -> io::Result<()> {
        fs::remove_file(path)
    }

    /// How many bytes are free where a directory is.
    ///
    /// # Errors
    /// The system's.
    fn room(&self, dir: &Path) -> io::Result<u64> {
        fs4::available_space(dir)
    }

    /// Makes names in a directory durable.
    ///
    /// # Errors
    /// The system's.
    fn sync_directory(&self, path: &Path) -> io::Result<()> {
        File::open(path)?.sync_all()
    }
}

/// The machine's disk.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemDisk;

impl Disk for SystemDisk {}

/// Whether trying again later may do: no room, or no descriptor. Neither says anything about what
/// is on the disk.
pub(crate) fn is_passing(error: &io::Error) -> bool {
    const ENFILE: i32 = 23;
    const EMFILE: i32 = 24;
    is_full(error) || matches!(error.raw_os_error(), Some(ENFILE | EMFILE))
}

/// Whether there is no room, which may change.
pub(crate) fn is_full(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded
    )
}
