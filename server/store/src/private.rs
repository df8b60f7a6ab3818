//! Directories that their owner alone can read: events are for who may have them, on the disk too.

use std::{fs::DirBuilder, io, os::unix::fs::DirBuilderExt, path::Path};

/// Makes a directory, with those above it where they are not there; one that is there stays as it is.
///
/// # Errors
/// The system's.
pub(crate) fn make_all(dir: &Path) -> io::Result<()> {
    builder().recursive(true).create(dir)
}

/// Makes a directory that must not be there yet.
///
/// # Errors
/// The system's.
pub(crate) fn make(dir: &Path) -> io::Result<()> {
    builder().create(dir)
}

fn builder() -> DirBuilder {
    let mut builder = DirBuilder::new();
    builder.mode(0o700);
    builder
}

#[cfg(test)]
mod tests {
    use std::{fs, os::unix::fs::PermissionsExt};

    use super::*;

    #[test]
    fn nobody_else_reads_what_is_in_it() {
        let dir = tempfile::tempdir().unwrap();
        let (inner, beside) = (dir.path().join("a/b"), dir.path().join("c"));
        make_all(&inner).unwrap();
        make_all(&inner).unwrap();
        make(&beside).unwrap();
        for made in [&inner, &beside] {
            let mode = fs::metadata(made).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o700);
        }
        assert!(make(&beside).is_err());
    }
}
