//! What every stream of events sends, and what its request says.

use std::io;

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use futures::{FutureExt, Stream, StreamExt, stream};
use hub::{Close, CloseReason, Delivery, Form, Hub, Subscription};
use wire::{EventName, Frame};

use super::accept::Kind;
use super::error::HttpError;
use super::poll;
use super::refusal::Refusal;
use crate::auth::Until;
use crate::fanout::{Begun, Live, Offer};

/// The header in which a client says where it resumes.
pub(crate) const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");

/// The header in which the server says where a stream begins.
pub(crate) const CURSOR: HeaderName = HeaderName::from_static("tickertape-last-event-id");

/// An event stream with this body: never cached, transformed or held back by a proxy.
///
/// The type carries no charset: the format has only one, and another one named there closes the
/// stream in Chromium.
pub(crate) fn event_stream(body: Body) -> Response {
    endless(EVENT_STREAM, body)
}

/// An event stream that ends at once, as there is no room for its reader now, and has no place to go on from.
pub(crate) fn overload() -> Response {
    let mut said = Vec::new();
    hub::preamble(&mut said);
    Delivery::Close(Close::new(CloseReason::Overload)).encode(Form::Plain, &mut said);
    let mut response = event_stream(Body::from(said));
    // It counts as what it is, though it is a 200.
    response.extensions_mut().insert(Refusal::Overload);
    response
}

/// An event of a stream that is none of the hub's: without an id, as there is nothing to resume.
pub(crate) fn frame(name: &str, data: &str, out: &mut Vec<u8>) {
    let name = EventName::new(name).ok();
    let frame = Frame {
        event: name.as_ref(),
        data: Some(data),
        ..Frame::default()
    };
    frame.encode_into(out);
}

const EVENT_STREAM: &str = "text/event-stream";
const NDJSON: &str = "application/x-ndjson";

fn endless(content_type: &'static str, body: Body) -> Response {
    let headers = [
        (header::CONTENT_TYPE, content_type),
        (header::CACHE_CONTROL, "no-cache, no-transform"),
        (HeaderName::from_static("x-accel-buffering"), "no"),
    ];
    (headers, body).into_response()
}

/// The stream of a subscription, which ends with it, and with the right to it; `company` is kept for as long as it lives.
///
/// # Errors
/// 503 for JSON lines where the hub closes the subscription at once. An event stream says so
/// itself, as any status but 200 would end an `EventSource` for good.
pub(crate) fn of(
    mut subscription: Subscription,
    form: Form,
    until: Until,
    company: impl Send + 'static,
) -> Result<Response, HttpError> {
    let cursor = cursor_value(subscription.begins_after())?;
    let has_room = subscription.has_room();
    let mut begin = Vec::new();
    let content_type = if form == Form::NdJson {
        beginning(&mut subscription, &mut begin)?;
        NDJSON
    } else {
        hub::preamble(&mut begin);
        EVENT_STREAM
    };
    let offer = Offer::new(Live::new(subscription, form, until, company), begin);
    let mut response = endless(content_type, body(offer.clone()));
    response.extensions_mut().insert(offer);
    response.headers_mut().insert(CURSOR, cursor);
    if !has_room {
        // It counts as what it is, though it is a 200.
        response.extensions_mut().insert(Refusal::Overload);
    }
    Ok(response)
}

/// Takes what is there at once: the begin of the stream, and its end where there is no room.
fn beginning(subscription: &mut Subscription, begin: &mut Vec<u8>) -> Result<(), HttpError> {
    for _ in 0..2 {
        let Some(batch) = subscription.next().now_or_never() else {
            break;
        };
        for delivery in batch?.unwrap_or_default() {
            if let Delivery::Close(close) = delivery {
                return Err(HttpError::Closed(close));
            }
            delivery.encode(Form::NdJson, begin);
        }
    }
    Ok(())
}

/// All that is ready is one piece of the body. A client that goes away drops the body, and with
/// it the subscription. It has nothing to say where another took the stream.
fn body(offer: Offer) -> Body {
    let begin = async move { offer.take() };
    let pieces = begin
        .map(|taken| stream::iter(taken).flat_map(pieces))
        .flatten_stream();
    Body::from_stream(pieces)
}

fn pieces((live, begin): Begun) -> impl Stream<Item = io::Result<Bytes>> + Send {
    stream::unfold((live, begin), |(mut live, mut piece)| async move {
        while piece.is_empty() {
            for delivery in live.next().await? {
                delivery.encode(live.form, &mut piece);
            }
        }
        Some((Ok(Bytes::from(piece)), (live, Vec::new())))
    })
}

