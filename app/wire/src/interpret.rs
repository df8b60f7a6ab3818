//! From lines to events (HTML 9.2.6).

use std::borrow::Cow;

use crate::beat::is_beat;
use crate::diagnostic::{Excerpt, Out};
use crate::field::is_sendable;
use crate::lines::{CUT_KEPT, RawLine};
use crate::order::{Order, order};
use crate::{Code, End, Event, Field, Item, Limits, ReconnectionTime};

/// What a stream has come to, and the block that is being read.
#[derive(Clone, Debug, Default)]
pub(crate) struct Interpreter {
    pub(crate) limits: Limits,
    /// Whether every line is told as a [`Field`].
    pub(crate) fields: bool,
    /// The last event id, its buffer and the reconnection time, and what was counted.
    pub(crate) end: End,
    /// The standard's "last event ID buffer": the id that the next blank line makes the last.
    id: String,
    /// The id of the newest event that had one of its own.
    previous_id: String,
    block: Block,
}

/// The fields since the last blank line.
#[derive(Clone, Debug, Default)]
struct Block {
    start: Option<u64>,
    event: Option<String>,
    data: Option<String>,
    topic: Option<String>,
    has_id: bool,
    /// A name or an id after data, other than the one before, and where it is.
    renamed: Option<(&'static str, u64)>,
    /// Something passed a limit: dispatching the rest would be wrong data.
    too_long: bool,
}

impl Interpreter {
    /// Begins with the id that the connection before left behind.
    pub(crate) fn resume(last_event_id: &str) -> Self {
        let end = End {
            last_event_id: last_event_id.to_owned(),
            ..End::default()
        };
        Self {
            id: last_event_id.to_owned(),
            previous_id: last_event_id.to_owned(),
            end,
            ..Self::default()
        }
    }

