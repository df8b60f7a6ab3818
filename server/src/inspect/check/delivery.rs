//! Whether bytes come as they are sent, or are held back on the way.

use std::time::Duration;

use inspection::Moment;

use super::advice::BUFFERING;
use super::point::Point;
use super::watch::Watch;

/// First bytes that come later after the head than this were held back, or not sent.
const LATE: Duration = Duration::from_secs(2);

/// What there is to say of how the bytes came.
pub(super) fn point(watch: &Watch) -> Point {
    let Some(first) = watch.moments.first() else {
        return nothing(watch);
    };
    if let Some(held) = watch.moments.iter().find_map(Moment::held_back) {
        return Point::bad("buffered", held.detail).change(BUFFERING);
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
    let bursts = watch
        .moments
        .iter()
        .filter_map(|m| Some((m.events, m.burst()?)));
    if let Some((_, burst)) = bursts.max_by_key(|(events, _)| *events) {
        return Point::warn("bursts", burst.detail).change(BUFFERING);
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

/// Seconds, with tenths.
pub(super) fn seconds(time: Duration) -> String {
    format!("{:.1}", time.as_secs_f64())
}
