//! An inspection as lines of JSON, for another to read: what `tickertape inspect --json` prints, with
//! `--capture` the heads, the bytes and their times too.

mod form;
mod line;
mod opening;
mod read;

use std::borrow::Cow;

use base64::{Engine, engine::general_purpose::STANDARD};
use chrono::{DateTime, SecondsFormat};
use serde::Serialize;

use crate::{Connection, Finding, Inspection, Sight, masked, masked_header};
pub(crate) use form::MARK;
pub use form::{Form, form};
pub use opening::{Opening, read};

/// What a capture has beside events, diagnostics and the end.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
enum Line<'a> {
    /// A request, and the head of its answer.
    Open {
        url: String,
        method: &'a str,
        last_event_id: &'a str,
        time: Option<String>,
        trial: bool,
        status: Option<u16>,
        head_ms: Option<f64>,
        sight: &'static str,
        headers: Vec<(&'a str, Cow<'a, str>)>,
    },
    /// Bytes that were not kept.
    Cut { bytes: u64 },
    /// A piece of the body; `at_ms` counts from the request.
    Chunk { at_ms: Option<f64>, base64: String },
    /// Something to know.
    Diagnostic {
        code: &'a str,
        offset: u64,
        detail: &'a str,
    },
    /// How the connection ended.
    Closed { at_ms: Option<f64>, how: &'a str },
}

/// The line for a request and the head of its answer; secrets are left out.
#[must_use]
pub fn open_line(connection: &Connection) -> String {
    let headers = connection.head.headers.iter();
    line(&Line::Open {
        url: masked(&connection.url),
        method: &connection.method,
        last_event_id: &connection.last_event_id,
        time: connection.wall.and_then(time),
        trial: connection.is_trial,
        status: connection.status,
        head_ms: connection.head_after,
        sight: match connection.head.sight {
            Sight::Whole => "whole",
            Sight::Page => "page",
            Sight::Stranger => "stranger",
        },
        headers: headers
            .map(|(name, value)| (name.as_str(), masked_header(name, value)))
            .collect(),
    })
}

/// The line for bytes that were not kept.
#[must_use]
pub fn cut_line(bytes: u64) -> String {
    line(&Line::Cut { bytes })
}

/// The line for a piece of the body.
#[must_use]
pub fn chunk_line(at_ms: Option<f64>, bytes: &[u8]) -> String {
    let base64 = STANDARD.encode(bytes);
    line(&Line::Chunk { at_ms, base64 })
}

/// The line for how a connection ended.
#[must_use]
pub fn closed_line(at_ms: Option<f64>, how: &str) -> String {
    line(&Line::Closed { at_ms, how })
}

fn line(line: &Line<'_>) -> String {
    // Of these types nothing fails.
    serde_json::to_string(line).unwrap_or_default()
}

/// Milliseconds since 1970 as RFC 3339.
pub(crate) fn time(ms: f64) -> Option<String> {
    #[allow(clippy::cast_possible_truncation)]
    let time = DateTime::from_timestamp_millis(ms as i64)?;
    Some(time.to_rfc3339_opts(SecondsFormat::Millis, true))
}

/// Writes down what is kept.
#[must_use]
pub fn write(inspection: &Inspection) -> String {
    let mut out = Vec::new();
    // Where each connection's bytes begin among all.
    let kept: u64 = inspection.connections().map(|c| c.bytes).sum();
    let mut begin = inspection.total_bytes().saturating_sub(kept);
    for connection in inspection.connections() {
        out.push(open_line(connection));
        chunks(inspection, connection, begin, &mut out);
        begin += connection.bytes;
        let told = inspection.told.iter();
        for told in told.filter(|told| told.connection == connection.n) {
            let Finding {
                code,
                offset,
                detail,
                ..
            } = &told.finding;
            out.push(line(&Line::Diagnostic {
                code,
                offset: *offset,
                detail,
            }));
        }
        if !connection.end.is_empty() {
            out.push(closed_line(connection.lasted, &connection.end));
        }
    }
    out.push(String::new());
    out.join("\n")
}

/// The pieces of a connection, whose first byte is at `begin` among all; those that are kept in part begin with a block.
fn chunks(inspection: &Inspection, connection: &Connection, begin: u64, out: &mut Vec<String>) {
    let dropped = inspection.dropped_bytes().saturating_sub(begin);
    let dropped = dropped.min(connection.bytes);
    let first = begin + dropped;
    let length = usize::try_from(connection.bytes - dropped).unwrap_or_default();
    let bytes = inspection.bytes(first, length);
    let block = if dropped > 0 { block(&bytes) } else { 0 };
    let mut at = connection.skipped + dropped + block as u64;
    let end = connection.skipped + connection.bytes;
    if at > 0 {
        out.push(cut_line(at));
    }
    let mut rest = &bytes[block..];
    let own = inspection.chunks.iter();
    for chunk in own.filter(|chunk| chunk.connection == connection.n) {
        let stop = (chunk.offset + chunk.length as u64).min(end);
        let taken = usize::try_from(stop.saturating_sub(at)).unwrap_or_default();
        let (piece, after) = rest.split_at(taken.min(rest.len()));
        if !piece.is_empty() {
            out.push(chunk_line(Some(chunk.at), piece));
        }
        at += piece.len() as u64;
        rest = after;
    }
    // What has no time.
    if !rest.is_empty() {
        out.push(chunk_line(None, rest));
    }
}

/// Where the first whole block begins; the end where there is none.
fn block(bytes: &[u8]) -> usize {
    let ends: [&[u8]; 3] = [b"\n\n", b"\r\n\r\n", b"\r\r"];
    let places = ends.iter().filter_map(|end| {
        let at = bytes.windows(end.len()).position(|window| window == *end)?;
        Some(at + end.len())
    });
    places.min().unwrap_or(bytes.len())
}

#[cfg(test)]
mod tests;
