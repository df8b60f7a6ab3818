//! Whether bytes come as they are sent, or are held back on the way.

use std::time::Duration;

use super::advice::BUFFERING;
use super::point::Point;
use super::watch::{Moment, Watch};

/// First bytes that come later after the head than this were held back, or not sent.
const LATE: Duration = Duration::from_secs(2);
/// Events that say times as far apart as this, and come at one moment, were held back.
const APART: Duration = Duration::from_millis(500);
/// So many events at one moment after so long a quiet look as if they were held back.
const BURST: u64 = 3;
const BURST_QUIET: Duration = Duration::from_secs(2);

/// What there is to say of how the bytes came.
pub(super) fn point(watch: &Watch) -> Point {
    let Some(first) = watch.moments.first() else {
        return nothing(watch);
    };
    if let Some(held) = held_back(watch) {
        return held;
    }
    let after = first.begin.saturating_sub(watch.head_after);
    let ms = after.as_millis();
    if after > LATE && watch.is_tickertape() {
        let detail = format!(
            "Tickertape sends its first bytes at once, and they came {ms} ms after the head: \
             something holds them back"
        );
        return Point::bad("buffered", detail).change(BUFFERING);
    }
    if let Some(burst) = burst(watch) {
        return burst;
    }
    if after > LATE {
        let detail = format!(
            "the first bytes came {ms} ms after the head, and then as they were sent, it seems: \
             the server had nothing to say before, or something held them back"
        );
        return Point::note("first_bytes_late", detail)
            .change("let the server send a comment at once, so that the difference shows");
    }
    Point::ok(
        "delivered_at_once",
        format!("the first bytes came {ms} ms after the head, and nothing in bursts"),
    )
}

/// No byte of the body came.
fn nothing(watch: &Watch) -> Point {
    let s = seconds(watch.lasted.saturating_sub(watch.head_after));
    if watch.is_tickertape() {
        let detail = format!(
            "Tickertape sends its first bytes at once, and none came in {s} s: something holds \
             them back until its buffer is full, or the end"
        );
        return Point::bad("buffered", detail).change(BUFFERING);
    }
    let detail = format!(
        "after the head not a byte came in {s} s: the server says nothing, not even a comment, or \
         something holds it back"
    );
    Point::warn("nothing_came", detail)
        .change("let the server send a comment at once; if that does not come, something buffers")
}

/// Not even the head came, and yet the server answers.
pub(super) fn without_head(time: Duration, to_head: Duration) -> Point {
    let detail = format!(
        "not even the head of the response came in {} s, though a HEAD is answered after {} ms: \
         something holds the response back until its buffer is full, or the end",
        seconds(time),
        to_head.as_millis()
    );
    Point::bad("buffered", detail).change(BUFFERING)
}

/// Events that were made one after the other, while they were waited for, and came at once.
fn held_back(watch: &Watch) -> Option<Point> {
    let mut waited_since = Duration::ZERO;
    for (place, moment) in watch.moments.iter().enumerate() {
        let waited = moment.begin.saturating_sub(waited_since);
        waited_since = moment.end;
        let apart = moment.times.map_or(0, |(first, last)| last.abs_diff(first));
        let apart = Duration::from_millis(apart);
        // What was there before it was asked for comes at once, and rightly: it is further apart.
        let within = moment.end.saturating_sub(moment.begin) + waited + APART / 2;
        let is_burst = apart >= APART && apart <= within && apart > moment_length(moment) * 2;
        if is_burst && (place > 0 || waited >= APART) {
            let detail = format!(
                "{} events came at one moment, {} s after the request, which say that they were \
                 made over {} ms: something holds them back until its buffer is full",
                moment.events,
                seconds(moment.begin),
                apart.as_millis()
            );
            return Some(Point::bad("buffered", detail).change(BUFFERING));
        }
    }
    None
}

fn moment_length(moment: &Moment) -> Duration {
    moment.end.saturating_sub(moment.begin)
}

/// Several events at one moment after a quiet, again and again, of which nobody knows when they
/// were made.
fn burst(watch: &Watch) -> Option<Point> {
    let later = watch.moments.iter().skip(1).zip(watch.quiet());
    let bursts: Vec<u64> = later
        .filter(|(moment, quiet)| {
            moment.events >= BURST && *quiet >= BURST_QUIET && moment.times.is_none()
        })
        .map(|(moment, _)| moment.events)
        .collect();
    let most = bursts.iter().max()?;
    let detail = format!(
        "events come in bursts, up to {most} at one moment after {} s or more of quiet: the server \
         sends them so, or something holds them back",
        BURST_QUIET.as_secs()
    );
    Some(Point::warn("bursts", detail).change(BUFFERING))
}

/// Seconds, with tenths.
pub(super) fn seconds(time: Duration) -> String {
    format!("{:.1}", time.as_secs_f64())
}
