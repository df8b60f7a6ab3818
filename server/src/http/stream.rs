//! What every event stream sends, and what an event stream's request says.

use axum::body::Body;
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::response::{IntoResponse, Response};

/// The header in which a client says where it resumes.
pub(crate) const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");

/// The header in which the server says where a stream begins.
pub(crate) const CURSOR: HeaderName = HeaderName::from_static("tickertape-last-event-id");

/// An event stream with this body: never cached, transformed or held back by a proxy.
///
/// The type carries no charset: the format has only one, and another one named there closes the
/// stream in Chromium.
pub(crate) fn event_stream(body: Body) -> Response {
    let headers = [
        (header::CONTENT_TYPE, "text/event-stream"),
        (header::CACHE_CONTROL, "no-cache, no-transform"),
        (HeaderName::from_static("x-accel-buffering"), "no"),
    ];
    (headers, body).into_response()
}

/// The bytes of `Last-Event-ID`: none where it is absent or empty.
///
/// Two headers of that name are one id that no one knows, as are bytes that are no text.
pub(crate) fn last_event_id(headers: &HeaderMap) -> Option<Vec<u8>> {
    let mut values = headers
        .get_all(LAST_EVENT_ID)
        .iter()
        .map(HeaderValue::as_bytes);
    let first = values.next()?;
    match values.next() {
        Some(second) => Some([first, b", ", second].concat()),
        None if first.is_empty() => None,
        None => Some(first.to_vec()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_ids_are_not_one_that_is_known() {
        let mut headers = HeaderMap::new();
        assert_eq!(last_event_id(&headers), None);
        headers.append(LAST_EVENT_ID, HeaderValue::from_static(""));
        assert_eq!(last_event_id(&headers), None);
        headers.insert(LAST_EVENT_ID, HeaderValue::from_static("a-1"));
        assert_eq!(last_event_id(&headers), Some(b"a-1".to_vec()));
        headers.append(LAST_EVENT_ID, HeaderValue::from_static("a-1"));
        assert_eq!(last_event_id(&headers), Some(b"a-1, a-1".to_vec()));
    }
}
