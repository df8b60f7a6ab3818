//! Lines of JSON, read.

use std::mem;

use base64::{Engine, engine::general_purpose::STANDARD};
use chrono::DateTime;

use super::line::{Line, unknown};
use crate::kept::beginning;
use crate::limits::{FINDINGS, PART};
use crate::{Connection, Finding, Head, Inspection, Listener, Sight};

/// The longest id, name or address that is taken of a line, in bytes (64 KiB): longer ones no stream's reader takes.
const FIELD: usize = wire::Limits::DEFAULT.field;

/// The longest of what is said in a line, in bytes (4 KiB).
const DETAIL: usize = 4 << 10;

/// Reads lines of JSON, one after the other.
#[derive(Debug)]
pub(super) struct Reader<L> {
    inspection: Inspection<L>,
    /// Lines read.
    place: u64,
    /// Whether the newest connection has no line of its own, and so no bytes.
    is_bare: bool,
    has_bytes: bool,
    /// A piece of which a part is to be taken yet.
    piece: Piece,
    /// What was said of the newest connection.
    said: Vec<Finding>,
}

/// A piece of a body, taken part by part: it may hold as much as a line can.
#[derive(Debug, Default)]
struct Piece {
    bytes: Vec<u8>,
    at: Option<f64>,
    taken: usize,
}

impl<L: Listener> Reader<L> {
    /// One of which somebody hears.
    pub(super) fn new(listener: L) -> Self {
        Self {
            inspection: Inspection::with(listener),
            place: 0,
            is_bare: false,
            has_bytes: false,
            piece: Piece::default(),
            said: Vec::new(),
        }
    }

    /// Who hears of it.
    pub(super) fn listener(&mut self) -> &mut L {
        self.inspection.listener()
    }

    /// Takes a line, of which more may be left to [take](Self::more).
    ///
    /// # Errors
    /// Where it is none of an inspection: why, and its number.
    pub(super) fn line(&mut self, text: &str) -> Result<(), String> {
        self.place += 1;
        if text.trim().is_empty() {
            return Ok(());
        }
        while self.more() {}
        let taken = Line::read(text).and_then(|line| self.take(line));
        taken.map_err(|why| format!("line {}: {why}", self.place))
    }

    /// Takes a part of the piece that the newest line holds; whether more of it is left.
    pub(super) fn more(&mut self) -> bool {
        let Piece { bytes, at, taken } = &mut self.piece;
        let part = &bytes[*taken..bytes.len().min(*taken + PART)];
        self.inspection.feed(part, *at, *taken > 0);
        *taken += part.len();
        *taken < bytes.len()
    }

    /// Takes the end.
    ///
    /// # Errors
    /// Where there was nothing of an inspection.
    pub(super) fn end(mut self) -> Result<Inspection<L>, String> {
        while self.more() {}
        if self.inspection.opened() == 0 {
            return Err("there is no line of an inspection in it".to_owned());
        }
        self.inspection
            .close("stopped: the capture ends here", None);
        self.over();
        Ok(self.inspection)
    }

    fn take(&mut self, line: Line) -> Result<(), String> {
        let is_over = |newest: &Connection| self.is_bare && !newest.end.is_empty();
        if line.kind != "open"
            && self
                .inspection
                .connections()
                .next_back()
                .is_none_or(is_over)
        {
            self.begin(Connection::default());
            self.is_bare = true;
        }
        match &*line.kind {
            "open" => self.open(line),
            "cut" => {
                if let Some(newest) = self.inspection.newest() {
                    newest.skipped = line.bytes;
                }
                self.listener().cut(line.bytes);
            }
            "chunk" => {
                let bytes = STANDARD.decode(&line.base64);
                let bytes = bytes.map_err(|error| {
                    // It ends as a sentence does, in which others are to stand.
                    let why = error.to_string();
                    format!("its bytes are no Base64: {}", why.trim_end_matches('.'))
                })?;
                self.has_bytes = true;
                self.piece = Piece {
                    bytes,
                    at: line.at_ms,
                    taken: 0,
                };
            }
            // The bytes have it all.
            "event" if self.has_bytes => {}
            "event" => self.inspection.bare_event(&wire::Event {
                event: beginning(&line.event, FIELD),
                data: line.data,
                id: beginning(&line.id, FIELD),
                ..wire::Event::default()
            }),
            "diagnostic" => self.diagnostic(&line),
            "closed" => {
                let how = beginning(&line.how, DETAIL);
                self.inspection.close(&how, line.at_ms);
            }
            "end" => self.ended(&line),
            other => return Err(unknown(other)),
        }
        Ok(())
    }

    fn begin(&mut self, connection: Connection) {
        self.over();
        self.has_bytes = false;
        self.inspection.open(connection);
    }

    fn open(&mut self, line: Line) {
        #[allow(clippy::cast_precision_loss)]
        let wall = line.time.as_deref().and_then(|time| {
            let time = DateTime::parse_from_rfc3339(time).ok()?;
            Some(time.timestamp_millis() as f64)
        });
        let status = line.status;
        let mut head = status.map(|status| Head {
            status,
            headers: line.headers,
            sight: match &*line.sight {
                "page" => Sight::Page,
                "stranger" => Sight::Stranger,
                _ => Sight::Whole,
            },
            ..Head::default()
        });
        head.as_mut().map(Head::bound);
        self.begin(Connection {
            url: beginning(&line.url, FIELD),
            method: beginning(&line.method, DETAIL),
            last_event_id: beginning(&line.last_event_id, FIELD),
            is_trial: line.trial,
            wall,
            status,
            head_after: status.and(line.head_ms),
            head: head.unwrap_or_default(),
            ..Connection::default()
        });
        self.is_bare = false;
    }

    /// Takes what is said where there are no bytes to find it in; else remembers it, as it may be found in head and
    /// bytes, sooner or later.
    fn diagnostic(&mut self, line: &Line) {
        let [code, detail] = [&line.code, &line.detail].map(|text| beginning(text, DETAIL));
        let finding = Finding::new(code, detail).at(line.offset);
        if self.is_bare {
            self.inspection.tell(finding);
        } else if self.said.len() < FINDINGS {
            self.said.push(finding);
        }
    }

    /// Takes as it is what was not found again, and ends the newest connection.
    fn over(&mut self) {
        let newest = self.inspection.opened();
        for finding in mem::take(&mut self.said) {
            let is_known = self.inspection.told.iter().any(|told| {
                told.connection == newest
                    && told.finding.code == finding.code
                    && told.finding.offset == finding.offset
            });
            // What was found beyond the bound is not known again.
            if !is_known && self.inspection.dropped_findings() == 0 {
                self.inspection.tell(finding);
            }
        }
        self.inspection.end();
    }

    fn ended(&mut self, line: &Line) {
        if self.has_bytes {
            return;
        }
        if let Some(newest) = self.inspection.newest() {
            newest.next_id = beginning(&line.last_event_id, FIELD);
            newest.retry = line
                .retry
                .as_ref()
                .map(|retry| beginning(&retry.to_string(), DETAIL));
            if newest.end.is_empty() {
                newest.end = "ended".to_owned();
            }
        }
    }
}
