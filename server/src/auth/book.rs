//! The file of the tickets in use: one a line, added when it is first used.
//!
//! Losing a line ends a stream that has to sign in again, and no more; so it is not synced, and what
//! cannot be read in it is passed over.

use std::fs::{self, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use super::tickets::Entry;

/// Its name in the data directory.
pub(super) const NAME: &str = "tickets";

/// The longest file that is read, in bytes: as many tickets as there may be.
const LONGEST: u64 = 256 << 20;

/// The tickets that are kept; the file is written anew with those that have not expired.
pub(super) fn read(path: &Path) -> Vec<Entry> {
    let mut bytes = Vec::new();
    let is_file = fs::metadata(path).is_ok_and(|meta| meta.is_file());
    let file = is_file.then(|| fs::File::open(path)).and_then(Result::ok);
    // What could not be read is as if it were not there.
    let _ = file.map(|file| file.take(LONGEST).read_to_end(&mut bytes));
    let text = String::from_utf8_lossy(&bytes);
    if text.is_empty() {
        return Vec::new();
    }
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_secs());
    let good =
        |line: &&str| serde_json::from_str::<Entry>(line).is_ok_and(|entry| entry.is_good(now));
    let lines: Vec<_> = text.lines().filter(good).collect();
    if let Err(error) = rewrite(path, &lines) {
        tracing::warn!(%error, "cannot take the tickets that have expired out of {}", path.display());
    }
    let entries = lines.iter().map(|line| serde_json::from_str(line));
    entries.filter_map(Result::ok).collect()
}

/// Adds one.
pub(super) fn add(path: &Path, entry: &Entry) {
    let line = serde_json::to_string(entry).unwrap_or_default() + "\n";
    let mut options = OpenOptions::new();
    let file = options.create(true).append(true).mode(0o600).open(path);
    if let Err(error) = file.and_then(|mut file| file.write_all(line.as_bytes())) {
        tracing::warn!(%error, "a ticket is not kept over a restart: cannot write {}", path.display());
    }
}

fn rewrite(path: &Path, lines: &[&str]) -> io::Result<()> {
    let aside = path.with_extension("new");
    let mut options = OpenOptions::new();
    let file = options.create(true).write(true).truncate(true).mode(0o600);
    let mut file = io::BufWriter::new(file.open(&aside)?);
    for line in lines {
        writeln!(file, "{line}")?;
    }
    file.flush()?;
    fs::rename(&aside, path)
}
