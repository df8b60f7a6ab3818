//! Whether a page of another origin may read the stream.

use std::time::Duration;

use super::advice::ORIGIN;
use super::fetch::{Request, Response, Stream};
use super::point::Point;

/// Asks as a page of this origin does.
pub(super) fn point(stream: Stream<'_>, origin: &str, wait: Duration) -> Point {
    let request = Request {
        origin: Some(origin),
        ..Request::new(stream)
    };
    let Ok(Some(response)) = Response::of(request, wait) else {
        return Point::bad(
            "origin_refused",
            format!("asked from {origin} there was no answer"),
        )
        .change(ORIGIN);
    };
    let head = response.head;
    let allowed = head.text("access-control-allow-origin");
    let with_cookies = head.text("access-control-allow-credentials") == "true";
    let refused = |why: String| Point::bad("origin_refused", why).change(ORIGIN);
    if head.status != 200 {
        return refused(format!("asked from {origin} the status is {}", head.status));
    }
    match allowed.as_str() {
        "" => refused(format!(
            "pages of {origin} cannot read it: no Access-Control-Allow-Origin"
        )),
        "*" => Point::ok(
            "origin_allowed",
            format!("pages of {origin} can read it, as those of every origin, without cookies"),
        ),
        _ if allowed == origin => {
            let cookies = if with_cookies { "with" } else { "without" };
            Point::ok(
                "origin_allowed",
                format!("pages of {origin} can read it, {cookies} cookies"),
            )
        }
        _ => refused(format!(
            "pages of {origin} cannot read it: Access-Control-Allow-Origin is {allowed:?}"
        )),
    }
}
