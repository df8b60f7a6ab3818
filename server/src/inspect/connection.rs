//! One connection: its head, its pieces, its end, told as they come.

use std::collections::VecDeque;
use std::io;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use inspection::{Finding, Framing, Pace, Seen, Trial, limits, sniff};
use wire::{Item, Parser};

use super::args::InspectArgs;
use super::pieces::{Next, Pieces};
use super::report::{Coming, Report};
use super::source::{self, Unread};
use crate::client::failure::Failure;

/// How the reading ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reading {
    /// By the server; a browser would come back.
    Ended,
    /// There was nothing that a browser reads; it does not come back.
    Refused,
    /// The time was over.
    Late,
}

/// A connection under way.
pub(super) struct Connection {
    pieces: Option<Pieces>,
    parser: Parser,
    pace: Pace,
    framing: Framing,
    /// How long it was read.
    lasted: Duration,
    seen: VecDeque<Seen>,
    has_ids: bool,
    is_url: bool,
    /// Whether its body is read as a stream.
    is_read: bool,
    asked: Instant,
    /// When that was, in milliseconds since 1970.
    wall: f64,
    /// How it ended, in words.
    how: String,
}

impl Connection {
    /// Asks, and tells what the head says.
    pub(super) fn open(
        args: &InspectArgs,
        last_event_id: &str,
        until: Option<Instant>,
        report: &mut Report<'_>,
    ) -> Result<Self, Failure> {
        let (asked, wall) = (Instant::now(), now());
        let mut source =
            source::open(&args.target, last_event_id, &args.asked, &args.trust, until)?;
        let opened = inspection::Connection {
            url: args.target.url().to_owned(),
            method: args.asked.method().to_string(),
            last_event_id: last_event_id.to_owned(),
            wall: Some(wall),
            status: source.head.as_ref().map(|head| head.status),
            head_after: source.head.as_ref().map(|_| millis(asked.elapsed())),
            head: source.head.take().unwrap_or_default(),
            ..inspection::Connection::default()
        };
        if args.strict {
            // What has shown nothing has not passed.
            let unanswered = source.findings.iter_mut();
            unanswered
                .filter(|found| found.code == "no_answer")
                .for_each(|found| found.is_violation = true);
        }
        let quoted = |unread: Unread| unread.quoted();
        report
            .opened(&opened)
            .and_then(|()| source.findings.iter().try_for_each(|f| report.finding(f)))
            .and_then(|()| report.flush())
            .map_err(Failure::output)?;
        if let Some(begin) = source.unread.take().and_then(quoted) {
            report.finding(&begin).map_err(Failure::output)?;
        }
        let is_read = source.body.is_some();
        Ok(Self {
            pieces: source.body.take().map(Pieces::of),
            parser: Parser::resume(last_event_id).with_fields(true),
            pace: Pace::default(),
            framing: Framing::default(),
            lasted: Duration::ZERO,
            seen: VecDeque::new(),
            has_ids: false,
            is_url: args.target.is_url(),
            is_read,
            asked,
            wall,
            how: String::new(),
        })
    }

    /// Reads to the end, and tells what each piece completes before it waits for the next.
    pub(super) fn read(
        &mut self,
        until: Option<Instant>,
        report: &mut Report<'_>,
    ) -> Result<Reading, Failure> {
        let reading = self.read_on(until, report);
        self.lasted = self.asked.elapsed();
        reading
    }

    fn read_on(
        &mut self,
        until: Option<Instant>,
        report: &mut Report<'_>,
    ) -> Result<Reading, Failure> {
        let Some(pieces) = self.pieces.take() else {
            "not read".clone_into(&mut self.how);
            return Ok(Reading::Refused);
        };
        loop {
            match pieces.next(until) {
                Next::Piece(at, piece) => {
                    self.piece(at, &piece, report).map_err(Failure::output)?
                }
                Next::End => {
                    "ended by the server".clone_into(&mut self.how);
                    return Ok(Reading::Ended);
                }
                Next::Late => {
                    "stopped: the time is over".clone_into(&mut self.how);
                    return Ok(Reading::Late);
                }
                Next::Broke(error) if self.is_url => {
                    "broken off".clone_into(&mut self.how);
                    let quiet = self.pace.quiet(self.asked.elapsed());
                    let cut = Finding::cut_off(&error.to_string(), quiet).at(self.parser.offset());
                    report.finding(&cut).map_err(Failure::output)?;
                    return Ok(Reading::Ended);
                }
                Next::Broke(error) => return Err(Failure::input(&error)),
            }
        }
    }

