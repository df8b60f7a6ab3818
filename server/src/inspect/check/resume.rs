//! Whether a client that comes back gets what it has missed.

use std::time::{Duration, Instant};

use inspection::{Seen, Standing, Trial, Verdict, refused_with, refused_with_type, unanswered};

use super::advice::RESUME;
use super::fetch::{IDENTITY, Request, Response, Stream};
use super::head;
use super::point::Point;
use super::watch::{CURSOR, Ending, Watch, watch};
use crate::client::failure;

/// Comes back with the id of an event in the middle of what was seen, and compares.
pub(super) fn point(stream: Stream<'_>, seen: &Watch, wait: Duration) -> Point {
    if seen.end == Ending::Flood {
        return unknown("too much comes to compare it");
    }
    if seen.seen.iter().all(Seen::is_hubs)
        && let Some(cursor) = cursor_before_all(seen)
    {
        return by_cursor(stream, seen, &cursor, wait);
    }
    match Trial::of(&seen.seen, seen.with_id > 0) {
        Ok(trial) => of(&tried(stream, &trial, wait)),
        Err(verdict) => of(&verdict),
    }
}

/// Comes back as a trial says, and judges what came.
pub(in crate::inspect) fn tried(stream: Stream<'_>, trial: &Trial, wait: Duration) -> Verdict {
    match ask(stream, trial, wait) {
        Ok(answer) => trial.judge(&answer.seen, answer.end == Ending::LetGo),
        Err(refused) => refused,
    }
}

/// A verdict, with what to change.
fn of(verdict: &Verdict) -> Point {
    let detail = verdict.detail.as_str();
    match verdict.standing {
        Standing::Good => Point::ok(verdict.code, detail),
        Standing::Unclear => Point::note(verdict.code, detail),
        Standing::Weak => Point::warn(verdict.code, detail).change("send an `id:` with each event"),
        Standing::Bad => Point::bad(verdict.code, detail).change(match verdict.code {
            "resume_gap" => "keep events for longer than clients are away, on every node alike",
            "resume_impossible" => "send ids of visible ASCII characters",
            _ => RESUME,
        }),
    }
}

fn unknown(why: &str) -> Point {
    of(&inspection::unknown(why))
}

/// How long a trial goes on once all has come: what comes twice comes at once.
const AFTER_ENOUGH: Duration = Duration::from_millis(300);

/// Comes back with an id; as many events as are expected are enough.
fn ask(stream: Stream<'_>, trial: &Trial, wait: Duration) -> Result<Watch, Verdict> {
    let until = Instant::now() + wait;
    let response = response(stream, trial.id(), wait)?;
    Ok(watch(&response, trial.id(), until, AFTER_ENOUGH, |watch| {
        trial.is_enough(&watch.seen)
    }))
}

fn response(stream: Stream<'_>, id: &str, wait: Duration) -> Result<Response, Verdict> {
    let request = Request {
        last_event_id: id,
        encoding: IDENTITY,
        ..Request::new(stream)
    };
    match Response::of(request, wait) {
        Ok(Some(response)) if head::is_stream(&response.head) => Ok(response),
        Ok(Some(response)) if response.head.status == 200 => {
            Err(refused_with_type(&response.head.text("content-type")))
        }
        Ok(Some(response)) => Err(refused_with(response.head.status)),
        Ok(None) => Err(unanswered("")),
        Err(error) => Err(unanswered(&failure::reason(&error))),
    }
}

/// The cursor before a Tickertape's first event, where its newest is another.
fn cursor_before_all(seen: &Watch) -> Option<String> {
    let (epoch, seq) = seen.cursor.as_ref()?.rsplit_once('-')?;
    (seq != "0").then(|| format!("{epoch}-0"))
}

/// Comes back to a quiet Tickertape from before all events: its head says where it begins.
fn by_cursor(stream: Stream<'_>, seen: &Watch, cursor: &str, wait: Duration) -> Point {
    let response = match response(stream, cursor, wait) {
        Ok(response) => response,
        Err(refused) => return of(&refused),
    };
    let begins = response.head.text(CURSOR);
    let Some(begins) = sequence(&begins) else {
        return unknown("the head of the second response does not say where it begins");
    };
    // The newest id goes on meanwhile, whatever the topic; and all that was kept may be gone.
    let is_live = Some(begins) >= seen.cursor.as_deref().and_then(sequence);
    if is_live && !begins_with_gap(&response, cursor, wait) {
        let detail = "coming back from before the first event, the stream begins with what is \
                      new: something drops Last-Event-ID on the way";
        return Point::bad("resume_ignored", detail).change(RESUME);
    }
    Point::ok(
        "resumes",
        "no event came to compare, but the id of a client that comes back reaches the server",
    )
}

fn begins_with_gap(response: &Response, cursor: &str, wait: Duration) -> bool {
    let begin = watch(
        response,
        cursor,
        Instant::now() + wait,
        Duration::ZERO,
        |watch| !watch.seen.is_empty(),
    );
    begin.seen.iter().any(|seen| seen.event == "hub.gap")
}

/// The number in a Tickertape's id.
fn sequence(id: &str) -> Option<u64> {
    id.rsplit_once('-')?.1.parse().ok()
}
