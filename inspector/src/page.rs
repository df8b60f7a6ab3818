//! A page of the bytes: as many rows as can be shown at once, whatever is in them.

use inspection::{HexRow, Inspection, Line, lines, rows};
use serde::Serialize;

use crate::view::json;

/// The most bytes of a page.
const BYTES: usize = 4096;

/// The most rows of a page: without this bound, bytes that are all line ends would be thousands of elements.
const ROWS: usize = 120;

/// The rows of one connection.
#[derive(Serialize)]
struct Part {
    connection: u64,
    /// Its first byte's place among all bytes.
    begin: u64,
    lines: Vec<Line>,
    rows: Vec<HexRow>,
}

/// The page that begins at a place among all bytes, as JSON.
pub(crate) fn bytes(kept: &Inspection, from: u64, is_hex: bool) -> String {
    #[derive(Serialize)]
    struct Bytes {
        /// The place after its last byte.
        to: u64,
        parts: Vec<Part>,
    }
    let (to, mut parts, places) = parts(kept, from, BYTES, is_hex);
    let mut room = ROWS;
    for part in &mut parts {
        part.lines.truncate(room);
        part.rows.truncate(room);
        room -= part.lines.len() + part.rows.len();
    }
    parts.retain(|part| part.lines.len() + part.rows.len() > 0);
    let to = places.get(ROWS).copied().unwrap_or(to);
    json(&Bytes { to, parts })
}

/// Where the page begins that ends before a place among all bytes.
pub(crate) fn before(kept: &Inspection, end: u64, is_hex: bool) -> u64 {
    let from = end.saturating_sub(BYTES as u64).max(kept.dropped_bytes());
    let (_, _, places) = parts(kept, from, index(end.saturating_sub(from)), is_hex);
    let first = places.len().saturating_sub(ROWS);
    places.get(first).copied().unwrap_or(from)
}

/// Bytes from a place on: where they end, their rows, and where each row begins among all bytes.
fn parts(kept: &Inspection, from: u64, most: usize, is_hex: bool) -> (u64, Vec<Part>, Vec<u64>) {
    let from = from.max(kept.dropped_bytes());
    let window = kept.bytes(from, most);
    let to = from + window.len() as u64;
    let (mut parts, mut places) = (Vec::new(), Vec::new());
    let begins = begins(kept);
    for (place, (connection, begin, skipped)) in begins.iter().enumerate() {
        let next = begins.get(place + 1).map_or(u64::MAX, |next| next.1);
        let (first, last) = ((*begin).max(from), next.min(to));
        if first >= last {
            continue;
        }
        let range = index(first - from)..index(last - from);
        let own = window.get(range).unwrap_or_default();
        let offset = first - begin + skipped;
        let (lines, rows) = match is_hex {
            true => (Vec::new(), rows(offset, own)),
            false => (lines(offset, own), Vec::new()),
        };
        places.extend(lines.iter().map(|line| first + line.offset - offset));
        places.extend(rows.iter().map(|row| first + row.offset - offset));
        parts.push(Part {
            connection: *connection,
            begin: first,
            lines,
            rows,
        });
    }
    (to, parts, places)
}

/// The connections that are kept: number, first byte among all, and what a capture has left out.
pub(crate) fn begins(kept: &Inspection) -> Vec<(u64, u64, u64)> {
    let own: u64 = kept.connections().map(|c| c.bytes).sum();
    let mut begin = kept.total_bytes().saturating_sub(own);
    let place = |connection: &inspection::Connection| {
        let at = begin;
        begin += connection.bytes;
        (connection.n, at, connection.skipped)
    };
    kept.connections().map(place).collect()
}

fn index(place: u64) -> usize {
    usize::try_from(place).unwrap_or(usize::MAX)
}
