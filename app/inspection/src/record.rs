//! What came, within bounds: connections, events, pieces, bytes, findings.

use std::collections::VecDeque;
use std::time::Duration;

use wire::{Item, Parser};

use crate::kept::{Chunk, Connection, Row, Told, beginning};
use crate::limits::{BYTES, CHUNKS, CONNECTIONS, EVENT_TEXT, EVENTS, EVENTS_BYTES, FINDINGS, SEEN};
use crate::{Finding, Framing, Head, Pace, Seen, Spread, Trial, Verdict, refused_with, sniff};

/// Everything that is known of a stream, over its connections.
#[derive(Debug, Default)]
pub struct Inspection {
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

impl Inspection {
    /// Begins with a request.
    pub fn open(&mut self, mut connection: Connection) {
        self.opened += 1;
        connection.n = self.opened;
        self.in_trial.clear();
        if !connection.is_trial {
            self.seen.clear();
            self.with_id = false;
        }
        self.parser = Parser::resume(&connection.last_event_id).with_fields(true);
        self.pace = Pace::default();
        self.framing = Framing::default();
        push(&mut self.connections, connection, CONNECTIONS);
    }

    /// Takes the head of the answer.
    pub fn head(&mut self, mut head: Head, after: Option<f64>) {
        if let Some(connection) = self.connections.back() {
            head.method.clone_from(&connection.method);
        }
        for finding in head.findings() {
            self.tell(finding);
        }
        if let Some(connection) = self.connections.back_mut() {
            connection.status = Some(head.status);
            connection.head_after = after;
            connection.head = head;
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
        let (skipped, begin) = (
            connection.skipped,
            connection.skipped + self.parser.offset(),
        );
        let wall = connection.wall.zip(at).map(|(wall, at)| wall + at);
        let (n, is_trial, is_first) = (connection.n, connection.is_trial, connection.bytes == 0);
        connection.bytes += piece.len() as u64;
        if is_first {
            connection.first_byte = at;
        }
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
        let framing = &mut self.framing;
        let mut items = Vec::new();
        self.parser.feed(piece, &mut |item| match item {
            // Of a line no more is needed than that it is a comment.
            Item::Field(field) if field.name.is_empty() => items.push(None),
            Item::Field(field) => framing.field(&field),
            other => items.push(Some(other)),
        });
        let (mut events, mut comments) = (0, 0);
        for item in items {
            match item {
                None => comments += 1,
                Some(Item::Event(event)) => {
                    events += 1;
                    self.event(&event, at, wall, skipped);
                    if let Some(found) = self.framing.event(&event.data) {
                        self.tell(found.at(event.span.start + skipped));
                    }
                    if is_trial {
                        push(&mut self.in_trial, Seen::from(&event), 2 * SEEN);
                        continue;
                    }
                    self.with_id |= !event.id.is_empty();
                    push(&mut self.seen, Seen::from(&event), SEEN);
                }
                Some(Item::Diagnostic(found)) => {
                    let finding = Finding::from(&found);
                    let offset = finding.offset + skipped;
                    self.tell(finding.at(offset));
                }
                Some(Item::Field(_)) => {}
            }
        }
        if let Some(found) = at.and_then(|at| self.framing.time(duration(at))) {
            let offset = found.offset + skipped;
            self.tell(found.at(offset));
        }
        if at.is_some()
            && let Some(chunk) = self.chunks.back_mut()
        {
            chunk.length += piece.len();
            chunk.events += events;
            chunk.comments += comments;
        }
        if let Some(connection) = self.connections.back_mut() {
            connection.events += events;
            connection.comments += comments;
            self.parser
                .last_event_id()
                .clone_into(&mut connection.next_id);
            connection.retry = self.parser.retry().map(ToString::to_string);
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
        self.tell(Finding::cut_off(why, quiet));
        self.close("broken off", Some(at));
    }

    /// Takes a finding of the newest connection.
    pub fn tell(&mut self, finding: Finding) {
        if self.told.len() == FINDINGS {
            self.dropped_findings += 1;
            return;
        }
        self.violations += u64::from(finding.is_violation);
        let connection = self.opened;
        self.told.push(Told {
            connection,
            finding,
        });
    }

    /// Takes what came of a trial.
    pub fn verdict(&mut self, verdict: &Verdict) {
        self.tell(verdict.into());
    }

    /// An event without its bytes, as a capture without them has it.
    pub(crate) fn bare_event(&mut self, event: &wire::Event) {
        let seen = Seen::from(event);
        self.with_id |= !event.id.is_empty();
        push(&mut self.seen, seen, SEEN);
        self.event(event, None, None, 0);
        if let Some(connection) = self.connections.back_mut() {
            connection.events += 1;
            event.id.clone_into(&mut connection.next_id);
        }
    }

    /// The newest connection, to be filled from a capture.
    pub(crate) fn newest(&mut self) -> Option<&mut Connection> {
        self.connections.back_mut()
    }

    /// How many connections there were.
    #[must_use]
    pub fn opened(&self) -> u64 {
        self.opened
    }

    /// A trial of the connection before.
    ///
    /// # Errors
    /// Where nothing can be tried: why.
    pub fn trial(&self) -> Result<Trial, Verdict> {
        Trial::of(&self.seen, self.with_id)
    }

    /// How long a trial waits for what is to follow.
    #[must_use]
    pub fn trial_time(&self) -> Duration {
        Trial::wait(self.pace.longest())
    }

    /// What came of a trial, which is the newest connection; `is_open` says that the server had not ended it.
    #[must_use]
    pub fn judge(&self, trial: &Trial, is_open: bool) -> Verdict {
        let mut newest = self.connections.iter().rev();
        let tried = newest.next().filter(|tried| tried.status.is_some());
        let content_type = tried.map(|tried| tried.head.text("content-type"));
        let status = tried.and_then(|tried| tried.status);
        let begun = newest.find(|begun| !begun.is_trial);
        let method = begun.map_or("", |begun| &begun.method);
        match status.filter(|status| *status != 200) {
            Some(status) => refused_with(status).of_asked_by(method),
            None => trial.judge_answer(method, content_type.as_deref(), &self.in_trial, is_open),
        }
    }

    /// What came of a trial, oldest first.
    #[must_use]
    pub fn seen_in_trial(&self) -> Vec<Seen> {
        self.in_trial.iter().cloned().collect()
    }

    /// Connections that are kept, oldest first.
    pub fn connections(&self) -> impl DoubleEndedIterator<Item = &Connection> {
        self.connections.iter()
    }

    /// Events that are kept, oldest first.
    #[must_use]
    pub fn events(&self) -> &VecDeque<Row> {
        &self.events
    }

    /// Pieces that are kept, oldest first.
    #[must_use]
    pub fn chunks(&self) -> &VecDeque<Chunk> {
        &self.chunks
    }

    /// What there is to say, in its order.
    #[must_use]
    pub fn told(&self) -> &[Told] {
        &self.told
    }

    /// How many violations there are.
    #[must_use]
    pub fn violations(&self) -> u64 {
        self.violations
    }

    /// How many events came.
    #[must_use]
    pub fn counted(&self) -> u64 {
        self.counted
    }

    /// Bytes of all connections that are no longer kept, the oldest; those that are begin there.
    #[must_use]
    pub fn dropped_bytes(&self) -> u64 {
        self.dropped_bytes
    }

    /// Findings that were not kept, the newest.
    #[must_use]
    pub fn dropped_findings(&self) -> u64 {
        self.dropped_findings
    }

    /// Bytes of all connections, one after the other.
    #[must_use]
    pub fn total_bytes(&self) -> u64 {
        self.dropped_bytes + self.bytes.len() as u64
    }

    /// Bytes that are kept, from a place in all of them, as many at most.
    #[must_use]
    pub fn bytes(&self, from: u64, most: usize) -> Vec<u8> {
        let from = usize::try_from(from.saturating_sub(self.dropped_bytes)).unwrap_or(usize::MAX);
        let from = from.min(self.bytes.len());
        let to = from.saturating_add(most).min(self.bytes.len());
        self.bytes.range(from..to).copied().collect()
    }

    /// The times of the newest connection: between pieces, between events, and latency.
    #[must_use]
    pub fn times(&self) -> [Option<Spread>; 3] {
        [
            self.pace.chunks(),
            self.pace.events(),
            self.pace.latencies(),
        ]
    }

    fn keep(&mut self, piece: &[u8]) {
        let piece_kept = &piece[piece.len().saturating_sub(BYTES)..];
        let over = (self.bytes.len() + piece_kept.len()).saturating_sub(BYTES);
        self.bytes.drain(..over);
        self.bytes.extend(piece_kept);
        self.dropped_bytes += (over + piece.len() - piece_kept.len()) as u64;
    }

    fn event(&mut self, event: &wire::Event, at: Option<f64>, wall: Option<f64>, skipped: u64) {
        self.counted += 1;
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