    /// Takes a line that has ended.
    pub(crate) fn line(&mut self, line: &RawLine<'_>, out: &mut Out<'_>) {
        if line.span.is_empty() {
            return self.dispatch(line.span.end + 1, out);
        }
        self.block.start.get_or_insert(line.span.start);
        if line.is_comment && !self.fields {
            return;
        }
        let text = decode(line);
        let (name, value) = text.split_once(':').unwrap_or((&text, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        if self.fields {
            let (name, value) = (name.to_owned(), value.to_owned());
            (out.sink)(Item::Field(Field {
                name,
                value,
                span: line.span.clone(),
            }));
        }
        if line.is_comment {
            return;
        }
        // What is wrong with it was said when it was cut.
        if line.is_cut {
            self.block.too_long |= is_known(name) && name != "retry";
            return;
        }
        self.field(name, value, line.span.start, out);
    }

    /// Takes the end of the stream; the line is one without an end.
    pub(crate) fn finish(&mut self, line: Option<&RawLine<'_>>, out: &mut Out<'_>) -> End {
        let line = line.filter(|l| !l.is_comment);
        let block = std::mem::take(&mut self.block);
        let lost = if block.is_event() {
            block.start
        } else {
            line.map(|l| l.span.start)
        };
        if let Some(start) = lost {
            let detail =
                format_args!("the stream ends before a blank line; what began here is discarded");
            out.report(Code::IncompleteEventAtEof, start, detail);
        }
        self.id.clone_from(&self.end.last_event_id);
        self.previous_id.clone_from(&self.end.last_event_id);
        let end = self.end.clone();
        (self.end.events, self.end.with_id) = (0, 0);
        end
    }

    /// "Process the field".
    fn field(&mut self, name: &str, value: &str, at: u64, out: &mut Out<'_>) {
        match name {
            "event" => {
                if self.block.event.as_deref().unwrap_or_default() != value {
                    self.renamed("event", at);
                }
                let event = self.bounded("event", value, at, out);
                self.block.event = event;
            }
            "data" => self.data(value, at, out),
            "id" => self.id(value, at, out),
            "retry" => self.retry(value, at, out),
            "topic" => {
                let detail =
                    format_args!("the field topic is Tickertape's; other clients ignore it");
                out.report(Code::TopicField, at, detail);
                let topic = self.bounded("topic", value, at, out);
                self.block.topic = topic;
            }
            _ => unknown(name, at, out),
        }
    }

    fn data(&mut self, value: &str, at: u64, out: &mut Out<'_>) {
        if self.block.too_long {
            return;
        }
        if let Some((name, place)) = self.block.renamed.take() {
            let detail = format_args!(
                "a new {name} between the data of one block: it counts for all of them, which are one event; a \
                 blank line may be missing before it"
            );
            out.report(Code::FieldRepeated, place, detail);
        }
        let most = self.limits.data;
        let before = self.block.data.as_ref().map_or(0, |data| data.len() + 1);
        if before + value.len() > most {
            let detail = format_args!("the event has over {most} bytes of data; it is dropped");
            out.report(Code::DataTooLong, at, detail);
            self.block.too_long = true;
            self.block.data = None;
            return;
        }
        match &mut self.block.data {
            Some(data) => {
                data.push('\n');
                data.push_str(value);
            }
            none => *none = Some(value.to_owned()),
        }
    }

    fn id(&mut self, value: &str, at: u64, out: &mut Out<'_>) {
        if value.contains('\0') {
            let detail = format_args!("the id {} holds NUL; it is ignored", Excerpt(value));
            return out.report(Code::NulInId, at, detail);
        }
        if !is_sendable(value) {
            let detail = format_args!(
                "the id {} holds a control character; browsers never reconnect with it",
                Excerpt(value)
            );
            out.report(Code::IdWithControlCharacter, at, detail);
        }
        if !self.block.has_id || self.id != value {
            self.renamed("id", at);
        }
        if let Some(id) = self.bounded("id", value, at, out) {
            self.id = id;
            self.block.has_id = true;
        }
    }

    fn retry(&mut self, value: &str, at: u64, out: &mut Out<'_>) {
        let Some(retry) = ReconnectionTime::from_digits(value) else {
            let detail = format_args!(
                "the retry {} is not ASCII digits; it is ignored",
                Excerpt(value)
            );
            return out.report(Code::RetryNotDigits, at, detail);
        };
        if retry.is_too_large() {
            let detail = format_args!(
                "the retry {} is over 2147483647 ms; clients differ, some never come back",
                Excerpt(retry.as_str())
            );
            out.report(Code::RetryTooLarge, at, detail);
        }
        self.end.retry = Some(retry);
    }

    /// Remembers a new name or id after data: where data follows, two events without a blank line between them are one.
    fn renamed(&mut self, name: &'static str, at: u64) {
        if self.block.data.is_some() {
            self.block.renamed.get_or_insert((name, at));
        }
    }

    /// A value within the limit; else it is reported and the event dropped.
    fn bounded(&mut self, name: &str, value: &str, at: u64, out: &mut Out<'_>) -> Option<String> {
        if value.len() <= self.limits.field {
            return Some(value.to_owned());
        }
        let most = self.limits.field;
        let detail = format_args!("the {name} has over {most} bytes; the event is dropped");
        out.report(Code::FieldTooLong, at, detail);
        self.block.too_long = true;
        None
    }

    /// "Dispatch the event": at a blank line, whose end is this offset.
    fn dispatch(&mut self, end: u64, out: &mut Out<'_>) {
        let block = std::mem::take(&mut self.block);
        self.end.last_event_id.clone_from(&self.id);
        let (Some(start), false) = (block.start, block.too_long) else {
            return;
        };
        if block.data.is_none() && block.is_event() && !block.is_bare_beat() {
            let id = match block.has_id {
                true => ", and Firefox does not take its id",
                false => "",
            };
            let detail = format_args!("a block without data; no event is dispatched{id}");
            return out.report(Code::EventWithoutData, start, detail);
        }
        let Some(data) = block.data else { return };
        let event = block
            .event
            .filter(|e| !e.is_empty())
            .unwrap_or_else(|| "message".to_owned());
        self.end.events += 1;
        if block.has_id {
            self.end.with_id += 1;
            self.compare_id(&event, start, out);
        }
        let (id, topic) = (self.id.clone(), block.topic);
        (out.sink)(Item::Event(Event {
            event,
            data,
            id,
            has_id: block.has_id,
            topic,
            span: start..end,
        }));
    }

    /// An id should be new, and larger where ids are numbers; a server that ignores
    /// `Last-Event-ID` shows here too. The hub's own events restate a cursor: they are not held
    /// against the ids before them.
    fn compare_id(&mut self, event: &str, at: u64, out: &mut Out<'_>) {
        let (id, previous) = (Excerpt(&self.id), Excerpt(&self.previous_id));
        match order(&self.previous_id, &self.id) {
            _ if event.starts_with("hub.") => {}
            Order::Fine => {}
            Order::Same => {
                let detail = format_args!("the id {id} is that of the event before it, too");
                out.report(Code::IdRepeated, at, detail);
            }
            Order::Back => {
                let detail = format_args!(
                    "the id {id} comes after {previous}: where ids are places in a stream, it began \
                     anew or is out of order"
                );
                out.report(Code::IdWentBack, at, detail);
            }
        }
        self.previous_id.clone_from(&self.id);
    }
}

impl Block {
    /// Whether it has a heartbeat's name and no more: a comment in other words.
    fn is_bare_beat(&self) -> bool {
        let is_beat = self.event.as_deref().is_some_and(is_beat);
        is_beat && !self.has_id && self.topic.is_none()
    }

    /// Whether it would be an event, or looks as if it was meant to be one.
    fn is_event(&self) -> bool {
        self.data.is_some()
            || self.event.is_some()
            || self.topic.is_some()
            || self.has_id
            || self.too_long
    }
}

/// The line as text; a character that the cut has split is left out.
fn decode<'a>(line: &RawLine<'a>) -> Cow<'a, str> {
    let mut bytes = line.bytes;
    if line.is_cut {
        // Nothing is done with it but to show how it begins.
        bytes = &bytes[..bytes.len().min(CUT_KEPT)];
        let last = bytes.utf8_chunks().last();
        let part = last.map_or(0, |last| last.invalid().len());
        bytes = &bytes[..bytes.len() - part];
    }
    String::from_utf8_lossy(bytes)
}

pub(crate) fn is_known(name: &str) -> bool {
    matches!(name, "event" | "data" | "id" | "retry" | "topic")
}

/// Says why a field is ignored: a typing error in a known name is worth its own code.
pub(crate) fn unknown(name: &str, at: u64, out: &mut Out<'_>) {
    const KNOWN: [&str; 4] = ["event", "data", "id", "retry"];
    let quoted = Excerpt(name);
    let trimmed = name.trim();
    let meant = KNOWN
        .into_iter()
        .find(|known| known.eq_ignore_ascii_case(trimmed));
    match meant {
        Some(known) if trimmed != name => out.report(
            Code::FieldNameWithSpace,
            at,
            format_args!("{quoted} has white space around the name; {known} would be a field"),
        ),
        Some(known) => out.report(
            Code::FieldNameWrongCase,
            at,
            format_args!("{quoted} is not a field; {known} would be: names are lower case"),
        ),
        None if name.starts_with('\u{feff}') => out.report(
            Code::BomNotAtStart,
            at,
            format_args!("a byte order mark begins {quoted}, which makes the field unknown"),
        ),
        None => out.report(
            Code::UnknownField,
            at,
            format_args!("{quoted} is not a field; clients ignore the line"),
        ),
    }
}
