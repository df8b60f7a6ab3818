//! `tickertape tail`: follows an event stream, and comes back by id as an `EventSource` does.
//!
//! It assumes no hub: any event stream will do. What the hub says of itself (`hub.…`) is not
//! printed as data. The rules of coming back are in `reconnect`.

mod args;
mod output;
mod reconnect;
mod sink;

use std::io::{self, BufWriter, ErrorKind, IsTerminal, Read, Write};
use std::process::ExitCode;
use std::thread;
use std::time::Duration;

use chrono::{DateTime, Utc};
use ureq::http::{HeaderMap, HeaderValue, Response, StatusCode, header};
use ureq::{Agent, Body, Timeout};
use wire::{Item, Limits, Parser, ReconnectionTime};

pub use self::args::TailArgs;
use self::output::Output;
use self::reconnect::{Ended, Next, Reconnect};
use self::sink::{Sink, Stop};
use crate::client::{
    self,
    address::without_secret,
    body,
    failure::{self, Failure, is_no_host},
    status,
};

/// Two and a half of the hub's heartbeats: after so much quiet a server that sends them is gone.
const SILENCE: Duration = Duration::from_millis(37_500);
/// The most data of one event: beyond what a hub can be told to accept.
const DATA: usize = 64 << 20;

/// Follows a stream until it is told to stop.
pub fn run(args: &TailArgs) -> ExitCode {
    let mut out = BufWriter::new(io::stdout().lock());
    let mut err = io::stderr();
    let output = Output {
        format: args.format(),
        talks: args.verbose || err.is_terminal(),
        out: &mut out,
        err: &mut err,
    };
    match Tail::new(args, SILENCE, output).follow() {
        Ok(status) => status.into(),
        Err(failure) if failure.is_closed_output => ExitCode::SUCCESS,
        Err(failure) => {
            // Whoever closed standard error does not want to know.
            let _ = writeln!(io::stderr(), "error: {failure}");
            failure.status.into()
        }
    }
}

/// A stream that is followed over all its connections.
struct Tail<'a> {
    address: String,
    agent: Agent,
    parser: Parser,
    reconnect: Reconnect,
    /// Whether there was a connection before.
    connected: bool,
    /// Whether it was said that there is none.
    complained: bool,
    sink: Sink<'a>,
}

/// What one connection comes to.
enum Outcome {
    /// It ended, for this reason.
    Ended(Ended, String),
    /// The whole ends, with this status.
    Done(u8),
}

impl<'a> Tail<'a> {
    fn new(args: &TailArgs, silence: Duration, output: Output<'a>) -> Self {
        let limits = Limits {
            line: DATA,
            data: DATA,
            ..Limits::DEFAULT
        };
        Self {
            address: args.address(),
            agent: client::agent(&args.url, |config| {
                args.trust.set(config).timeout_per_read(Some(silence))
            }),
            parser: Parser::resume(&args.last_event_id).with_limits(limits),
            reconnect: Reconnect::default(),
            connected: false,
            complained: false,
            sink: Sink::new(output, args.count, args.fail_on_gap),
        }
    }

    /// Connects again and again; returns the exit status.
    fn follow(mut self) -> Result<u8, Failure> {
        loop {
            let (ended, why) = match self.connect()? {
                Outcome::Done(status) => return Ok(status),
                Outcome::Ended(ended, why) => (ended, why),
            };
            let retry = self.parser.retry().map(milliseconds);
            match self.reconnect.next(ended, retry, rand::random()) {
                Next::Wait(wait) => {
                    let first = !self.connected && !self.complained;
                    self.complained |= first;
                    self.sink.output.lost(&why, wait, first);
                    thread::sleep(wait);
                }
                Next::Finished => {
                    self.sink
                        .output
                        .say(&"the server has no more to give (204 No Content)");
                    let is_short = self.sink.is_waiting();
                    return Ok(if is_short { status::UNAVAILABLE } else { 0 });
                }
                Next::Refused => return Err(Failure::new(exit_status(ended), why)),
            }
        }
    }

    /// One connection, from its request to its end.
    fn connect(&mut self) -> Result<Outcome, Failure> {
        let mut request = self
            .agent
            .get(&self.address)
            .header("accept", "text/event-stream")
            .header("cache-control", "no-cache");
        let id = self.parser.last_event_id();
        if !id.is_empty() {
            request = request.header("last-event-id", resumable(id)?);
        }
        let response = match request.call() {
            Ok(response) => response,
            Err(error) if self.is_hopeless(&error) => {
                return Err(Failure::unreachable(&self.address, &error));
            }
            Err(error) => {
                let why = failure::reason(&error);
                let why = format!("cannot reach {}: {why}", without_secret(&self.address));
                return Ok(Outcome::Ended(Ended::Lost, why));
            }
        };
        if response.status() != StatusCode::OK {
            return Ok(self.refused(response));
        }
        is_event_stream(response.headers())?;
        self.sink.output.connected(id, self.connected);
        self.connected = true;
        let outcome = self.read(response.into_body().into_reader())?;
        // What has begun and not ended is not an event; it comes again with the next connection.
        self.parser.finish(&mut |_| {});
        Ok(outcome)
    }

