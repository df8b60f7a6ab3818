//! The file of the tickets in use: one a line, added when it is first used.
//!
//! Losing a line ends a stream that has to sign in again, and no more; so a line is not synced, and what
//! cannot be read in the file is passed over. It is written anew, with what is good alone, at the start and whenever it
//! has become twice as long as that, so that it never grows beyond what there is.

use std::collections::VecDeque;
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufRead, BufReader, BufWriter, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use super::entry::Entry;
use crate::limits::{LONGEST_TICKET, TICKETS, TICKETS_FILE_SPARE};

/// Its name in the data directory.
pub(super) const NAME: &str = "tickets";

/// The file, while the server runs.
#[derive(Debug)]
pub(super) struct Book {
    path: PathBuf,
    /// Held for an append, and for the end of writing it anew: neither waits for all of the file.
    length: Mutex<Length>,
}

/// How long it is, in bytes.
#[derive(Debug, Default)]
struct Length {
    now: u64,
    /// When it was written anew.
    then: u64,
    is_being_written: bool,
}

impl Book {
    /// The file in a directory, and the tickets in it that have not expired.
    pub(super) fn open(dir: &Path) -> (Self, Vec<Entry>) {
        let path = dir.join(NAME);
        let entries = read(&path);
        let book = Self {
            path,
            length: Mutex::default(),
        };
        // Where there is none, one begins with the first ticket.
        if book.path.exists() {
            book.write(&entries, None);
        }
        (book, entries)
    }

    /// Adds one. Whether the file is to be written anew now: by whom this is told, and by [`Book::rewrite`].
    pub(super) fn add(&self, entry: &Entry) -> bool {
        let line = line(entry);
        let mut length = self.length();
        match append(&self.path, &line) {
            Ok(now) => length.now = now,
            Err(error) => {
                let path = self.path.display();
                tracing::warn!(%error, "a ticket is not kept over a restart: cannot write {path}");
            }
        }
        let is_due = !length.is_being_written && length.now > 2 * length.then + TICKETS_FILE_SPARE;
        length.is_being_written |= is_due;
        is_due
    }

    /// Writes the file anew with the tickets that `good` gives, and those that are added meanwhile.
    pub(super) fn rewrite(&self, good: impl FnOnce() -> Vec<Entry>) {
        // What is in the file up to here is among what is good, or good no more; what is taken into use from here
        // on may be among it too, and stands there twice then.
        let from = self.length().now;
        self.write(&good(), Some(from));
    }

    /// Writes these, and what the file has from there on.
    fn write(&self, entries: &[Entry], from: Option<u64>) {
        let aside = self.path.with_extension("new");
        let written = begin(&aside, entries).and_then(|file| self.finish(file, &aside, from));
        let mut length = self.length();
        length.is_being_written = false;
        match written {
            Ok(written) => length.then = written,
            Err(error) => {
                // Not again with the next one.
                length.then = length.now;
                let path = self.path.display();
                tracing::warn!(%error, "cannot take the tickets that have expired out of {path}");
            }
        }
    }

    /// Puts the new file, which is on the disk already, in the place of the old one, with what was added there since.
    fn finish(&self, mut file: File, aside: &Path, from: Option<u64>) -> io::Result<u64> {
        let mut length = self.length();
        let written = file.stream_position()?;
        if let Some(from) = from {
            let mut old = File::open(&self.path)?;
            old.seek(SeekFrom::Start(from))?;
            io::copy(&mut old, &mut file)?;
        }
        fs::rename(aside, &self.path)?;
        length.now = file.stream_position()?;
        Ok(written)
    }

