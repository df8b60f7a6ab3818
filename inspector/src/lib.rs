//! The inspector's part in the browser: what it keeps of a stream, for the page's script to show.
//!
//! Whatever is read here as text is harmless to show: control characters and bidirectional
//! controls are escaped. Answers are JSON.

mod page;
mod view;

use inspection::{
    Connection, Filter, Head, Inspection, Sight, Trial, Verdict, capture, masked, report,
    unanswered,
};
use serde::Deserialize;
use wasm_bindgen::prelude::wasm_bindgen;

/// An inspection.
#[wasm_bindgen]
#[derive(Debug, Default)]
pub struct Inspector {
    kept: Inspection,
    /// What is being tried, or why nothing can be.
    trial: Option<Trial>,
    filter: Filter,
}

/// A response's head, as `fetch` gives it.
#[derive(Deserialize)]
struct Seen {
    status: u16,
    headers: Vec<(String, String)>,
    /// Whether it is this page's own server.
    is_own: bool,
}

#[wasm_bindgen]
impl Inspector {
    /// An empty one.
    #[wasm_bindgen(constructor)]
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Begins a connection; `wall` is the time in milliseconds since 1970.
    pub fn open(&mut self, url: &str, method: &str, last_event_id: &str, wall: f64) {
        self.begin(url, method, last_event_id, wall, false);
    }

    /// The id that a trial of resuming comes back with; none where there is nothing to try, which then is told.
    pub fn try_resume(&mut self) -> Option<String> {
        match self.kept.trial() {
            Ok(trial) => {
                let id = trial.id().to_owned();
                self.trial = Some(trial);
                Some(id)
            }
            Err(verdict) => {
                // That there are no ids is told of every stream.
                if verdict.code != "no_ids" {
                    self.kept.verdict(&verdict);
                }
                None
            }
        }
    }

    /// Begins the connection of that trial.
    pub fn open_trial(&mut self, url: &str, method: &str, last_event_id: &str, wall: f64) {
        self.begin(url, method, last_event_id, wall, true);
    }

    /// Whether as many events came as the trial waits for.
    #[must_use]
    pub fn is_tried(&self) -> bool {
        let came = self.kept.seen_in_trial();
        self.trial
            .as_ref()
            .is_some_and(|trial| trial.is_enough(came))
    }

    /// How many milliseconds a trial waits for what is to follow.
    #[must_use]
    pub fn trial_time(&self) -> f64 {
        self.kept.trial_time().as_secs_f64() * 1000.0
    }

    /// Ends the trial. `failure` is why a page got no answer, which is no fault of the server's; `is_open` says that the
    /// server had not ended the stream.
    pub fn judge(&mut self, failure: Option<String>, is_open: bool) {
        let Some(trial) = self.trial.take() else {
            return;
        };
        let verdict: Verdict = match failure {
            Some(why) => unanswered(&why),
            None => self.kept.judge(&trial, is_open),
        };
        self.kept.verdict(&verdict);
    }

    /// Takes a response's head, as JSON.
    pub fn head(&mut self, json: &str, after: f64) {
        let Ok(seen) = serde_json::from_str::<Seen>(json) else {
            return;
        };
        let all = seen.headers.len();
        let mut head = Head {
            status: seen.status,
            headers: seen.headers,
            sight: if seen.is_own {
                Sight::Page
            } else {
                Sight::Stranger
            },
            ..Head::default()
        };
        let cut = head.bound();
        self.kept.head(head, Some(after));
        if cut > 0 {
            let detail = format!("of {all} headers the last {cut} are not kept here");
            self.tell("headers_cut".to_owned(), detail);
        }
    }

    /// Takes a piece of the body, or more of the one before.
    pub fn feed(&mut self, piece: &[u8], at: f64, is_more: bool) {
        self.kept.feed(piece, Some(at), is_more);
    }

    /// Takes a finding that only the browser can have.
    pub fn tell(&mut self, code: String, detail: String) {
        self.kept.tell(inspection::Finding::new(code, detail));
    }

    /// Ends the connection: how, in words.
    pub fn close(&mut self, how: &str, at: f64) {
        self.kept.close(how, Some(at));
    }

    /// Ends the connection, broken by what the browser says.
    pub fn cut_off(&mut self, why: &str, at: f64) {
        self.kept.cut_off(why, at);
    }

    /// How many milliseconds a client waits before it comes back; less than 100 are as 100.
    #[must_use]
    #[allow(clippy::cast_precision_loss)]
    pub fn retry(&self) -> f64 {
        self.kept.wait().max(100) as f64
    }

    /// What a client comes back with.
    #[must_use]
    pub fn next_id(&self) -> String {
        let own = self.kept.connections().rev().find(|c| !c.is_trial);
        own.map(|own| own.next_id.clone()).unwrap_or_default()
    }

