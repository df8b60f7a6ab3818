//! Lines of JSON, read.

use std::mem;

use base64::{Engine, engine::general_purpose::STANDARD};
use chrono::DateTime;
use serde_json::Value;

use crate::limits::{FINDINGS, PART};
use crate::{Connection, Finding, Head, Inspection, Listener, Sight};

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
        let read = serde_json::from_str(text).map_err(|error| error.to_string());
        let taken = read.and_then(|line| self.take(&line));
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

    fn take(&mut self, line: &Value) -> Result<(), String> {
        let text = |name: &str| line[name].as_str().unwrap_or_default();
        let kind = text("kind");
        let is_over = |newest: &Connection| self.is_bare && !newest.end.is_empty();
        if kind != "open"
            && self
                .inspection
                .connections()
                .next_back()
                .is_none_or(is_over)
        {
            self.begin(Connection::default());
            self.is_bare = true;
        }
        match kind {
            "open" => self.open(line),
            "cut" => {
                let bytes = line["bytes"].as_u64().unwrap_or_default();
                if let Some(newest) = self.inspection.newest() {
                    newest.skipped = bytes;
                }
                self.listener().cut(bytes);
            }
            "chunk" => {
                let bytes = STANDARD.decode(text("base64"));
                let bytes = bytes.map_err(|error| format!("its bytes are no Base64: {error}"))?;
                self.has_bytes = true;
                self.piece = Piece {
                    bytes,
                    at: line["at_ms"].as_f64(),
                    taken: 0,
                };
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
            "end" => self.ended(line),
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

    fn begin(&mut self, connection: Connection) {
        self.over();
        self.has_bytes = false;
        self.inspection.open(connection);
    }

    fn open(&mut self, line: &Value) {
        let text = |name: &str| line[name].as_str().unwrap_or_default().to_owned();
        #[allow(clippy::cast_precision_loss)]
        let wall = DateTime::parse_from_rfc3339(&text("time"))
            .ok()
            .map(|time| time.timestamp_millis() as f64);
        let status = line["status"].as_u64().and_then(|s| u16::try_from(s).ok());
        let mut head = status.map(|status| Head {
            status,
            headers: headers(line),
            sight: match &*text("sight") {
                "page" => Sight::Page,
                "stranger" => Sight::Stranger,
                _ => Sight::Whole,
            },
            ..Head::default()
        });
        head.as_mut().map(Head::bound);
        self.begin(Connection {
            url: text("url"),
            method: text("method"),
            last_event_id: text("last_event_id"),
            is_trial: line["trial"].as_bool().unwrap_or_default(),
            wall,
            status,
            head_after: status.and(line["head_ms"].as_f64()),
            head: head.unwrap_or_default(),
            ..Connection::default()
        });
        self.is_bare = false;
    }

    /// Takes what is said where there are no bytes to find it in; else remembers it, as it may be found in head and
    /// bytes, sooner or later.
    fn diagnostic(&mut self, line: &Value) {
        let text = |name: &str| line[name].as_str().unwrap_or_default().to_owned();
        let offset = line["offset"].as_u64().unwrap_or_default();
        let finding = Finding::new(text("code"), text("detail")).at(offset);
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

    fn ended(&mut self, line: &Value) {
        let id = line["last_event_id"].as_str().unwrap_or_default();
        let retry = line["retry"].is_number().then(|| line["retry"].to_string());
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

fn headers(line: &Value) -> Vec<(String, String)> {
    let headers = line["headers"].as_array().into_iter().flatten();
    let headers = headers
        .filter_map(|pair| Some((pair[0].as_str()?.to_owned(), pair[1].as_str()?.to_owned())));
    headers.collect()
}