    fn length(&self) -> MutexGuard<'_, Length> {
        self.length.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Adds a line, and gives the length of the file.
fn append(path: &Path, line: &[u8]) -> io::Result<u64> {
    let mut options = OpenOptions::new();
    let mut file = options.create(true).append(true).mode(0o600).open(path)?;
    file.write_all(line)?;
    Ok(file.metadata()?.len())
}

/// A file with these, on the disk.
fn begin(path: &Path, entries: &[Entry]) -> io::Result<File> {
    let mut options = OpenOptions::new();
    let file = options.create(true).write(true).truncate(true).mode(0o600);
    let mut file = BufWriter::new(file.open(path)?);
    for entry in entries {
        file.write_all(&line(entry))?;
    }
    let file = file.into_inner().map_err(io::IntoInnerError::into_error)?;
    file.sync_all()?;
    Ok(file)
}

fn line(entry: &Entry) -> Vec<u8> {
    let mut line = serde_json::to_vec(entry).unwrap_or_default();
    line.push(b'\n');
    line
}

/// The tickets in a file that have not expired: of too many the last ones. What could not be read is as if it were not
/// there.
fn read(path: &Path) -> Vec<Entry> {
    let is_file = fs::metadata(path).is_ok_and(|meta| meta.is_file());
    let Some(Ok(file)) = is_file.then(|| File::open(path)) else {
        return Vec::new();
    };
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_secs());
    let (mut file, mut line, mut good) = (BufReader::new(file), Vec::new(), VecDeque::new());
    let mut begins = true;
    loop {
        line.clear();
        let piece = file
            .by_ref()
            .take(LONGEST_TICKET)
            .read_until(b'\n', &mut line);
        if !piece.is_ok_and(|bytes| bytes > 0) {
            return good.into();
        }
        let ends = line.ends_with(b"\n");
        // Pieces of a line that is too long are no tickets.
        if begins
            && ends
            && let Ok(entry) = serde_json::from_slice::<Entry>(&line)
            && entry.is_good(now)
        {
            good.push_back(entry);
            if good.len() > TICKETS {
                good.pop_front();
            }
        }
        begins = ends;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(n: usize, expires: u64) -> Entry {
        let address = format!("/events?topic={n}");
        serde_json::from_value(serde_json::json!({
            "hash": "0".repeat(64), "address": address, "subject": null, "key": "0".repeat(64),
            "claim": {"publish": [], "subscribe": [], "observe": false}, "expires": expires,
        }))
        .unwrap()
    }

    fn addresses(entries: &[Entry]) -> Vec<&str> {
        entries.iter().map(|entry| entry.address.as_str()).collect()
    }

    #[test]
    fn a_ticket_is_found_behind_all_that_is_none() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join(NAME);
        let mut text = line(&entry(1, u64::MAX));
        text.extend_from_slice(b"\xff\xfe\n{}\n\n");
        // Two lines that are too long, of which the end would be a ticket.
        for _ in 0..2 {
            text.resize(text.len() + 2 * LONGEST_TICKET as usize - 100, b'x');
            text.extend_from_slice(&line(&entry(2, u64::MAX)));
        }
        text.extend_from_slice(&line(&entry(3, 1)));
        text.extend_from_slice(&line(&entry(4, u64::MAX)));
        let cut = line(&entry(5, u64::MAX));
        text.extend_from_slice(&cut[..cut.len() / 2]);
        fs::write(&path, &text).unwrap();
        let (_, kept) = Book::open(dir.path());
        assert_eq!(addresses(&kept), ["/events?topic=1", "/events?topic=4"]);
        let left = fs::read(&path).unwrap();
        assert_eq!(left, kept.iter().flat_map(line).collect::<Vec<_>>());
    }

    #[test]
    fn what_is_added_while_the_file_is_written_anew_is_in_it() {
        let dir = tempfile::tempdir().unwrap();
        let (book, _) = Book::open(dir.path());
        let is_due = (0..TICKETS).any(|_| book.add(&entry(1, u64::MAX)));
        assert!(is_due);
        assert!(!book.add(&entry(2, u64::MAX)), "once at a time");
        book.rewrite(|| {
            book.add(&entry(4, u64::MAX));
            vec![entry(3, u64::MAX)]
        });
        let (_, kept) = Book::open(dir.path());
        assert_eq!(addresses(&kept), ["/events?topic=3", "/events?topic=4"]);
        assert!(!book.add(&entry(1, u64::MAX)), "it is short again");
    }
}
