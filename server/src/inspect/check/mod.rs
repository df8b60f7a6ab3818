//! `tickertape inspect --check`: what a stream's path does to it, in words.
//!
//! It asks a few times as a browser would, watches one stream for a while, and says of each thing
//! how it stands and what to change. Whatever the other side does, it ends in time and holds little.

mod advice;
mod compression;
mod delivery;
mod fetch;
mod head;
mod idle;
mod origin;
mod point;
mod report;
mod resume;
mod version;
mod watch;

use std::io::{self, Write};
use std::time::{Duration, Instant};

use inspection::limits::SILENCE;
use ureq::http::Method;

use super::report::Format;
use crate::client::failure::Failure;
use advice::FRAMING;
pub(in crate::inspect) use fetch::Stream;
use fetch::{AS_BROWSERS, IDENTITY, Request, Response};
use point::Point;
use report::Report;
pub(in crate::inspect) use resume::tried;
use watch::{Watch, watch};

/// Events of one second to the next are no quiet.
const QUIET: Duration = Duration::from_secs(1);
/// Reconnection times that neither hammer a server nor leave a page behind, in ms.
const RETRY: std::ops::RangeInclusive<u64> = 500..=300_000;
/// Events that are the hub's own, as its protocol has them.
const HUBS: [&str; 4] = ["hub.open", "hub.beat", "hub.gap", "hub.close"];
/// How many violations are told in one line.
const TOLD: usize = 3;

/// What is checked, and for how long.
pub(super) struct Settings<'a> {
    pub(super) stream: Stream<'a>,
    pub(super) format: Format,
    /// A page's origin, which may want to read the stream.
    pub(super) origin: Option<&'a str>,
    /// How long the stream is watched.
    pub(super) time: Duration,
    /// Quiet that is shorter is none: what ends it keeps nothing alive.
    pub(super) quiet: Duration,
    /// How much quiet is too much.
    pub(super) silence: Duration,
    /// How long each further answer is waited for.
    pub(super) wait: Duration,
    /// Told what is done now.
    pub(super) progress: fn(&str),
}

impl<'a> Settings<'a> {
    pub(super) fn new(stream: Stream<'a>, format: Format, time: Duration) -> Self {
        Self {
            stream,
            format,
            origin: None,
            time,
            quiet: QUIET,
            silence: SILENCE,
            wait: time.min(Duration::from_secs(8)),
            progress,
        }
    }
}

/// Where findings go as they are made.
type Tell<'a> = &'a mut dyn FnMut(&Point) -> Result<(), Failure>;

/// What a check came to.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Verdict {
    pub(super) bad: u64,
    pub(super) warnings: u64,
}

/// Checks, and tells each finding as it is made.
pub(super) fn run(settings: &Settings<'_>, out: &mut dyn Write) -> Result<Verdict, Failure> {
    let mut report = Report::new(settings.format, out);
    let told =
        check(settings, &mut report).and_then(|()| report.verdict().map_err(Failure::output));
    match told {
        // Whoever reads the output has seen enough (`| head`).
        Err(failure) if !failure.is_closed_output => Err(failure),
        _ => Ok(Verdict {
            bad: report.bad,
            warnings: report.warnings,
        }),
    }
}

fn check(settings: &Settings<'_>, report: &mut Report<'_>) -> Result<(), Failure> {
    let mut tell = |point: &Point| report.point(point).map_err(Failure::output);
    let time = humantime::format_duration(settings.time);
    (settings.progress)(&format!(
        "reading the stream for {time}, as a browser would"
    ));
    let Some(first) = open(settings, AS_BROWSERS, settings.time)? else {
        return unanswered(settings, &mut tell);
    };
    if !heads(&first, settings, &mut tell)? {
        return no_stream(&first, settings, &mut tell);
    }
    let Some(encoding) = compression::encoding(&first.head) else {
        return stream(&look(&first, settings), settings, &mut tell);
    };
    let Some(plain) = open(settings, IDENTITY, settings.time)? else {
        return tell(&no_answer(settings));
    };
    if let Some(still) = compression::encoding(&plain.head) {
        return tell(&compression::unasked(&still));
    }
    let seen = look(&plain, settings);
    tell(&compression::point(&encoding, &first, &seen))?;
    stream(&seen, settings, &mut tell)
}

/// The response, where its head comes in time.
fn open(
    settings: &Settings<'_>,
    encoding: &'static str,
    wait: Duration,
) -> Result<Option<Response>, Failure> {
    let request = Request {
        encoding,
        ..Request::new(settings.stream)
    };
    Response::of(request, wait).map_err(|error| Failure::unreachable(settings.stream.url, &error))
}

/// Tells what a head says, and whether events follow it.
fn heads(response: &Response, settings: &Settings<'_>, tell: Tell<'_>) -> Result<bool, Failure> {
    head::points(&response.head, response.head_after)
        .iter()
        .try_for_each(&mut *tell)?;
    let is_stream = head::is_stream(&response.head);
    if is_stream {
        tell(&version::point(&response.head, settings.stream.trust))?;
    }
    Ok(is_stream)
}

