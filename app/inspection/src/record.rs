//! What came, within bounds: connections, events, pieces, bytes, findings.

mod known;

use std::collections::VecDeque;
use std::time::Duration;

use wire::{Event, Item, Parser};

use crate::kept::{Chunk, Connection, Row, Told, beginning};
use crate::limits::{
    BYTES, CHUNKS, CONNECTIONS, EVENT_TEXT, EVENTS, EVENTS_BYTES, FINDINGS, PART, SEEN,
};
use crate::{Finding, Framing, Head, Listener, Pace, Seen, Verdict, sniff};

/// Everything that is known of a stream, over its connections.
#[derive(Debug)]
pub struct Inspection<L = ()> {
    listener: L,
    pub(crate) connections: VecDeque<Connection>,
    pub(crate) events: VecDeque<Row>,
    pub(crate) chunks: VecDeque<Chunk>,
    pub(crate) told: Vec<Told>,
    bytes: VecDeque<u8>,
    seen: VecDeque<Seen>,
    in_trial: VecDeque<Seen>,
    parser: Parser,
    pace: Pace,
    framing: Framing,
    opened: u64,
    counted: u64,
    events_bytes: usize,
    with_id: bool,
    dropped_bytes: u64,
    dropped_findings: u64,
    violations: u64,
}

/// What a part of a piece completes.
enum Took {
    Comment,
    Event(Event),
    Flaw(Finding),
}

impl Default for Inspection {
    fn default() -> Self {
        Self::with(())
    }
}

impl<L: Listener> Inspection<L> {
    /// An empty one, of which somebody hears.
    pub fn with(listener: L) -> Self {
        Self {
            listener,
            connections: VecDeque::new(),
            events: VecDeque::new(),
            chunks: VecDeque::new(),
            told: Vec::new(),
            bytes: VecDeque::new(),
            seen: VecDeque::new(),
            in_trial: VecDeque::new(),
            parser: Parser::default(),
            pace: Pace::default(),
            framing: Framing::default(),
            opened: 0,
            counted: 0,
            events_bytes: 0,
            with_id: false,
            dropped_bytes: 0,
            dropped_findings: 0,
            violations: 0,
        }
    }

    /// Who hears of it.
    pub fn listener(&mut self) -> &mut L {
        &mut self.listener
    }

    /// Begins with a request, and the head of its answer where that has a status.
    pub fn open(&mut self, mut connection: Connection) {
        self.opened += 1;
        connection.n = self.opened;
        self.in_trial.clear();
        if !connection.is_trial {
            self.seen.clear();
            self.with_id = false;
        }
        // An id stays until a stream gives another, and so does the time before coming back.
        let retry = self.parser.retry().cloned();
        connection.retry = retry.as_ref().map(ToString::to_string);
        self.parser = Parser::resume(&connection.last_event_id)
            .with_fields(true)
            .with_retry(retry);
        self.pace = Pace::default();
        self.framing = Framing::default();
        self.listener.opened(&connection);
        push(&mut self.connections, connection, CONNECTIONS);
        self.judge_head();
    }

    /// Takes the head of the answer.
    pub fn head(&mut self, head: Head, after: Option<f64>) {
        if let Some(connection) = self.connections.back_mut() {
            connection.status = Some(head.status);
            connection.head_after = after;
            connection.head = head;
        }
        self.judge_head();
    }

    fn judge_head(&mut self) {
        let newest = self.connections.back_mut();
        let Some(connection) = newest.filter(|newest| newest.status.is_some()) else {
            return;
        };
        connection.head.method.clone_from(&connection.method);
        if connection.is_sent_away() {
            return self.tell(Finding::sent_away());
        }
        for finding in connection.head.findings() {
            self.tell(finding);
        }
    }