/// The headers of an answer of this kind, with the newest id of the hub: the cursor to take
/// before reading one's own state.
pub(crate) fn head(hub: &Hub, kind: Kind) -> Result<Response, HttpError> {
    let mut response = match kind {
        Kind::EventStream | Kind::Page => event_stream(unknown()),
        Kind::NdJson => endless(NDJSON, unknown()),
        Kind::Poll => (poll::HEADERS, unknown()).into_response(),
    };
    response
        .headers_mut()
        .insert(CURSOR, cursor_value(&hub.head())?);
    Ok(response)
}

/// A body whose length nobody knows: what a `GET` would send is not empty (RFC 9110, 9.3.2).
pub(super) fn unknown() -> Body {
    Body::from_stream(stream::empty::<Result<Bytes, io::Error>>())
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
    use std::sync::Arc;
    use std::time::{Duration, SystemTime};

    use axum::http::StatusCode;
    use http_body_util::BodyExt;
    use hub::{Draft, Filter, MemoryLog, Policy, Retention, Settings, Start, SystemClock, Topic};

    use super::*;

    fn hub(max_subscribers: usize) -> (Hub, hub::Driver) {
        let policy = Policy::new(Retention::default());
        let log = MemoryLog::new(policy, Arc::new(SystemClock::default()));
        let settings = Settings {
            max_subscribers,
            ..Settings::default()
        };
        Hub::open(Arc::new(log), settings)
    }

    async fn stream(hub: &Hub, form: Form) -> Result<Response, HttpError> {
        let filter = Arc::new(Filter::topic("a").unwrap());
        let subscription = hub.subscribe(filter, Start::Live).await.unwrap();
        of(subscription, form, Until::for_ever(), ())
    }

    #[tokio::test]
    async fn where_there_is_no_room_json_lines_are_503_and_an_event_stream_says_so() {
        let (hub, _driver) = hub(0);
        let refused = stream(&hub, Form::NdJson).await.unwrap_err();
        let response = refused.into_response();
        assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(response.headers()[header::RETRY_AFTER], "30");
        let said = stream(&hub, Form::Plain).await.unwrap();
        assert_eq!(said.status(), StatusCode::OK);
        let body = said.into_body().collect().await.unwrap().to_bytes();
        let body = String::from_utf8_lossy(&body);
        assert!(
            body.contains("event: hub.close\n") && body.contains("overload"),
            "{body}"
        );
    }

    #[tokio::test]
    async fn a_stream_that_has_always_more_to_say_ends_with_the_right_to_it() {
        let (hub, driver) = hub(2);
        tokio::spawn(driver.run());
        let filter = Arc::new(Filter::topic("a").unwrap());
        let mut other = hub.subscribe(filter.clone(), Start::Live).await.unwrap();
        let data = "x".repeat(256 * 1024);
        for _ in 0..40 {
            let draft = Draft::new(Topic::parse("a").unwrap(), &data).unwrap();
            hub.publish(vec![draft]).await.unwrap();
        }
        // The hub has told of all of them.
        let mut told = 0;
        while told < 40 {
            let batch = other.next().await.unwrap().unwrap();
            let is_event = |delivery: &&Delivery| matches!(delivery, Delivery::Event(_));
            told += batch.iter().filter(is_event).count();
        }
        let subscription = hub.subscribe(filter, Start::All).await.unwrap();
        let past = SystemTime::now() - Duration::from_secs(1);
        let until = Until::new(Some(past), None);
        let response = of(subscription, Form::Plain, until, ()).unwrap();
        let body = response.into_body().collect().await.unwrap().to_bytes();
        assert!(body.len() < 20 * data.len(), "{} bytes of it", body.len());
        let end = String::from_utf8_lossy(&body[body.len().saturating_sub(200)..]);
        assert!(
            end.contains("hub.close") && end.contains("expired"),
            "{end}"
        );
    }

    #[tokio::test(start_paused = true)]
    async fn json_lines_are_kept_alive() {
        let (hub, driver) = hub(1);
        tokio::spawn(driver.run());
        let mut body = stream(&hub, Form::NdJson).await.unwrap().into_body();
        let (id, mut lines) = (hub.head(), Vec::new());
        for _ in 0..2 {
            let piece = body.frame().await.unwrap().unwrap().into_data().unwrap();
            lines.push(String::from_utf8(piece.to_vec()).unwrap());
        }
        let beat = format!("{{\"id\":\"{id}\",\"event\":\"hub.beat\",\"data\":\"{{}}\"}}\n");
        assert!(lines[0].contains("\"hub.open\""), "{lines:?}");
        assert_eq!(lines[1], beat);
    }

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
