//! Where a stream leaves hyper: its head is due, and the rest goes into the socket without it.

use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

use axum::http::{HeaderMap, Method, Request, Response, StatusCode, Version, header};
use hyper::body::{Body, Incoming};

use super::leeway::Flushed;
use crate::fanout::{Begun, Offer, chunk};

/// The place on a connection where a stream is handed over.
///
/// hyper gives a connection back with what it has read, and drops what it has still to write. So a
/// stream is only taken where the kernel has all earlier responses. It is when the service answers:
/// hyper tries to flush what it has written before it reads the next request.
pub(super) struct Handover {
    flushed: Flushed,
    taken: Mutex<Option<Begun>>,
}

impl Handover {
    pub(super) fn new(flushed: Flushed) -> Self {
        Self {
            flushed,
            taken: Mutex::default(),
        }
    }

    /// Whether the answer to a request may be handed over: the next thing on the connection is the answer.
    pub(super) fn is_for(request: &Request<Incoming>) -> bool {
        request.method() == Method::GET
            && request.version() == Version::HTTP_11
            && request.body().is_end_stream()
    }

    /// Takes a stream out of a response; false where there is none, or it has to stay.
    pub(super) fn take<B>(&self, response: &Response<B>) -> bool {
        let offer = response.extensions().get::<Offer>();
        let Some(offer) = offer.filter(|_| self.flushed.get()) else {
            return false;
        };
        let Some((live, begin)) = offer.take() else {
            return false;
        };
        let mut unsent = head(response.status(), response.headers());
        chunk::wrap(&begin, &mut unsent);
        *self.taken.lock().unwrap_or_else(PoisonError::into_inner) = Some((live, unsent));
        true
    }

    /// The stream that was taken, and what its client is to get first.
    pub(super) fn taken(&self) -> Option<Begun> {
        self.taken
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take()
    }
}

/// The head of a response with a body in chunks, after which the connection ends (RFC 9112, sections 4, 7.1
/// and 9.6).
fn head(status: StatusCode, headers: &HeaderMap) -> Vec<u8> {
    let mut head = format!("HTTP/1.1 {status}\r\n").into_bytes();
    let own = [
        header::CONNECTION,
        header::CONTENT_LENGTH,
        header::TRANSFER_ENCODING,
    ];
    for (name, value) in headers.iter().filter(|(name, _)| !own.contains(name)) {
        head.extend_from_slice(name.as_str().as_bytes());
        head.extend_from_slice(b": ");
        head.extend_from_slice(value.as_bytes());
        head.extend_from_slice(b"\r\n");
    }
    let date = httpdate::fmt_http_date(SystemTime::now());
    let rest = format!("date: {date}\r\ntransfer-encoding: chunked\r\nconnection: close\r\n\r\n");
    head.extend_from_slice(rest.as_bytes());
    head
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use hub::{Filter, Form, Start};

    use super::*;
    use crate::auth::Until;
    use crate::fanout::Live;
    use crate::state::AppState;

    #[tokio::test]
    async fn a_stream_is_taken_once_and_only_where_all_before_it_was_written() {
        let (_stop, state) = AppState::empty();
        let filter = Arc::new(Filter::topic("a").unwrap());
        let subscription = state.hub.subscribe(filter, Start::Live).await.unwrap();
        let live = Live::new(subscription, Form::Plain, Until::for_ever(), ());
        let mut response = Response::new(());
        assert!(
            !Handover::new(Flushed::of(true)).take(&response),
            "no stream"
        );
        response
            .extensions_mut()
            .insert(Offer::new(live, b"begin".to_vec()));
        let unflushed = Handover::new(Flushed::of(false));
        assert!(!unflushed.take(&response) && unflushed.taken().is_none());
        let handover = Handover::new(Flushed::of(true));
        assert!(handover.take(&response) && !handover.take(&response));
        let (_, unsent) = handover.taken().unwrap();
        assert!(unsent.ends_with(b"\r\n\r\n5\r\nbegin\r\n"));
    }

    #[test]
    fn a_head_has_the_headers_of_the_answer_and_says_how_its_body_ends() {
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_TYPE, "text/event-stream".parse().unwrap());
        headers.append(header::VARY, "origin".parse().unwrap());
        headers.append(header::VARY, "accept".parse().unwrap());
        headers.insert(header::CONTENT_LENGTH, "7".parse().unwrap());
        let head = String::from_utf8(head(StatusCode::OK, &headers)).unwrap();
        let (before, after) = head.split_once("date: ").unwrap();
        assert_eq!(
            before,
            "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nvary: origin\r\nvary: accept\r\n"
        );
        let (date, rest) = after.split_once("\r\n").unwrap();
        assert!(httpdate::parse_http_date(date).is_ok());
        assert_eq!(
            rest,
            "transfer-encoding: chunked\r\nconnection: close\r\n\r\n"
        );
    }
}
