//! An inspection as lines of JSON, for another to read: what `tickertape inspect --json` prints, with
//! `--capture` the heads, the bytes and their times too.

use std::borrow::Cow;
use std::mem;

use base64::{Engine, engine::general_purpose::STANDARD};
use chrono::{DateTime, SecondsFormat};
use serde::Serialize;
use serde_json::Value;

use crate::limits::{CAPTURE, FINDINGS, HEAD_BYTES, HEADERS};
use crate::transcript;
use crate::{Connection, Finding, Head, Inspection, Sight, masked, masked_header};

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
        out.push(line(&Line::Cut { bytes: at }));
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

/// Reads what [`write`] or `tickertape inspect --json` has written, or the bytes of a stream as they are.
///
/// # Errors
/// Where it is too long, or a line that is to be JSON is not what it should be: what, and where.
pub fn read(bytes: &[u8]) -> Result<Inspection, String> {
    if bytes.len() > CAPTURE {
        return Err(format!(
            "it is over {} MiB, the most that is read: give a part of it",
            CAPTURE >> 20
        ));
    }
    let mut reader = Reader::default();
    if !is_capture(bytes) {
        reader.inspection.open(Connection::default());
        let (head, body) = transcript::parts(bytes);
        if let Some(head) = head {
            reader.inspection.head(head, None);
        }
        reader.inspection.feed(&body, None, false);
        reader
            .inspection
            .close("ended: these are all the bytes", None);
        return Ok(reader.inspection);
    }
    for (place, text) in String::from_utf8_lossy(bytes).lines().enumerate() {
        if !text.trim().is_empty() {
            let read = serde_json::from_str(text).map_err(|error| error.to_string());
            let read = read.and_then(|line| reader.line(&line));
            read.map_err(|why| format!("line {}: {why}", place + 1))?;
        }
    }
    if reader.inspection.opened() == 0 {
        return Err("there is no line of an inspection in it".to_owned());
    }
    reader
        .inspection
        .close("stopped: the capture ends here", None);
    reader.settle();
    Ok(reader.inspection)
}

/// Whether it is JSON with a kind, and not a stream: no field of one begins with a brace.
fn is_capture(bytes: &[u8]) -> bool {
    let first = bytes.iter().find(|byte| !byte.is_ascii_whitespace());
    first == Some(&b'{')
}

#[derive(Default)]
struct Reader {
    inspection: Inspection,
    has_bytes: bool,
    /// What was said of the newest connection.
    said: Vec<Finding>,
}

impl Reader {
    fn line(&mut self, line: &Value) -> Result<(), String> {
        let text = |name: &str| line[name].as_str().unwrap_or_default();
        let kind = text("kind");
        if kind != "open" && self.inspection.opened() == 0 {
            self.inspection.open(Connection::default());
        }
        match kind {
            "open" => self.open(line),
            "cut" => {
                if let Some(newest) = self.inspection.newest() {
                    newest.skipped = line["bytes"].as_u64().unwrap_or_default();
                }
            }
            "chunk" => {
                let bytes = STANDARD.decode(text("base64"));
                let bytes = bytes.map_err(|error| format!("its bytes are no Base64: {error}"))?;
                self.has_bytes = true;
                self.inspection.feed(&bytes, line["at_ms"].as_f64(), false);
            }
            // The bytes have it all.
            "event" if self.has_bytes => {}
            "event" => self.inspection.bare_event(&wire::Event {
                event: text("event").to_owned(),
                data: text("data").to_owned(),
                id: text("id").to_owned(),
                ..wire::Event::default()
            }),
            "diagnostic" => self.diagnostic(line),
            "closed" => self.inspection.close(text("how"), line["at_ms"].as_f64()),
            "end" => self.end(line),
            "check" | "verdict" => {
                return Err(
                    "this is what --check prints, which is no stream; give what \
                            `tickertape inspect --json` prints"
                        .to_owned(),
                );
            }
            other => {
                return Err(format!(
                    "the kind {other:?} is unknown; give what `tickertape inspect --json` prints"
                ));
            }
        }
        Ok(())
    }

    fn open(&mut self, line: &Value) {
        let text = |name: &str| line[name].as_str().unwrap_or_default().to_owned();
        #[allow(clippy::cast_precision_loss)]
        let wall = DateTime::parse_from_rfc3339(&text("time"))
            .ok()
            .map(|time| time.timestamp_millis() as f64);
        self.settle();
        self.has_bytes = false;
        self.inspection.open(Connection {
            url: text("url"),
            method: text("method"),
            last_event_id: text("last_event_id"),
            is_trial: line["trial"].as_bool().unwrap_or_default(),
            wall,
            ..Connection::default()
        });
        let Some(status) = line["status"].as_u64().and_then(|s| u16::try_from(s).ok()) else {
            return;
        };
        let headers = line["headers"].as_array().into_iter().flatten();
        let headers = headers
            .filter_map(|pair| Some((pair[0].as_str()?, pair[1].as_str()?)))
            .take(HEADERS)
            .scan(HEAD_BYTES, |left, (name, value)| {
                *left = left.checked_sub(name.len() + value.len())?;
                Some((name.to_owned(), value.to_owned()))
            });
        let head = Head {
            status,
            headers: headers.collect(),
            sight: match &*text("sight") {
                "page" => Sight::Page,
                "stranger" => Sight::Stranger,
                _ => Sight::Whole,
            },
            ..Head::default()
        };
        self.inspection.head(head, line["head_ms"].as_f64());
    }

    /// Remembers what may be found again in head and bytes, sooner or later.
    fn diagnostic(&mut self, line: &Value) {
        let text = |name: &str| line[name].as_str().unwrap_or_default().to_owned();
        let offset = line["offset"].as_u64().unwrap_or_default();
        if self.said.len() < FINDINGS {
            let finding = Finding::new(text("code"), text("detail")).at(offset);
            self.said.push(finding);
        }
    }

    /// Takes as it is what was not found again.
    fn settle(&mut self) {
        let newest = self.inspection.opened();
        for finding in mem::take(&mut self.said) {
            let is_known = self.inspection.told.iter().any(|told| {
                told.connection == newest
                    && told.finding.code == finding.code
                    && told.finding.offset == finding.offset
            });
            if !is_known {
                self.inspection.tell(finding);
            }
        }
    }

    fn end(&mut self, line: &Value) {
        let id = line["last_event_id"].as_str().unwrap_or_default();
        let retry = (!line["retry"].is_null()).then(|| line["retry"].to_string());
        if self.has_bytes {
            return;
        }
        if let Some(newest) = self.inspection.newest() {
            id.clone_into(&mut newest.next_id);
            newest.retry = retry;
            newest.end = "ended".to_owned();
        }
    }
}

#[cfg(test)]
mod tests;
