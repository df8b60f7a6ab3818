//! A request's body as text, within bounds of size and time.

use std::ops::Deref;

use axum::body::{Body, HttpBody};
use axum::extract::Request;
use axum::http::header;
use http_body_util::BodyExt;

use super::error::HttpError;
use super::room::Share;
use crate::limits::{DRAIN_BYTES, DRAIN_TIME};
use crate::state::AppState;

/// A body, and the room that it takes for as long as it is held.
#[derive(Debug)]
pub(crate) struct Text {
    text: String,
    share: Share,
}

impl Text {
    /// The text, and what holds the room for it.
    pub(crate) fn into_parts(self) -> (String, Share) {
        (self.text, self.share)
    }
}

impl Deref for Text {
    type Target = str;

    fn deref(&self) -> &str {
        &self.text
    }
}

/// Reads a body of at most `limit` bytes, in the time that the server's limits leave it.
///
/// # Errors
/// 413 as soon as it is known that the body is longer, 408 where it is slower, 400 where it is
/// not UTF-8 or breaks off, 503 where the bodies of others leave no room for it.
pub(crate) async fn text(
    request: Request,
    limit: usize,
    state: &AppState,
) -> Result<Text, HttpError> {
    if request.body().size_hint().lower() > limit as u64 {
        return Err(refuse(request, HttpError::BodyTooLarge(limit)));
    }
    let mut body = request.into_body();
    let time = state.config.limits.body_timeout;
    let mut share = state.bodies.share();
    let read = tokio::time::timeout(time, read(&mut body, limit, &mut share)).await;
    let bytes = read.unwrap_or(Err(HttpError::BodyTimeout(time.as_secs())));
    if let Err(HttpError::BodyTooLarge(_) | HttpError::Overload(_)) = bytes {
        drain(body);
    }
    let text = String::from_utf8(bytes?).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        HttpError::bad_request(format!(
            "the body is not UTF-8 from byte {at} on; send text in UTF-8, binary data as base64"
        ))
    })?;
    Ok(Text { text, share })
}

/// Passes on why a request is refused before its body is read, and sees to it that the client
/// gets to read that.
pub(crate) fn refuse(request: Request, error: HttpError) -> HttpError {
    // A client that asks first gets its answer and sends nothing.
    if !request.headers().contains_key(header::EXPECT) {
        drain(request.into_body());
    }
    error
}

async fn read(body: &mut Body, limit: usize, share: &mut Share) -> Result<Vec<u8>, HttpError> {
    let mut bytes = Vec::new();
    while let Some(frame) = body.frame().await {
        let frame =
            frame.map_err(|_| HttpError::bad_request("the body broke off; send all of it"))?;
        let Ok(data) = frame.into_data() else {
            continue;
        };
        if bytes.len() + data.len() > limit {
            return Err(HttpError::BodyTooLarge(limit));
        }
        share.hold(bytes.len() + data.len())?;
        bytes.extend_from_slice(&data);
    }
    Ok(bytes)
}

/// Reads on for a moment, so that the client gets to read why its body is refused.
pub(crate) fn drain(mut body: Body) {
    tokio::spawn(tokio::time::timeout(DRAIN_TIME, async move {
        let mut left = DRAIN_BYTES;
        while let Some(Ok(frame)) = body.frame().await {
            left = left.saturating_sub(frame.data_ref().map_or(0, |data| data.len()));
            if left == 0 {
                return;
            }
        }
    }));
}

#[cfg(test)]
mod tests {
    use axum::body::Bytes;
    use futures::{StreamExt, stream};

    use super::*;
    use crate::http::room::Room;

    async fn read_all(body: Body) -> Result<String, HttpError> {
        let (_stop, state) = AppState::empty();
        let text = text(Request::new(body), 10, &state).await?;
        Ok(text.to_owned())
    }

    fn chunks(
        chunks: &'static [&'static str],
    ) -> impl futures::Stream<Item = Result<Bytes, std::io::Error>> {
        stream::iter(
            chunks
                .iter()
                .map(|chunk| Ok(Bytes::from_static(chunk.as_bytes()))),
        )
    }

    #[tokio::test]
    async fn a_body_of_just_the_limit_is_read() {
        assert_eq!(
            read_all(Body::from("0123456789")).await.unwrap(),
            "0123456789"
        );
        let chunked = Body::from_stream(chunks(&["01234", "56789"]));
        assert_eq!(read_all(chunked).await.unwrap(), "0123456789");
    }

    #[tokio::test]
    async fn a_longer_body_is_refused_before_its_end() {
        let endless = chunks(&["01234", "56789", "0"]).chain(stream::pending());
        let error = read_all(Body::from_stream(endless)).await.unwrap_err();
        assert!(matches!(error, HttpError::BodyTooLarge(10)));
        assert!(matches!(
            read_all(Body::from("0123456789x")).await,
            Err(HttpError::BodyTooLarge(10))
        ));
    }

    #[tokio::test(start_paused = true)]
    async fn a_slow_body_is_not_waited_for() {
        let stalled = chunks(&["0"]).chain(stream::pending());
        let error = read_all(Body::from_stream(stalled)).await.unwrap_err();
        assert!(matches!(error, HttpError::BodyTimeout(30)));
    }

    #[tokio::test]
    async fn bodies_that_wait_leave_room_for_small_ones_only() {
        const LARGE: &str = str_of::<{ 40 * 1024 }>();
        let (_stop, mut state) = AppState::empty();
        state.parts().bodies = Room::new(64 * 1024);
        let stalled = Body::from_stream(chunks(&[LARGE]).chain(stream::pending()));
        let mut stalled = Box::pin(text(Request::new(stalled), 1 << 20, &state));
        assert!(futures::poll!(&mut stalled).is_pending());
        let refused = text(Request::new(Body::from(LARGE)), 1 << 20, &state).await;
        assert!(matches!(refused, Err(HttpError::Overload(_))));
        let small = text(Request::new(Body::from("small")), 1 << 20, &state).await;
        assert_eq!(&*small.unwrap(), "small");
        drop(stalled);
        let held = text(Request::new(Body::from(LARGE)), 1 << 20, &state).await;
        assert_eq!(held.as_deref().unwrap().len(), LARGE.len());
        let refused = text(Request::new(Body::from(LARGE)), 1 << 20, &state).await;
        assert!(refused.is_err(), "the one before is still held");
    }

    const fn str_of<const N: usize>() -> &'static str {
        match std::str::from_utf8(&[b'x'; N]) {
            Ok(text) => text,
            Err(_) => "",
        }
    }

    #[tokio::test]
    async fn bytes_that_are_not_utf8_are_refused_with_their_place() {
        let error = read_all(Body::from(&b"ab\xff"[..])).await.unwrap_err();
        assert!(error.to_string().contains("byte 2"), "{error}");
    }
}
