//! Whether a client that comes back gets what it has missed.

use std::time::{Duration, Instant};

use super::advice::RESUME;
use super::fetch::{IDENTITY, Request, Response, Stream};
use super::point::Point;
use super::watch::{CURSOR, Ending, Seen, Watch, watch};

/// What a resume is tried with.
struct Trial {
    /// The event that a client has seen last.
    from: Seen,
    /// Those up to it.
    before: Vec<Seen>,
    /// Those after it, oldest first.
    expected: Vec<Seen>,
}

/// Comes back with the id of an event in the middle of what was seen, and compares.
pub(super) fn point(stream: Stream<'_>, seen: &Watch, wait: Duration) -> Point {
    if seen.end == Ending::Flood {
        return unknown("too much comes to compare it");
    }
    let events: Vec<&Seen> = seen.seen.iter().filter(|seen| !seen.is_hubs()).collect();
    if events.is_empty() {
        return match cursor_before_all(seen) {
            Some(cursor) => by_cursor(stream, seen, &cursor, wait),
            None => unknown("no event came"),
        };
    }
    if seen.with_id == 0 || events.iter().all(|event| event.id.is_empty()) {
        let detail = format!(
            "none of the {} events had an id: no client can resume, and each misses what comes \
             while it is away",
            events.len()
        );
        return Point::warn("no_ids", detail).change("send an `id:` with each event");
    }
    let Some(trial) = Trial::of(&events) else {
        return unknown("the events have no ids of their own to begin at");
    };
    if trial.from.id.chars().any(|c| c.is_control() && c != '\t') {
        let detail = "an id has a control character, with which no browser comes back";
        return Point::bad("resume_impossible", detail)
            .change("send ids of visible ASCII characters");
    }
    let answer = ask(stream, &trial.from.id, wait, trial.expected.len() as u64);
    match answer {
        Ok(answer) => trial.judge(&answer),
        Err(why) => Point::bad("resume_refused", why).change(RESUME),
    }
}

fn unknown(why: &str) -> Point {
    let detail = format!("not known: {why}; check a stream on which something happens");
    Point::note("resume_unknown", detail)
}

/// Comes back with an id; as many events as are expected are enough.
fn ask(stream: Stream<'_>, id: &str, wait: Duration, expected: u64) -> Result<Watch, String> {
    let until = Instant::now() + wait;
    let response = response(stream, id, wait)?;
    Ok(watch(&response, id, until, |watch| {
        expected > 0 && watch.events() >= expected
    }))
}

fn response(stream: Stream<'_>, id: &str, wait: Duration) -> Result<Response, String> {
    let request = Request {
        last_event_id: id,
        encoding: IDENTITY,
        ..Request::new(stream)
    };
    match Response::of(request, wait) {
        Ok(Some(response)) if response.head.status == 200 => Ok(response),
        Ok(Some(response)) => Err(format!(
            "coming back with an id got {}, which ends an EventSource for good",
            response.head.status
        )),
        Ok(None) => Err("coming back with an id got no answer".to_owned()),
        Err(error) => Err(format!("coming back with an id failed: {error}")),
    }
}

impl Trial {
    /// The middle of the events, at one with an id of its own.
    fn of(events: &[&Seen]) -> Option<Self> {
        let is_own = |place: usize| {
            let id = &events[place].id;
            !id.is_empty() && events.get(place + 1).is_none_or(|next| next.id != *id)
        };
        let middle = (events.len() - 1) / 2;
        let place = (0..=middle)
            .rev()
            .chain(middle + 1..events.len())
            .find(|place| is_own(*place))?;
        let owned = |part: &[&Seen]| part.iter().map(|seen| (*seen).clone()).collect();
        Some(Self {
            from: events[place].clone(),
            before: owned(&events[..=place]),
            expected: owned(&events[place + 1..]),
        })
    }

    fn judge(&self, answer: &Watch) -> Point {
        if let Some(gap) = answer.seen.iter().find(|seen| seen.event == "hub.gap") {
            let detail = format!(
                "coming back with an id that had just come gave a gap: {}",
                gap.data
            );
            return Point::bad("resume_gap", detail)
                .change("keep events for longer than clients are away, on every node alike");
        }
        let got: Vec<&Seen> = answer.seen.iter().filter(|seen| !seen.is_hubs()).collect();
        if self.is_followed(&got, |a, b| a == b) {
            return self.held(&got);
        }
        if self.is_followed(&got, |a, b| a.id == b.id) {
            let detail = format!(
                "the {} events that followed came with the same ids and other data: they are made \
                 anew for each connection",
                self.expected.len()
            );
            return Point::note("resumes", detail);
        }
        let again = got.iter().filter(|got| self.before.contains(got)).count();
        if again > 0 {
            let detail = format!(
                "coming back after an event, {again} of what was before it came again: pages see \
                 events twice"
            );
            return Point::bad("resume_repeats", detail).change(RESUME);
        }
        self.missed(&got)
    }

    /// All that was expected came; where nothing was, nothing is shown.
    fn held(&self, got: &[&Seen]) -> Point {
        match self.expected.len() {
            0 if got.is_empty() => unknown("nothing followed the event that was seen last"),
            0 => unknown("only one event came"),
            1 => Point::ok("resumes", "the event that followed an id came again"),
            n => Point::ok(
                "resumes",
                format!("the {n} events that followed an id came again, in order"),
            ),
        }
    }

    fn missed(&self, got: &[&Seen]) -> Point {
        let came = self
            .expected
            .iter()
            .filter(|seen| got.contains(seen))
            .count();
        let of = self.expected.len();
        if came == 0 {
            let detail = format!(
                "coming back after an event, none of the {of} that followed it came: the server \
                 ignores Last-Event-ID, or something drops it on the way"
            );
            return Point::bad("resume_ignored", detail).change(RESUME);
        }
        let detail = format!(
            "coming back after an event, {came} of the {of} that followed it came, or in another \
             order"
        );
        Point::bad("resume_incomplete", detail).change(RESUME)
    }

    fn is_followed(&self, got: &[&Seen], is_same: impl Fn(&Seen, &Seen) -> bool) -> bool {
        got.len() >= self.expected.len()
            && self.expected.iter().zip(got).all(|(a, b)| is_same(a, b))
            && !got
                .iter()
                .any(|got| got.id == self.from.id && **got == self.from)
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
        Err(why) => return Point::bad("resume_refused", why).change(RESUME),
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
    let begin = watch(response, cursor, Instant::now() + wait, |watch| {
        !watch.seen.is_empty()
    });
    begin.seen.iter().any(|seen| seen.event == "hub.gap")
}

/// The number in a Tickertape's id.
fn sequence(id: &str) -> Option<u64> {
    id.rsplit_once('-')?.1.parse().ok()
}