    /// A text as it may stand in a line: escaped, and cut where it is long.
    #[must_use]
    pub fn shown(text: &str) -> String {
        view::short(text)
    }

    /// Whether a client comes back with this id: browsers do not send every one.
    #[must_use]
    pub fn is_sendable(id: &str) -> bool {
        inspection::is_sendable(id)
    }

    /// Whether a content type is that of an event stream.
    #[must_use]
    pub fn is_stream(content_type: &str) -> bool {
        inspection::is_event_stream(content_type)
    }

    /// The address that was asked, without its secrets; empty where there is none.
    #[must_use]
    pub fn url(&self) -> String {
        let first = self.kept.connections().next();
        first.map(|first| masked(&first.url)).unwrap_or_default()
    }

    /// Shows only events that have a text in them; all where it is empty.
    pub fn seek(&mut self, part: &str) {
        self.filter = Filter::new(part);
    }

    /// Figures of all of it.
    #[must_use]
    pub fn summary(&mut self) -> String {
        self.filter.follow(&self.kept);
        view::summary(&self.kept, self.filter.figures())
    }

    /// Events, from the nth of those that are kept and have the text.
    #[must_use]
    pub fn events(&self, from: usize, most: usize) -> String {
        view::events(&self.kept, &self.filter.rows(&self.kept, from, most))
    }

    /// Pieces, from the nth of those that are kept.
    #[must_use]
    pub fn chunks(&self, from: usize, most: usize) -> String {
        view::chunks(&self.kept, from, most)
    }

    /// Findings, from the nth.
    #[must_use]
    pub fn findings(&self, from: usize, most: usize) -> String {
        view::findings(&self.kept, from, most)
    }

    /// A page of the bytes, as lines or as rows of hexadecimal digits, from a place among all bytes.
    #[must_use]
    pub fn bytes(&self, from: f64, is_hex: bool) -> String {
        page::bytes(&self.kept, place(from), is_hex)
    }

    /// Where the page begins that ends before a place.
    #[must_use]
    #[allow(clippy::cast_precision_loss)]
    pub fn bytes_before(&self, end: f64, is_hex: bool) -> f64 {
        page::before(&self.kept, place(end), is_hex) as f64
    }

    /// Connections, the newest first.
    #[must_use]
    pub fn connections(&self) -> String {
        view::connections(&self.kept)
    }

    /// The headers of the newest response.
    #[must_use]
    pub fn headers(&self) -> String {
        view::headers(&self.kept)
    }

    /// A report to paste; `context` says what looked, and when.
    #[must_use]
    pub fn report(&self, context: &str) -> String {
        report(&self.kept, context)
    }

    /// Everything that is kept, as lines of JSON.
    #[must_use]
    pub fn capture(&self) -> String {
        capture::write(&self.kept)
    }

    fn begin(&mut self, url: &str, method: &str, last_event_id: &str, wall: f64, is_trial: bool) {
        self.kept.open(Connection {
            url: url.to_owned(),
            method: method.to_owned(),
            last_event_id: last_event_id.to_owned(),
            wall: Some(wall),
            is_trial,
            ..Connection::default()
        });
    }
}

/// A place among bytes, as JavaScript counts.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
fn place(number: f64) -> u64 {
    number.max(0.0) as u64
}

/// An address without its secrets.
#[wasm_bindgen]
#[must_use]
pub fn without_secrets(url: &str) -> String {
    masked(url)
}

/// A text that was written down, read piece by piece.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Opening(capture::Opening);

#[wasm_bindgen]
impl Opening {
    /// One that begins so: by that it is known.
    #[wasm_bindgen(constructor)]
    #[must_use]
    pub fn new(beginning: &[u8]) -> Self {
        let form = capture::form(beginning, true).unwrap_or(capture::Form::Bytes);
        Self(capture::Opening::of(form, "", ()))
    }

    /// Takes the next bytes; whether some of them are left, for which an empty piece is to be given.
    ///
    /// # Errors
    /// Where a line is none of a capture: what is wrong, and where.
    pub fn feed(&mut self, piece: &[u8]) -> Result<bool, String> {
        self.0.feed(piece)
    }

    /// Takes a last line that has no end; whether some of it is left, as of a piece.
    ///
    /// # Errors
    /// As [`feed`](Self::feed).
    pub fn last(&mut self) -> Result<bool, String> {
        self.0.last()
    }

    /// What there is to show, once all of it came.
    ///
    /// # Errors
    /// As [`feed`](Self::feed).
    pub fn end(self) -> Result<Inspector, String> {
        let kept = self.0.end(false)?;
        Ok(Inspector {
            kept,
            ..Inspector::default()
        })
    }
}
