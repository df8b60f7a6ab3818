//! A file of the operator's with keys in it.

use std::fs::File;
use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

/// The longest file with keys, in bytes.
const LONGEST: u64 = 1 << 20;

/// Reads a file with keys.
///
/// # Errors
/// Where it cannot be read, or is longer than 1 MiB; with its name.
pub(crate) fn read(path: &Path) -> Result<Vec<u8>, String> {
    let named = |why: String| format!("{}: {why}", path.display());
    let meta = path
        .metadata()
        .map_err(|error| named(format!("cannot be read: {error}")))?;
    // A pipe would hold up the start, a device may have no end.
    if !meta.is_file() {
        return Err(named("is no regular file".to_owned()));
    }
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(|error| named(format!("cannot be read: {error}")))?;
    file.take(LONGEST + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| named(format!("cannot be read: {error}")))?;
    if bytes.len() as u64 > LONGEST {
        return Err(named("is longer than 1 MiB".to_owned()));
    }
    Ok(bytes)
}

/// A key that others on this machine can read is theirs too.
pub(super) fn warn_of_others(path: &Path) {
    let mode = path.metadata().map(|meta| meta.permissions().mode());
    if mode.is_ok_and(|mode| mode & 0o004 != 0) {
        tracing::warn!(
            "{} holds a secret, and can be read by all users of this machine; take that away with \
             `chmod o-r`",
            path.display()
        );
    }
}
