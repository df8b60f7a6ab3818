//! What comes out of a parser.

use std::ops::Range;

use crate::{Diagnostic, ReconnectionTime};

/// One thing that a parser found, in the order of the bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Item {
    /// An event, dispatched.
    Event(Event),
    /// Something to know about the stream.
    Diagnostic(Diagnostic),
    /// A line as it was read; only with [`Parser::with_fields`](crate::Parser::with_fields).
    Field(Field),
}

/// An event as a client dispatches it (HTML 9.2.6, "dispatch the event").
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Event {
    /// The name; `message` where the stream gives none.
    pub event: String,
    /// The data; its lines are joined with LF.
    pub data: String,
    /// The last event id: the event's own, or the newest before it; empty where there is none.
    pub id: String,
    /// Whether that is its own.
    pub has_id: bool,
    /// The topic, where Tickertape's own field gives it.
    pub topic: Option<String>,
    /// The bytes of its block, comments in it included: from its first line to the end of its
    /// blank line. Where CRLF ends that line, up to the CR, as the event is dispatched there.
    pub span: Range<u64>,
}

/// A line that is not blank, as it was read, known or unknown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// What stands before the first colon, or the whole line; empty for a comment.
    pub name: String,
    /// What stands after the colon, without one leading space. Of a comment, and of a
    /// line that is over [`Limits::line`](crate::Limits::line), what of it is in the first 1,024 bytes of the line.
    pub value: String,
    /// The bytes of the line, without its line end.
    pub span: Range<u64>,
}

/// What is left of a stream after its end.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct End {
    /// What the next request carries as `Last-Event-ID`; empty: nothing.
    pub last_event_id: String,
    /// The reconnection time in force, where the stream or the one before it set one.
    pub retry: Option<ReconnectionTime>,
    /// How many events were dispatched.
    pub events: u64,
    /// How many of them had an id of their own; 0 means that the stream cannot be resumed.
    pub with_id: u64,
}