    fn piece(&mut self, at: Instant, piece: &[u8], report: &mut Report<'_>) -> io::Result<()> {
        let offset = self.parser.offset();
        let after = at.saturating_duration_since(self.asked);
        let mut found = Vec::new();
        if offset == 0 {
            found.extend(sniff(piece));
        }
        // Of what is read from a file, when it came says nothing.
        if self.is_url {
            found.extend(self.pace.chunk(after));
        }
        for finding in found {
            report.finding(&finding.at(offset))?;
        }
        report.piece(offset, millis(after), piece)?;
        let mut told = Ok(());
        let (pace, seen, has_ids) = (&mut self.pace, &mut self.seen, &mut self.has_ids);
        let framing = &mut self.framing;
        let (is_url, wall) = (self.is_url, self.wall + millis(after));
        self.parser.feed(piece, &mut |item| {
            let (mut coming, mut framed) = (None, None);
            if let Item::Field(field) = &item {
                framing.field(field);
            }
            if let Item::Event(event) = &item {
                *has_ids |= !event.id.is_empty();
                framed = framing
                    .event(&event.data)
                    .map(|found| found.at(event.span.start));
                if seen.len() == limits::SEEN {
                    seen.pop_front();
                }
                seen.push_back(Seen::from(event));
                if is_url {
                    let latency = pace.event(&event.event, &event.data, Some(wall));
                    coming = Some(Coming { after, latency });
                }
            }
            if told.is_ok() {
                told = framed
                    .map_or(Ok(()), |found| report.finding(&found))
                    .and_then(|()| report.item(&item, coming));
            }
        });
        told?;
        if is_url && let Some(found) = self.framing.time(after) {
            report.finding(&found)?;
        }
        report.flush()
    }

    /// Tells what the end completes, and the end.
    pub(super) fn end(&mut self, report: &mut Report<'_>) -> Result<(), Failure> {
        self.tell_end(report).map_err(Failure::output)
    }

    fn tell_end(&mut self, report: &mut Report<'_>) -> io::Result<()> {
        let offset = self.parser.offset();
        let is_late = self.how.starts_with("stopped");
        let mut told = Ok(());
        let end = self.parser.finish(&mut |item| {
            // What is cut short by who reads is no fault of the server.
            if told.is_ok() && !is_late {
                told = report.item(&item, None);
            }
        });
        told?;
        let mut found = match self.is_url && self.is_read {
            true => self.pace.close(Some(self.lasted)),
            false => Vec::new(),
        };
        if self.is_url
            && let Some(unended) = self.framing.time(self.lasted)
        {
            report.finding(&unended)?;
        }
        if end.events > 0 && end.with_id == 0 {
            found.push(Finding::no_ids(end.events));
        }
        for finding in found {
            report.finding(&finding.at(offset))?;
        }
        report.times(&self.pace)?;
        report.closed(millis(self.lasted), &self.how)?;
        report.end(&end)?;
        report.flush()
    }

    /// The newest events, oldest first.
    pub(super) fn seen(&self) -> &VecDeque<Seen> {
        &self.seen
    }

    /// Whether any event had an id.
    pub(super) fn has_ids(&self) -> bool {
        self.has_ids
    }

    /// How long a resume waits for what is to follow.
    pub(super) fn trial_time(&self) -> Duration {
        Trial::wait(self.pace.longest())
    }

    /// How many bytes came.
    pub(super) fn offset(&self) -> u64 {
        self.parser.offset()
    }

    /// What a browser comes back with.
    pub(super) fn next_id(&self) -> &str {
        self.parser.last_event_id()
    }

    /// How long it waits before, in milliseconds, where the stream says it.
    pub(super) fn retry(&self) -> Option<u64> {
        self.parser
            .retry()
            .and_then(wire::ReconnectionTime::as_millis)
    }
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

fn now() -> f64 {
    millis(
        SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default(),
    )
}
