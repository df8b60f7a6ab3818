//! A stream that is asked for, over its connections: what comes is told before the next piece is waited for.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use inspection::{Finding, Inspection, Verdict};

use super::args::InspectArgs;
use super::check;
use super::pieces::{Next, Pieces};
use super::report::Report;
use super::source::{self, Source, Unread};
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

/// A stream under way.
pub(super) struct Live<'a, 'o> {
    args: &'a InspectArgs,
    url: &'a str,
    until: Option<Instant>,
    inspection: Inspection<&'a mut Report<'o>>,
    /// When the newest connection was asked for.
    asked: Instant,
}

impl<'a, 'o> Live<'a, 'o> {
    /// A stream of which nothing was asked yet.
    pub(super) fn new(
        args: &'a InspectArgs,
        url: &'a str,
        until: Option<Instant>,
        report: &'a mut Report<'o>,
    ) -> Self {
        Self {
            args,
            url,
            until,
            inspection: Inspection::with(report),
            asked: Instant::now(),
        }
    }

    /// Asks, and reads to the end.
    pub(super) fn read(&mut self, last_event_id: &str) -> Result<Reading, Failure> {
        let source = self.open(last_event_id)?;
        self.flush()?;
        if let Some(begin) = source.unread.and_then(Unread::quoted) {
            self.inspection.tell(begin);
        }
        let Some(body) = source.body else {
            return Ok(self.close("not read", Reading::Refused));
        };
        let pieces = Pieces::of(body);
        loop {
            match pieces.next(self.until) {
                Next::Piece(at, piece) => {
                    let after = at.saturating_duration_since(self.asked);
                    self.inspection.feed(&piece, Some(millis(after)), false);
                    self.flush()?;
                }
                Next::End => return Ok(self.close("ended by the server", Reading::Ended)),
                Next::Late => return Ok(self.close("stopped: the time is over", Reading::Late)),
                Next::Broke(error) => {
                    let after = millis(self.asked.elapsed());
                    self.inspection.cut_off(&error.to_string(), after);
                    return Ok(Reading::Ended);
                }
            }
        }
    }

    /// Asks, and tells what the head says.
    fn open(&mut self, last_event_id: &str) -> Result<Source, Failure> {
        let InspectArgs { asked, trust, .. } = self.args;
        self.asked = Instant::now();
        let wall = now();
        let call = asked.call(self.url, last_event_id, trust);
        let mut source = source::open(call, self.until)?;
        let head = source.head.take();
        let method = head.as_ref().map(|head| head.method.clone());
        self.inspection.open(inspection::Connection {
            url: self.url.to_owned(),
            method: method.unwrap_or_else(|| asked.method().to_string()),
            last_event_id: last_event_id.to_owned(),
            wall: Some(wall),
            status: head.as_ref().map(|head| head.status),
            head_after: head.as_ref().map(|_| millis(self.asked.elapsed())),
            head: head.unwrap_or_default(),
            ..inspection::Connection::default()
        });
        for finding in source.findings.drain(..) {
            self.inspection.tell(finding);
        }
        Ok(source)
    }

    fn close(&mut self, how: &str, reading: Reading) -> Reading {
        let after = millis(self.asked.elapsed());
        self.inspection.close(how, Some(after));
        reading
    }

    /// Comes back with the id of an event that was seen, and judges.
    pub(super) fn resume(&mut self) {
        let stream = check::Stream {
            url: self.url,
            trust: &self.args.trust,
            headers: &self.args.asked.headers,
        };
        let tried = self.inspection.trial();
        let verdict: Verdict = match tried {
            Ok(trial) => check::tried(stream, &trial, self.inspection.trial_time()),
            Err(verdict) => verdict,
        };
        let verdict = verdict.of_asked_by(self.args.asked.method().as_str());
        // That there are no ids is told of every stream.
        if verdict.code != "no_ids" {
            self.inspection.tell_here(Finding::from(&verdict));
        }
    }

    /// Tells the end.
    pub(super) fn end(&mut self) -> Result<(), Failure> {
        self.inspection.end();
        self.flush()
    }

    /// Tells that it comes back, and with which id.
    pub(super) fn comes_back(&mut self, retry: Duration, id: &str) -> Result<(), Failure> {
        self.inspection.listener().comes_back(retry, id);
        self.flush()
    }

    /// What a browser comes back with, and how long it waits before.
    pub(super) fn next(&self) -> (String, Duration) {
        let newest = self.inspection.connections().next_back();
        (
            newest.map_or_else(String::new, |newest| newest.next_id.clone()),
            Duration::from_millis(self.inspection.wait()),
        )
    }

    fn flush(&mut self) -> Result<(), Failure> {
        self.inspection.listener().flush().map_err(Failure::output)
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