    /// Whether a connection cannot be made now or later: no network has a part in it.
    fn is_hopeless(&self, error: &ureq::Error) -> bool {
        match error {
            ureq::Error::BadUri(_)
            | ureq::Error::Http(_)
            | ureq::Error::InvalidProxyUrl
            | ureq::Error::TooManyRedirects
            | ureq::Error::RedirectFailed
            | ureq::Error::Tls(_)
            | ureq::Error::Rustls(_) => true,
            // A name that was there before, and a server that has answered before, come back.
            ureq::Error::Protocol(_) => !self.connected,
            _ if is_no_host(error) => !self.connected,
            // What rustls says of bytes that are no TLS, and of a certificate.
            ureq::Error::Io(error) if error.kind() == ErrorKind::InvalidData => !self.connected,
            _ => false,
        }
    }

    fn refused(&self, response: Response<Body>) -> Outcome {
        let status = response.status();
        let retry_after = retry_after(response.headers(), Utc::now());
        let ended = Ended::Refused {
            status: status.as_u16(),
            retry_after,
        };
        let reason = match body::problem(response).detail {
            detail if detail.is_empty() => detail,
            detail => format!(": {detail}"),
        };
        let address = without_secret(&self.address);
        Outcome::Ended(
            ended,
            format!("{address} is answered with {status}{reason}"),
        )
    }

    /// Reads to the end, and prints what each piece completes before it waits for the next.
    fn read(&mut self, mut body: impl Read) -> Result<Outcome, Failure> {
        let lost = |why: String| Ok(Outcome::Ended(Ended::Lost, why));
        let mut piece = vec![0; 64 << 10];
        loop {
            let length = match body.read(&mut piece) {
                Ok(0) => return lost("the response ended".to_owned()),
                Ok(length) => length,
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) => match ureq::Error::from(error) {
                    ureq::Error::Timeout(Timeout::PerRead) if self.sink.beats => {
                        return lost("nothing was heard for two and a half heartbeats".to_owned());
                    }
                    // Others may be quiet for as long as they like.
                    ureq::Error::Timeout(Timeout::PerRead) => continue,
                    error => return lost(format!("the connection broke: {error}")),
                },
            };
            if let Some(outcome) = self.take(&piece[..length])? {
                return Ok(outcome);
            }
        }
    }

    fn take(&mut self, piece: &[u8]) -> Result<Option<Outcome>, Failure> {
        let Self {
            parser,
            sink,
            reconnect,
            ..
        } = self;
        let mut taken = Ok(None);
        parser.feed(piece, &mut |item| {
            // What comes with a goodbye counts, as the id has moved past it.
            if !matches!(taken, Ok(None | Some(Stop::Closed { .. }))) {
                return;
            }
            if let Item::Event(event) = &item {
                reconnect.heard();
                if !event.event.starts_with("hub.") {
                    reconnect.delivered();
                }
            }
            match sink.item(&item) {
                Ok(None) => {}
                stop => taken = stop,
            }
        });
        let flushed = sink.output.flush();
        let stop = taken.and_then(|stop| flushed.map(|()| stop));
        Ok(stop.map_err(Failure::output)?.map(|stop| match stop {
            Stop::Done => Outcome::Done(0),
            Stop::Gap => Outcome::Done(status::FOUND),
            Stop::Closed { reason, after } => {
                let why = format!("the server closes the stream ({reason})");
                Outcome::Ended(Ended::Closed(after), why)
            }
        }))
    }
}

fn milliseconds(retry: &ReconnectionTime) -> Duration {
    Duration::from_millis(retry.as_millis().unwrap_or(u64::MAX))
}

fn exit_status(ended: Ended) -> u8 {
    match ended {
        Ended::Refused {
            status: 401 | 403 | 407,
            ..
        } => status::NO_PERMISSION,
        Ended::Refused {
            status: 400..=499, ..
        } => status::REFUSED,
        _ => status::NO_ANSWER,
    }
}

/// An id as a header; a browser would never reconnect with another.
fn resumable(id: &str) -> Result<HeaderValue, Failure> {
    HeaderValue::from_bytes(id.as_bytes()).map_err(|_| {
        Failure::new(
            status::NO_ANSWER,
            format!(
                "cannot resume: the last id, {id:?}, has control characters, so it cannot be sent"
            ),
        )
    })
}

/// As browsers do, which end for good on another type (HTML 9.2.3).
fn is_event_stream(headers: &HeaderMap) -> Result<(), Failure> {
    let text = |name| {
        let value = headers.get(name).map(HeaderValue::as_bytes);
        String::from_utf8_lossy(value.unwrap_or_default()).into_owned()
    };
    let content_type = text(header::CONTENT_TYPE);
    let essence = content_type.split(';').next().unwrap_or_default();
    if !essence.trim().eq_ignore_ascii_case("text/event-stream") {
        return Err(Failure::new(
            status::NO_ANSWER,
            format!(
                "the content type is {content_type:?}, not text/event-stream; give the address of an event stream"
            ),
        ));
    }
    let encoding = text(header::CONTENT_ENCODING);
    if !encoding.is_empty() && !encoding.eq_ignore_ascii_case("identity") {
        return Err(Failure::new(
            status::NO_ANSWER,
            format!("the stream is encoded with {encoding:?} although `identity` was asked for"),
        ));
    }
    Ok(())
}

/// `Retry-After` in seconds or as a date (RFC 9110, 10.2.3).
fn retry_after(headers: &HeaderMap, now: DateTime<Utc>) -> Option<Duration> {
    let value = headers.get(header::RETRY_AFTER)?.to_str().ok()?.trim();
    if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) {
        // One that has no room in a number is as long as any.
        return Some(Duration::from_secs(value.parse().unwrap_or(u64::MAX)));
    }
    let date = DateTime::parse_from_rfc2822(value).ok()?;
    Some(date.signed_duration_since(now).to_std().unwrap_or_default())
}

#[cfg(test)]
mod tests;
