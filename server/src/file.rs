//! A file that the operator names: settings, keys, certificates.

use std::fs::{File, Metadata};
use std::io::{self, Read};
use std::path::Path;

use crate::limits::OPERATORS_FILE;

/// Reads a file that is one: a pipe would hold up who reads it, a device may have no end.
///
/// # Errors
/// The system's; and, of the kind `Other`, where it is no regular file or longer than 1 MiB.
pub(crate) fn read(path: &Path) -> io::Result<(Vec<u8>, Metadata)> {
    // Asked before it is opened, as opening a pipe waits for its writer.
    if !path.metadata()?.is_file() {
        return Err(io::Error::other("is no regular file"));
    }
    let file = File::open(path)?;
    let meta = file.metadata()?;
    let mut bytes = Vec::new();
    file.take(OPERATORS_FILE + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > OPERATORS_FILE {
        return Err(io::Error::other("is longer than 1 MiB"));
    }
    Ok((bytes, meta))
}