/// Finds out why no head came: for want of a server, a compressor's, or another's buffer.
fn unanswered(settings: &Settings<'_>, tell: Tell<'_>) -> Result<(), Failure> {
    (settings.progress)("no head came; asking without compression, and for the head alone");
    if let Some(plain) = open(settings, IDENTITY, settings.wait)? {
        tell(&compression::held_back_whole(settings.time))?;
        if !heads(&plain, settings, tell)? {
            return no_stream(&plain, settings, tell);
        }
        if compression::encoding(&plain.head).is_some() {
            return Ok(());
        }
        return stream(&look(&plain, settings), settings, tell);
    }
    let request = Request {
        method: Method::HEAD,
        ..Request::new(settings.stream)
    };
    match Response::of(request, settings.wait) {
        Ok(Some(answer)) => tell(&delivery::without_head(settings.time, answer.head_after)),
        _ => tell(&no_answer(settings)),
    }
}

/// Tells what the body is of an answer that says itself to be no stream; of any status but 200 that is not looked at.
fn no_stream(response: &Response, settings: &Settings<'_>, tell: Tell<'_>) -> Result<(), Failure> {
    if response.head.status != 200 || compression::encoding(&response.head).is_some() {
        return Ok(());
    }
    let begun = watch(
        response,
        "",
        Instant::now() + settings.wait,
        Duration::ZERO,
        |watch| watch.bytes > 0,
    );
    flaws(&begun).iter().try_for_each(tell)
}

fn no_answer(settings: &Settings<'_>) -> Point {
    let detail = format!(
        "no head of a response came in {} s, nor to HEAD: the server does not answer, or something \
         holds the response back",
        delivery::seconds(settings.time)
    );
    Point::bad("no_answer", detail).change("check that the server behind the proxy runs")
}

fn look(response: &Response, settings: &Settings<'_>) -> Watch {
    watch(
        response,
        "",
        Instant::now() + settings.time,
        Duration::ZERO,
        |_| false,
    )
}

/// Tells what a stream shows, and what further requests show of it.
fn stream(seen: &Watch, settings: &Settings<'_>, tell: Tell<'_>) -> Result<(), Failure> {
    tell(&delivery::point(seen))?;
    // Of a stream that is held back whole, nothing more is known.
    if !seen.moments.is_empty() {
        idle::points(seen, settings)
            .iter()
            .try_for_each(&mut *tell)?;
        tell(&retry(seen))?;
    }
    hubs(seen).iter().try_for_each(&mut *tell)?;
    flaws(seen).iter().try_for_each(&mut *tell)?;
    violations(seen).iter().try_for_each(&mut *tell)?;
    (settings.progress)("coming back with an id");
    tell(&resume::point(settings.stream, seen, settings.wait))?;
    if let Some(origin) = settings.origin {
        tell(&origin::point(settings.stream, origin, settings.wait))?;
    }
    Ok(())
}

fn retry(seen: &Watch) -> Point {
    let Some(retry) = &seen.retry else {
        let detail = "never set: browsers come back after 3 s (Chromium) or 5 s (Firefox), all at \
                      once";
        return Point::note("retry", detail);
    };
    match retry.as_millis() {
        Some(ms) if RETRY.contains(&ms) => Point::ok("retry", format!("{ms} ms")),
        _ => {
            let digits: String = retry.as_str().chars().take(40).collect();
            let detail = format!(
                "{digits} ms: too short makes clients hammer the server, too long leaves them \
                 away for good"
            );
            Point::bad("retry", detail).change("send a retry of 500 to 300000")
        }
    }
}

/// Events that look like the hub's own, and are none.
fn hubs(seen: &Watch) -> Option<Point> {
    let unknown = seen
        .seen
        .iter()
        .find(|seen| seen.is_hubs() && !HUBS.contains(&seen.event.as_str()))?;
    let name: String = unknown.event.chars().take(128).collect();
    let detail = format!("an event is named {name:?}, which no Tickertape known here sends");
    Some(Point::warn("hub_event_unknown", detail).change("update the one that is older"))
}

/// What is wrong with the body as a whole, or with how its events are made.
fn flaws(seen: &Watch) -> Vec<Point> {
    let points = seen.flaws.iter();
    points
        .map(|found| Point::of(found).change(FRAMING))
        .collect()
}

fn violations(seen: &Watch) -> Option<Point> {
    let told: Vec<String> = seen
        .violations
        .iter()
        .take(TOLD)
        .map(|found| format!("{}: {}", found.code, found.detail))
        .collect();
    if told.is_empty() {
        return None;
    }
    let more = match seen.violations.len() - told.len() {
        0 => "",
        _ => "; and more",
    };
    let detail = format!("the stream breaks the standard: {}{more}", told.join("; "));
    let change = "`tickertape inspect` with the address lists each with its place";
    Some(Point::bad("violations", detail).change(change))
}

/// Whoever closed standard error does not want to know.
fn progress(what: &str) {
    let _ = writeln!(io::stderr(), "{what} …");
}

#[cfg(test)]
mod tests;