    /// Takes a piece of the body, or more of the piece before; without a time nothing is said of times.
    pub fn feed(&mut self, piece: &[u8], at: Option<f64>, is_more: bool) {
        let Some(connection) = self.connections.back_mut() else {
            return;
        };
        if piece.is_empty() {
            return;
        }
        let skipped = connection.skipped;
        let begin = skipped + self.parser.offset();
        let (n, is_first) = (connection.n, connection.bytes == 0);
        connection.bytes += piece.len() as u64;
        if is_first {
            connection.first_byte = at;
        }
        self.listener.piece(begin, at, piece);
        let mut found = Vec::new();
        if is_first && skipped == 0 {
            found.extend(sniff(piece));
        }
        if !is_more && let Some(at) = at {
            found.extend(self.pace.chunk(duration(at)));
            let chunk = Chunk {
                connection: n,
                at,
                offset: begin,
                length: 0,
                events: 0,
                comments: 0,
            };
            push(&mut self.chunks, chunk, CHUNKS);
        }
        self.keep(piece);
        found.iter_mut().for_each(|finding| finding.offset = begin);
        found.into_iter().for_each(|finding| self.tell(finding));
        for part in piece.chunks(PART) {
            self.part(part, at, skipped);
        }
        if let Some(found) = at.and_then(|at| self.framing.time(duration(at))) {
            let offset = found.offset + skipped;
            self.tell(found.at(offset));
        }
        if let Some(connection) = self.connections.back_mut() {
            self.parser
                .last_event_id()
                .clone_into(&mut connection.next_id);
            connection.retry = self.parser.retry().map(ToString::to_string);
        }
    }

    /// Takes what a part of a piece completes; what a part completes is held at once.
    fn part(&mut self, part: &[u8], at: Option<f64>, skipped: u64) {
        let framing = &mut self.framing;
        let mut items = Vec::new();
        self.parser.feed(part, &mut |item| match item {
            // Of a line no more is needed than that it is a comment, or what is wrong with it.
            Item::Field(field) if field.name.is_empty() => items.push(Took::Comment),
            Item::Field(field) => items.extend(framing.field(&field).map(Took::Flaw)),
            Item::Event(event) => items.push(Took::Event(event)),
            Item::Diagnostic(found) => items.push(Took::Flaw(Finding::from(&found))),
        });
        let (mut events, mut comments) = (0, 0);
        for item in items {
            match item {
                Took::Comment => comments += 1,
                Took::Event(event) => {
                    events += 1;
                    self.event(&event, at, skipped);
                    if let Some(found) = self.framing.event(&event.data) {
                        self.tell(found.at(event.span.start + skipped));
                    }
                }
                Took::Flaw(finding) => {
                    let offset = finding.offset + skipped;
                    self.tell(finding.at(offset));
                }
            }
        }
        if at.is_some()
            && let Some(chunk) = self.chunks.back_mut()
        {
            chunk.length += part.len();
            chunk.events += events;
            chunk.comments += comments;
        }
        if let Some(connection) = self.connections.back_mut() {
            connection.comments += comments;
        }
    }

    /// Ends the connection: how, in words.
    pub fn close(&mut self, how: &str, at: Option<f64>) {
        let is_over = |connection: &Connection| !connection.end.is_empty();
        if self.connections.back().is_none_or(is_over) {
            return;
        }
        let mut found = Vec::new();
        let offset = self.parser.offset();
        // What a reader stops is not cut short by the server.
        let is_stopped = how.starts_with("stopped");
        let end = self.parser.finish(&mut |item| {
            if let Item::Diagnostic(diagnostic) = item
                && !is_stopped
            {
                found.push(Finding::from(&diagnostic));
            }
        });
        let Some(connection) = self.connections.back_mut() else {
            return;
        };
        let skipped = connection.skipped;
        connection.end = how.to_owned();
        connection.lasted = at;
        connection.next_id = end.last_event_id;
        let ended = at.filter(|_| connection.status == Some(200)).map(duration);
        let times = self.pace.close(ended).into_iter();
        found.extend(times.map(|finding| finding.at(offset)));
        found.extend(ended.and_then(|at| self.framing.time(at)));
        if end.events > 0 && end.with_id == 0 && !connection.is_trial {
            found.push(Finding::no_ids(end.events).at(offset));
        }
        for finding in found {
            let offset = finding.offset + skipped;
            self.tell(finding.at(offset));
        }
    }

