//! How fast a response over HTTP/2 is taken: a stream that takes nothing is ended, though others on
//! its connection go on.
//!
//! Over HTTP/1.1 a client that takes nothing fills the socket, and the socket tells. HTTP/2 has a
//! window for each stream: one that its client does not open holds what was handed to it, and the
//! socket knows nothing of it. Nor does the body, which is not asked for more. So each piece of a
//! body is noted when it is handed out, and the stream's own task looks whether it went.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody};
use hyper::body::{Frame, SizeHint};
use tokio::time::{Instant, sleep_until};

use crate::limits::STREAM_BUFFER;

tokio::task_local! {
    /// That of the stream whose task this is.
    static PACE: Arc<Pace>;
}

/// Since when the piece that was last handed out waits; none while more is asked for.
#[derive(Debug, Default)]
struct Pace(Mutex<Option<Instant>>);

impl Pace {
    fn set(&self, since: Option<Instant>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = since;
    }

    fn waits_since(&self) -> Option<Instant> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Resolves once a piece has waited for so long.
    async fn stalls(&self, limit: Duration) {
        loop {
            let now = Instant::now();
            // What is handed out after a look has waited long enough at the next look at the
            // earliest: one timer a stream, not one a piece.
            let at = self.waits_since().unwrap_or(now) + limit;
            if at <= now {
                return;
            }
            sleep_until(at).await;
        }
    }
}

/// Runs the task of a stream; false where its client took nothing for `limit`, and it was ended.
pub(super) async fn watched(stream: impl Future, limit: Duration) -> bool {
    let pace = Arc::new(Pace::default());
    let stream = PACE.scope(Arc::clone(&pace), stream);
    tokio::select! {
        _ = stream => true,
        () = pace.stalls(limit) => false,
    }
}

/// A body that is handed out in pieces which the stream has room for, and notes when.
pub(super) struct Paced {
    body: Body,
    /// What is left of the piece that the body gave.
    rest: Bytes,
    pace: Option<Arc<Pace>>,
}

impl Paced {
    /// That of the stream in whose task it is made.
    pub(super) fn new(body: Body) -> Self {
        Self {
            body,
            rest: Bytes::new(),
            pace: PACE.try_with(Arc::clone).ok(),
        }
    }

    fn note(&self, since: Option<Instant>) {
        if let Some(pace) = &self.pace {
            pace.set(since);
        }
    }

    /// The next piece of what is left.
    fn piece(&mut self) -> Frame<Bytes> {
        let end = self.rest.len().min(STREAM_BUFFER);
        self.note(Some(Instant::now()));
        Frame::data(self.rest.split_to(end))
    }
}

impl HttpBody for Paced {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        self.note(None);
        if self.rest.is_empty() {
            let Some(frame) = ready!(Pin::new(&mut self.body).poll_frame(cx)?) else {
                return Poll::Ready(None);
            };
            match frame.into_data() {
                Ok(data) => self.rest = data,
                Err(trailers) => return Poll::Ready(Some(Ok(trailers))),
            }
        }
        Poll::Ready(Some(Ok(self.piece())))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty() && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        let (rest, body) = (self.rest.len() as u64, self.body.size_hint());
        let mut hint = SizeHint::new();
        hint.set_lower(rest + body.lower());
        if let Some(upper) = body.upper() {
            hint.set_upper(rest + upper);
        }
        hint
    }
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt;

    use super::*;

    const LIMIT: Duration = Duration::from_secs(75);

    #[tokio::test(start_paused = true)]
    async fn a_stream_that_asks_for_no_more_is_ended_and_one_that_has_no_more_is_not() {
        let begun = Instant::now();
        let stalls = async {
            let mut body = Paced::new(Body::from("all of it"));
            // It has waited for what to send for an hour, and then nobody takes it.
            tokio::time::sleep(40 * LIMIT).await;
            body.frame().await.unwrap().unwrap();
            std::future::pending::<()>().await;
        };
        assert!(!watched(stalls, LIMIT).await);
        assert_eq!(begun.elapsed(), 41 * LIMIT);

        let quiet = async {
            let mut body = Paced::new(Body::from("all of it"));
            body.frame().await.unwrap().unwrap();
            assert!(body.frame().await.is_none());
            tokio::time::sleep(40 * LIMIT).await;
        };
        assert!(watched(quiet, LIMIT).await);
    }

    #[tokio::test]
    async fn a_large_piece_goes_out_in_small_ones_and_nothing_is_lost() {
        let all: Vec<u8> = (0..3 * STREAM_BUFFER + 7).map(|n| n as u8).collect();
        let mut body = Paced::new(Body::from(all.clone()));
        assert_eq!(body.size_hint().exact(), Some(all.len() as u64));
        let mut taken = Vec::new();
        while let Some(frame) = body.frame().await {
            let piece = frame.unwrap().into_data().unwrap();
            assert!(piece.len() <= STREAM_BUFFER);
            taken.extend_from_slice(&piece);
            let left = (all.len() - taken.len()) as u64;
            assert_eq!(body.size_hint().exact(), Some(left));
            assert_eq!(body.is_end_stream(), left == 0);
        }
        assert!(taken == all);
    }
}
