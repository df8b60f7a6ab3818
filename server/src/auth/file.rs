//! A file of the operator's with keys in it.

use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use crate::file;

/// Reads a file with keys.
///
/// # Errors
/// Where it cannot be read, or is longer than 1 MiB; with its name.
pub(crate) fn read(path: &Path) -> Result<Vec<u8>, String> {
    let named = |error: io::Error| match error.kind() {
        // What is wrong with the file, and not with reading it.
        io::ErrorKind::Other => format!("{}: {error}", path.display()),
        _ => format!("{}: cannot be read: {error}", path.display()),
    };
    file::read(path).map(|(bytes, _)| bytes).map_err(named)
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
