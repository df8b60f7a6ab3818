//! What others wrote down, read: lines of JSON, what curl printed, or the bytes of a stream.

use std::mem;

use base64::{Engine, engine::general_purpose::STANDARD};
use chrono::DateTime;
use serde_json::Value;

use crate::limits::{CAPTURE, FINDINGS, FIRST_LINE};
use crate::transcript::{begins, parts};
use crate::{Connection, Finding, Head, Inspection, Listener, Sight};

/// What a text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Lines of JSON, for a [`Reader`].
    Lines,
    /// What curl printed, for [`transcript`].
    Transcript,
    /// The bytes of a stream.
    Bytes,
}

/// What a text is, by its beginning; none where more of it is needed to know, unless that is all.
#[must_use]
pub fn form(beginning: &[u8], is_all: bool) -> Option<Form> {
    let text = beginning.trim_ascii_start();
    let is_all = is_all || beginning.len() >= FIRST_LINE;
    // A stream begins with a letter of a field or a colon, of which the first line need not have come.
    match text.first() {
        None => return is_all.then_some(Form::Bytes),
        Some(b'{' | b'%' | b'*' | b'$' | b'<' | b'>' | b'H' | b'N' | b'W') => (),
        Some(_) => return Some(Form::Bytes),
    }
    let end = text.iter().position(|byte| *byte == b'\n');
    if end.is_none() && !is_all {
        return None;
    }
    let line = String::from_utf8_lossy(&text[..end.unwrap_or(text.len())]);
    Some(if is_kind(&line) {
        Form::Lines
    } else if begins(&line) {
        Form::Transcript
    } else {
        Form::Bytes
    })
}

/// Whether it is JSON with a kind: other JSON is a body that is no stream.
fn is_kind(line: &str) -> bool {
    let is_one =
        |line: &str| serde_json::from_str(line).is_ok_and(|line: Value| line["kind"].is_string());
    line.starts_with("{\"kind\":") || line.starts_with('{') && is_one(line)
}

/// Reads what [`write`](super::write) or `tickertape inspect --json` has written, or the bytes of a stream as they are.
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
    if form(bytes, true) != Some(Form::Lines) {
        return Ok(transcript(bytes, ()));
    }
    let mut reader = Reader::new(());
    for line in String::from_utf8_lossy(bytes).lines() {
        reader.line(line)?;
    }
    reader.end()
}

/// What there is to say of what curl printed; where it printed no head, of the bytes of a stream.
#[must_use]
pub fn transcript<L: Listener>(bytes: &[u8], listener: L) -> Inspection<L> {
    let (head, body) = parts(bytes);
    let mut inspection = Inspection::with(listener);
    inspection.open(Connection {
        status: head.as_ref().map(|head| head.status),
        head: head.unwrap_or_default(),
        ..Connection::default()
    });
    inspection.feed(&body, None, false);
    inspection.close("ended: these are all the bytes", None);
    inspection.end();
    inspection
}

/// Reads lines of JSON, one after the other.
#[derive(Debug)]
pub struct Reader<L = ()> {
    inspection: Inspection<L>,
    /// Lines read.
    place: u64,
    /// Whether the newest connection has no line of its own, and so no bytes.
    is_bare: bool,
    has_bytes: bool,
    /// What was said of the newest connection.
    said: Vec<Finding>,
}

impl<L: Listener> Reader<L> {
    /// One of which somebody hears.
    pub fn new(listener: L) -> Self {
        Self {
            inspection: Inspection::with(listener),
            place: 0,
            is_bare: false,
            has_bytes: false,
            said: Vec::new(),
        }
    }

    /// Who hears of it.
    pub fn listener(&mut self) -> &mut L {
        self.inspection.listener()
    }

    /// Takes a line.
    ///
    /// # Errors
    /// Where it is none of an inspection: why, and its number.
    pub fn line(&mut self, text: &str) -> Result<(), String> {
        self.place += 1;
        if text.trim().is_empty() {
            return Ok(());
        }
        let read = serde_json::from_str(text).map_err(|error| error.to_string());
        let taken = read.and_then(|line| self.take(&line));
        taken.map_err(|why| format!("line {}: {why}", self.place))
    }

    /// Takes the end.
    ///
    /// # Errors
    /// Where there was nothing of an inspection.
    pub fn end(mut self) -> Result<Inspection<L>, String> {
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
