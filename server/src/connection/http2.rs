//! HTTP/2: its bounds, a task for each stream, and an end for a connection that has none.

use std::convert::Infallible;
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::body::Body;
use axum::http::Response;
use hyper::Request;
use hyper::body::Incoming;
use hyper::rt::Executor;
use hyper::server::conn::http2;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::{Instant, sleep_until};

use super::pace::{Paced, watched};
use super::whence::Whence;
use super::{Graceful, Served, note};
use crate::limits::{
    CONNECTION_BUFFER, CONNECTION_WINDOW, Limits, RESETS_BY_CLIENT, RESETS_BY_SERVER,
    STREAM_BUFFER, STREAM_WINDOW, STREAMS,
};
use crate::shutdown::Stopping;

impl Served {
    /// Serves a connection until it has had no stream for too long, or the server stops.
    pub(super) async fn http2<I>(&self, stream: I, whence: Whence, mut stopping: Stopping)
    where
        I: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let streams = Streams::new(&self.limits);
        let service = paced(whence.service(self.front.clone(), self.hsts(), None));
        let connection =
            builder(&self.limits, streams.clone()).serve_connection(TokioIo::new(stream), service);
        let mut connection = pin!(connection);
        let idle = tokio::select! {
            ended = &mut connection => return note(ended),
            () = stopping.wait() => None,
            idle = streams.have_ended() => Some(idle),
        };
        match idle {
            // Nothing is under way, and nobody there to be told.
            Some(Idle::NeverAsked) => {}
            Some(Idle::HasAsked) => {
                connection.as_mut().end();
                // A client that does not answer has nothing under way either.
                let _ = tokio::time::timeout(self.limits.goodbye, connection).await;
            }
            None => {
                connection.as_mut().end();
                note(connection.await);
            }
        }
    }
}

fn paced<S>(
    service: S,
) -> impl Service<
    Request<Incoming>,
    Response = Response<Paced>,
    Error = Infallible,
    Future = impl Future<Output = Result<Response<Paced>, Infallible>> + Send + 'static,
>
where
    S: Service<Request<Incoming>, Response = Response<Body>, Error = Infallible>,
    S::Future: Send + 'static,
{
    service_fn(move |request| {
        let response = service.call(request);
        async move { Ok(response.await?.map(Paced::new)) }
    })
}

fn builder(limits: &Limits, streams: Streams) -> http2::Builder<Streams> {
    let mut http2 = http2::Builder::new(streams);
    http2
        .timer(TokioTimer::new())
        .max_concurrent_streams(STREAMS)
        .max_header_list_size(CONNECTION_BUFFER as u32)
        .max_send_buf_size(STREAM_BUFFER)
        .initial_stream_window_size(STREAM_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .max_pending_accept_reset_streams(RESETS_BY_CLIENT)
        .max_local_error_reset_streams(RESETS_BY_SERVER)
        .keep_alive_interval(limits.ping_interval)
        .keep_alive_timeout(limits.ping_timeout);
    http2
}

impl<I, S, B> Graceful for http2::Connection<I, S, Streams>
where
    S: hyper::service::HttpService<Incoming, ResBody = B>,
    S::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    I: hyper::rt::Read + hyper::rt::Write + Unpin + 'static,
    B: hyper::body::Body + 'static,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    Streams: hyper::rt::bounds::Http2ServerConnExec<S::Future, B>,
{
    fn end(self: Pin<&mut Self>) {
        self.graceful_shutdown();
    }
}

/// The streams of one connection, each with a task of its own.
#[derive(Clone)]
struct Streams {
    open: Arc<Mutex<Open>>,
    /// How long a connection may go without its first stream, and without any after that.
    first: Duration,
    idle: Duration,
    /// How long a stream may take nothing.
    cut: Duration,
}

/// What a connection without streams has done before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Idle {
    NeverAsked,
    HasAsked,
}

/// How many streams there are, and since when.
struct Open {
    count: usize,
    since: Instant,
    before: Idle,
}

impl Streams {
    fn new(limits: &Limits) -> Self {
        let open = Open {
            count: 0,
            since: Instant::now(),
            before: Idle::NeverAsked,
        };
        Self {
            open: Arc::new(Mutex::new(open)),
            first: limits.header_timeout,
            idle: limits.idle,
            cut: limits.write_timeout + limits.goodbye,
        }
    }

    fn begin(&self) -> Running {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.count += 1;
        open.before = Idle::HasAsked;
        Running(Arc::clone(&self.open))
    }

    /// Until when there has to be one.
    fn due(&self) -> (Instant, Idle) {
        let open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let due = match (open.count, open.before) {
            (0, Idle::NeverAsked) => open.since + self.first,
            (0, Idle::HasAsked) => open.since + self.idle,
            _ => Instant::now() + self.idle,
        };
        (due, open.before)
    }

    /// Resolves once there has been none for too long.
    async fn have_ended(&self) -> Idle {
        loop {
            let (due, before) = self.due();
            if due <= Instant::now() {
                return before;
            }
            sleep_until(due).await;
        }
    }
}

impl<F> Executor<F> for Streams
where
    F: Future + Send + 'static,
    F::Output: Send,
{
    fn execute(&self, stream: F) {
        let (running, cut) = (self.begin(), self.cut);
        tokio::spawn(async move {
            // What ends here is reset, and its client resumes by its id.
            if !watched(stream, cut).await {
                tracing::debug!("a stream took nothing for too long, and was reset");
            }
            drop(running);
        });
    }
}

/// A stream that has not ended.
struct Running(Arc<Mutex<Open>>);

impl Drop for Running {
    fn drop(&mut self) {
        let mut open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        open.count -= 1;
        open.since = Instant::now();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_connection_without_a_stream_is_let_go_and_one_with_a_stream_is_not() {
        let limits = Limits::default();
        let (begun, streams) = (Instant::now(), Streams::new(&limits));
        assert_eq!(streams.have_ended().await, Idle::NeverAsked);
        assert_eq!(begun.elapsed(), limits.header_timeout);

        let (begun, streams) = (Instant::now(), Streams::new(&limits));
        let (one, two) = (streams.begin(), streams.begin());
        let ends = async {
            tokio::time::sleep(10 * limits.idle).await;
            drop(one);
            tokio::time::sleep(10 * limits.idle).await;
            drop(two);
        };
        let ((), idle) = tokio::join!(ends, streams.have_ended());
        assert_eq!(idle, Idle::HasAsked);
        assert_eq!(begun.elapsed(), 21 * limits.idle);
    }
}
