//! What every event stream sends, and what an event stream's request says.

use std::io;

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use futures::stream;
use hub::{Batch, Form, Hub, Subscription};

use super::error::HttpError;

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

/// The stream of a subscription, which ends with it; `company` is kept for as long as it lives.
///
/// All that is ready is one piece of the body. A client that goes away drops the body, and with
/// it the subscription.
pub(crate) fn of(
    subscription: Subscription,
    form: Form,
    company: impl Send + 'static,
) -> Result<Response, HttpError> {
    let cursor = cursor_value(subscription.begins_after())?;
    let mut begin = Vec::new();
    hub::preamble(&mut begin);
    let state = (subscription, begin, company);
    let body = stream::unfold(
        state,
        move |(mut subscription, mut piece, company)| async move {
            while piece.is_empty() {
                for delivery in next(&mut subscription).await? {
                    delivery.encode(form, &mut piece);
                }
            }
            Some((
                Ok::<_, io::Error>(Bytes::from(piece)),
                (subscription, Vec::new(), company),
            ))
        },
    );
    let mut response = event_stream(Body::from_stream(body));
    response.headers_mut().insert(CURSOR, cursor);
    Ok(response)
}

/// The next deliveries; a log that cannot be read ends the stream, and its client resumes.
async fn next(subscription: &mut Subscription) -> Option<Batch> {
    subscription.next().await.unwrap_or_else(|error| {
        tracing::error!(%error, "a stream ends because the log cannot be read");
        None
    })
}

/// The headers of a stream, with the newest id of the hub: the cursor to take before reading
/// one's own state.
pub(crate) fn head(hub: &Hub) -> Result<Response, HttpError> {
    let mut response = event_stream(Body::empty());
    response
        .headers_mut()
        .insert(CURSOR, cursor_value(&hub.head())?);
    Ok(response)
}

fn cursor_value(id: &impl ToString) -> Result<HeaderValue, HttpError> {
    HeaderValue::try_from(id.to_string())
        .map_err(|error| HttpError::Internal(format!("an id that is no header: {error}").into()))
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