    /// Ends the connection, which broke: why.
    pub fn cut_off(&mut self, why: &str, at: f64) {
        let quiet = self.pace.quiet(duration(at));
        self.tell_here(Finding::cut_off(why, quiet));
        self.close("broken off", Some(at));
    }

    /// Says that there is no more to be said of the newest connection.
    pub fn end(&mut self) {
        if let Some(connection) = self.connections.back() {
            self.listener.ended(connection, &self.pace);
        }
    }

    /// Takes a finding of the newest connection.
    pub fn tell(&mut self, finding: Finding) {
        self.listener.finding(&finding);
        self.violations += u64::from(finding.is_violation);
        if self.told.len() == FINDINGS {
            self.dropped_findings += 1;
            return;
        }
        let connection = self.opened;
        self.told.push(Told {
            connection,
            finding,
        });
    }

    /// Takes a finding at the newest byte.
    pub fn tell_here(&mut self, finding: Finding) {
        let newest = self.connections.back();
        let place = newest.map_or(0, |newest| newest.skipped + newest.bytes);
        self.tell(finding.at(place));
    }

    /// Takes what came of a trial.
    pub fn verdict(&mut self, verdict: &Verdict) {
        self.tell(verdict.into());
    }

    /// An event without its bytes, as a capture without them has it.
    pub(crate) fn bare_event(&mut self, event: &wire::Event) {
        self.event(event, None, 0);
        if let Some(connection) = self.connections.back_mut() {
            event.id.clone_into(&mut connection.next_id);
        }
    }

    /// The newest connection, to be filled from a capture.
    pub(crate) fn newest(&mut self) -> Option<&mut Connection> {
        self.connections.back_mut()
    }

    fn keep(&mut self, piece: &[u8]) {
        let piece_kept = &piece[piece.len().saturating_sub(BYTES)..];
        let over = (self.bytes.len() + piece_kept.len()).saturating_sub(BYTES);
        self.bytes.drain(..over);
        self.bytes.extend(piece_kept);
        self.dropped_bytes += (over + piece.len() - piece_kept.len()) as u64;
    }

    fn event(&mut self, event: &wire::Event, at: Option<f64>, skipped: u64) {
        self.counted += 1;
        let Some(connection) = self.connections.back_mut() else {
            return;
        };
        connection.events += 1;
        if connection.is_trial {
            // What is to follow comes first, however much else does.
            if self.in_trial.len() < 2 * SEEN {
                self.in_trial.push_back(Seen::from(event));
            }
        } else {
            self.with_id |= !event.id.is_empty();
            push(&mut self.seen, Seen::from(event), SEEN);
        }
        let wall = connection.wall.zip(at).map(|(wall, at)| wall + at);
        let latency = match at {
            Some(_) => self.pace.event(&event.event, &event.data, wall),
            None => None,
        };
        let text = |text: &str| beginning(text, EVENT_TEXT);
        let row = Row {
            n: self.counted,
            connection: self.opened,
            at,
            event: text(&event.event),
            id: text(&event.id),
            topic: event.topic.as_deref().map(text),
            data: text(&event.data),
            length: event.data.len(),
            start: event.span.start + skipped,
            end: event.span.end + skipped,
            latency,
        };
        self.listener.event(event, &row);
        self.events_bytes += row.size();
        self.events.push_back(row);
        while self.events.len() > EVENTS || self.events_bytes > EVENTS_BYTES {
            let Some(oldest) = self.events.pop_front() else {
                return;
            };
            self.events_bytes -= oldest.size();
        }
    }
}

fn push<T>(kept: &mut VecDeque<T>, new: T, most: usize) {
    if kept.len() == most {
        kept.pop_front();
    }
    kept.push_back(new);
}

fn duration(ms: f64) -> Duration {
    Duration::try_from_secs_f64(ms / 1000.0).unwrap_or_default()
}

#[cfg(test)]
mod tests;
