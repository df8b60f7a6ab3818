//! What is kept of a stream: connections, events, pieces, findings.

use serde::Serialize;

use crate::{Finding, Head};

/// One request and its answer. All times are milliseconds after the request.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Connection {
    /// 1 for the first.
    pub n: u64,
    /// What was asked for; empty for bytes without a request.
    pub url: String,
    /// How.
    pub method: String,
    /// What it carried as `Last-Event-ID`; empty: nothing.
    pub last_event_id: String,
    /// When it was asked, in milliseconds since 1970; none where nobody wrote it down.
    pub wall: Option<f64>,
    /// Whether it only tried a resume.
    pub is_trial: bool,
    /// Its status; none before the head, or without one.
    pub status: Option<u16>,
    /// When the head came.
    pub head_after: Option<f64>,
    /// When the first byte of the body came.
    pub first_byte: Option<f64>,
    /// Bytes of the body.
    pub bytes: u64,
    /// Events dispatched.
    pub events: u64,
    /// Comment lines.
    pub comments: u64,
    /// How it ended, in words; empty while it goes on.
    pub end: String,
    /// When it ended.
    pub lasted: Option<f64>,
    /// What a client comes back with.
    pub next_id: String,
    /// The reconnection time in force, in milliseconds.
    pub retry: Option<String>,
    /// Bytes at its beginning that a capture has left out.
    pub skipped: u64,
    /// Its head.
    #[serde(skip)]
    pub head: Head,
}

impl Connection {
    /// Whether a client came back and was told to stay away, as the standard has it (HTML 9.2.1, the introduction).
    pub(crate) fn is_sent_away(&self) -> bool {
        let comes_back = self.n > 1 || !self.last_event_id.is_empty();
        comes_back && self.status == Some(204)
    }
}

/// An event that is kept.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Row {
    /// 1 for the first of all.
    pub n: u64,
    /// Of which connection.
    pub connection: u64,
    /// When it came; none where nobody wrote it down.
    pub at: Option<f64>,
    /// Its name.
    pub event: String,
    /// The last event id after it.
    pub id: String,
    /// Tickertape's own field.
    pub topic: Option<String>,
    /// Its data, or the beginning of it.
    pub data: String,
    /// How long the data is, in bytes.
    pub length: usize,
    /// The first byte of its block.
    pub start: u64,
    /// The byte after its block.
    pub end: u64,
    /// By how many milliseconds it came later than it says that it was made.
    pub latency: Option<f64>,
}

/// A piece as it arrived.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Chunk {
    /// Of which connection.
    pub connection: u64,
    /// When it came.
    pub at: f64,
    /// Of its first byte, in the body.
    pub offset: u64,
    /// In bytes.
    pub length: usize,
    /// Events that it completed.
    pub events: u64,
    /// Comment lines that it completed.
    pub comments: u64,
}

/// A finding, and of which connection.
#[derive(Clone, Debug, PartialEq)]
pub struct Told {
    /// Of which connection.
    pub connection: u64,
    /// What there is to say.
    pub finding: Finding,
}

impl Row {
    /// What it takes, in bytes.
    pub(crate) fn size(&self) -> usize {
        let topic = self.topic.as_ref().map_or(0, String::len);
        self.event.len() + self.id.len() + topic + self.data.len()
    }
}

/// As much of a text as is kept, up to a whole character.
pub(crate) fn beginning(text: &str, most: usize) -> String {
    let end = (0..=most.min(text.len())).rev();
    let end = end.into_iter().find(|at| text.is_char_boundary(*at));
    text[..end.unwrap_or_default()].to_owned()
}
