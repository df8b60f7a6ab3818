//! What the head of a response says of the path.

use std::time::Duration;

use inspection::is_event_stream;
use ureq::http::StatusCode;

use super::super::source;
use super::fetch::Head;
use super::point::Point;

/// A head that takes longer is worth a word: events before it are late by as much.
const SLOW_HEAD: Duration = Duration::from_secs(2);

/// The findings of a head.
pub(super) fn points(head: &Head, after: Duration) -> Vec<Point> {
    let mut points = Vec::new();
    points.extend(redirect(head));
    if head.status != StatusCode::OK {
        let detail = format!(
            "the status is {}: any but 200 ends an EventSource for good",
            head.status
        );
        points.push(Point::bad("status", detail).change(of_status(head.status)));
        return points;
    }
    let ms = after.as_millis();
    points.push(if after > SLOW_HEAD {
        Point::warn(
            "head_late",
            format!("the head came {ms} ms after the request"),
        )
        .change(
            "send the head at once, before the first event: until then no page knows that it is \
             connected",
        )
    } else {
        Point::ok("answered", format!("200 after {ms} ms"))
    });
    points.push(content_type(head));
    points.push(cache_control(head));
    points.extend(accel(head));
    points
}

/// Whether a browser reads the body as events.
pub(super) fn is_stream(head: &Head) -> bool {
    head.status == StatusCode::OK && is_event_stream(&head.text("content-type"))
}

fn of_status(status: StatusCode) -> &'static str {
    match status.as_u16() {
        204 => "answer with 200 and an open stream, also where there is nothing to say yet",
        300..=399 => "give the address at the end of the redirects",
        401 | 403 => "give what authorises the request, or check who may read this",
        404 | 410 => "check the address, and what path the proxy hands on",
        421 => "let the proxy hand on the name in `Host` that the server knows",
        429 | 503 => {
            "send the refusal as an event in a 200 and end the stream, so that clients come back"
        }
        502 | 504 => {
            "check that the server behind the proxy runs; nginx: `error_page 502 503 504 =200` \
             with an event stream that says only `retry: 1000` lets clients come back"
        }
        _ => "answer with 200, or mend what the body says",
    }
}

fn redirect(head: &Head) -> Option<Point> {
    let detail = source::redirected(&head.path)?;
    Some(Point::warn("redirect", detail).change("give pages the address at its end"))
}

fn content_type(head: &Head) -> Point {
    if let Some(found) = source::head(head.status, &head.headers).content_type() {
        let code = if found.code == "charset" {
            "charset"
        } else {
            "content_type"
        };
        return Point::bad(code, found.detail).change(
            "send Content-Type: text/event-stream, without a charset (nginx: no `charset` there)",
        );
    }
    let value = head.text("content-type");
    match value.contains(';') {
        true => Point::note(
            "content_type",
            format!("{value}; the charset says nothing, as there is only one: leave it out"),
        ),
        false => Point::ok("content_type", value),
    }
}

fn cache_control(head: &Head) -> Point {
    let value = head.text("cache-control").to_ascii_lowercase();
    let has = |directive| value.contains(directive);
    let change = "send Cache-Control: no-cache, no-transform";
    if !has("no-cache") && !has("no-store") {
        let detail = "there is no Cache-Control: no-cache; a cache may answer in place of the \
                      server, and never end";
        Point::warn("cache_control", detail).change(change)
    } else if !has("no-transform") {
        let detail = format!("{value}: without no-transform a proxy may compress it");
        Point::note("cache_control", detail).change(change)
    } else {
        Point::ok("cache_control", value)
    }
}

/// nginx keeps the header to itself, so that its absence says nothing.
fn accel(head: &Head) -> Option<Point> {
    let value = head.text("x-accel-buffering");
    match value.to_ascii_lowercase().as_str() {
        "" => None,
        "no" => Some(Point::ok("x_accel_buffering", "no, which nginx heeds")),
        _ => Some(
            Point::warn(
                "x_accel_buffering",
                format!("it is {value:?}, with which nginx holds events back"),
            )
            .change("send X-Accel-Buffering: no"),
        ),
    }
}
