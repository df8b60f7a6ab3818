//! Connections: accepted, bounded, given up on, and waited for at the end.
//!
//! `axum::serve` sets neither a header timeout nor `TCP_NODELAY`, nor does it bound anything;
//! hence an accept loop of our own around hyper.

mod accept;
mod handover;
mod handshake;
mod http2;
mod leeway;
mod pace;
mod places;
mod socket;
mod whence;

use std::future::poll_fn;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::Poll;

use axum::http::HeaderValue;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_io_timeout::TimeoutStream;

use self::accept::{Accept, Accepted};
use self::handover::Handover;
use self::handshake::Agreed;
use self::leeway::Leeway;
pub(crate) use self::leeway::give_leeway;
use self::places::Places;
pub use self::socket::{bind, overlap};
use self::socket::{tune_all, tune_one};
pub(crate) use self::whence::{Scheme, Whence};
use crate::clients::{Clients, Seat};
use crate::fanout::{Begun, Carried, Keep, Next, Shards};
use crate::front::Front;
use crate::limits::{CONNECTION_BUFFER, Limits};
use crate::metrics::ConnectionCount;
use crate::shutdown::{Stop, Stopping};
use crate::tls::Tls;

/// A socket whose client is given up on where it takes nothing.
type Socket = Pin<Box<TimeoutStream<Leeway>>>;

/// The connections of one server, all served by one front.
pub(crate) struct Connections {
    served: Arc<Served>,
    places: Places,
    clients: Option<Arc<Clients>>,
    count: Arc<ConnectionCount>,
    stop: Stop,
    stopping: Stopping,
    tasks: JoinSet<()>,
}

impl Connections {
    pub(crate) fn new(front: Front, limits: Limits, tls: Option<Tls>) -> Self {
        let mut http1 = http1::Builder::new();
        http1
            .timer(TokioTimer::new())
            .header_read_timeout(limits.header_timeout)
            .max_buf_size(CONNECTION_BUFFER);
        let mut spare_http1 = http1.clone();
        spare_http1.keep_alive(false);
        let places = Places::new(&limits);
        let count = Arc::new(ConnectionCount::new(limits.connections));
        let (stop, stopping) = Stop::new();
        let served = Served {
            http1,
            spare_http1,
            front,
            limits,
            tls,
            shards: None,
        };
        Self {
            served: Arc::new(served),
            places,
            clients: None,
            count,
            stop,
            stopping,
            tasks: JoinSet::new(),
        }
    }

    /// Counts them there, where they can be seen.
    #[must_use]
    pub(crate) fn counting(mut self, count: Arc<ConnectionCount>) -> Self {
        self.count = count;
        self
    }

    /// Hands streams over to these where it can.
    #[must_use]
    pub(crate) fn with(mut self, shards: Option<Arc<Shards>>) -> Self {
        // Nobody else has it before the first connection.
        if let Some(served) = Arc::get_mut(&mut self.served) {
            served.shards = shards;
        }
        self
    }

    /// Holds each to what one address may have.
    #[must_use]
    pub(crate) fn of(mut self, clients: Arc<Clients>) -> Self {
        self.clients = Some(clients);
        self
    }

    /// Accepts and serves until `stop` resolves; then the listener is closed.
    pub(crate) async fn accept(&mut self, listener: TcpListener, stop: impl Future<Output = ()>) {
        let mut stop = pin!(stop);
        tune_all(&listener, &self.served.limits);
        let mut accept = Accept::new(listener, self.places.clone());
        loop {
            let accepted = tokio::select! {
                biased;
                () = &mut stop => return,
                accepted = accept.next() => accepted,
            };
            // Closed at once where there are too many of its address: an answer would cost what is to be spared.
            if let Some(seat) = self.seat(accepted.peer) {
                self.serve(accepted, seat);
            }
            while self.tasks.try_join_next().is_some() {}
        }
    }

    /// Waits until every connection has ended, for at most `stop_timeout`; cuts off the rest.
    pub(crate) async fn finish(mut self) {
        self.stop.now();
        let shards = self.served.shards.clone();
        let all = async {
            while self.tasks.join_next().await.is_some() {}
            if let Some(shards) = &shards {
                shards.ended().await;
            }
        };
        let ended = tokio::time::timeout(self.served.limits.stop_timeout, all).await;
        if ended.is_err() {
            tracing::warn!(
                connections = self.count.now(),
                "cut off: they did not end in time"
            );
        }
        self.tasks.shutdown().await;
        if let Some(shards) = &shards {
            shards.stop().await;
        }
    }

    /// Room for a connection of an address; inside, none where nobody counts them.
    fn seat(&self, peer: SocketAddr) -> Option<Option<Seat>> {
        match &self.clients {
            Some(clients) => clients.connection(peer.ip()).map(Some),
            None => Some(None),
        }
    }

    fn serve(&mut self, accepted: Accepted, seat: Option<Seat>) {
        let Accepted {
            stream,
            peer,
            place,
        } = accepted;
        let served = Arc::clone(&self.served);
        let (stopping, counted) = (self.stopping.clone(), self.count.open());
        self.tasks.spawn(async move {
            if place.is_spare {
                let time = served.limits.spare_time;
                let served = Box::pin(served.serve(stream, peer, true, stopping));
                // Whoever is cut off was told with its answer that it may not stay.
                let _ = tokio::time::timeout(time, served).await;
            } else if let (None, Some(shards)) = (&served.tls, &served.shards) {
                let handed_over = served.plain(stream, peer, stopping).await;
                if let Some((stream, (mut live, mut unsent))) = handed_over {
                    live.begin(&mut unsent);
                    let carried = Carried {
                        stream,
                        live,
                        unsent: unsent.into(),
                        keep: Keep::new((place, seat, counted, shards.token())),
                        next: Next::Enter,
                    };
                    return carried.carry(Arc::clone(shards)).await;
                }
            } else {
                served.serve(stream, peer, false, stopping).await;
            }
            drop((place, seat, counted));
        });
    }
}

impl Drop for Connections {
    fn drop(&mut self) {
        // Once they have been waited for, this does nothing.
        if let Some(shards) = &self.served.shards {
            shards.cut_off();
        }
    }
}

/// What every connection is served by.
struct Served {
    http1: http1::Builder,
    /// The same, for one request on each connection.
    spare_http1: http1::Builder,
    front: Front,
    limits: Limits,
    tls: Option<Tls>,
    /// None where every stream is a body.
    shards: Option<Arc<Shards>>,
}

impl Served {
    /// Serves a connection without TLS, until a stream is handed over.
    async fn plain(
        &self,
        stream: TcpStream,
        peer: SocketAddr,
        stopping: Stopping,
    ) -> Option<(TcpStream, Begun)> {
        tune_one(&stream, &self.limits);
        let whence = Whence::of(&stream, peer, Scheme::Http, false);
        let mut stream = self.patient(stream);
        let handover = Arc::new(Handover::new(stream.as_mut().get_pin_mut().flushed()));
        let service = whence.service(self.front.clone(), None, Some(Arc::clone(&handover)));
        let mut connection = self.http1.serve_connection(TokioIo::new(stream), service);
        let taken = until_taken(&mut connection, stopping, || handover.taken()).await?;
        let mut stream = connection.into_parts().io.into_inner();
        let stream = stream.as_mut().get_pin_mut().get_mut().take()?;
        Some((stream, taken))
    }

    async fn serve(&self, stream: TcpStream, peer: SocketAddr, is_spare: bool, stopping: Stopping) {
        tune_one(&stream, &self.limits);
        let Some(tls) = &self.tls else {
            let whence = Whence::of(&stream, peer, Scheme::Http, is_spare);
            return self.http1(self.patient(stream), whence, stopping).await;
        };
        let whence = Whence::of(&stream, peer, Scheme::Https, is_spare);
        // Boxed, or what is not encrypted would pay for what is.
        match Box::pin(self.agree(stream, tls, stopping.clone())).await {
            Agreed::Http1(stream) => Box::pin(self.http1(stream, whence, stopping)).await,
            Agreed::Http2(stream) => Box::pin(self.http2(stream, whence, stopping)).await,
            Agreed::Plain(stream) => Box::pin(self.refuse(stream, stopping)).await,
            Agreed::Nothing => {}
        }
    }

    fn hsts(&self) -> Option<HeaderValue> {
        self.tls.as_ref()?.hsts().cloned()
    }

    /// The socket, which gives up on a client that takes nothing.
    fn patient(&self, stream: TcpStream) -> Socket {
        let cut = self.limits.write_timeout + self.limits.goodbye;
        let mut stream = TimeoutStream::new(Leeway::new(stream, cut));
        stream.set_write_timeout(Some(cut));
        Box::pin(stream)
    }

    async fn http1<I>(&self, stream: I, whence: Whence, stopping: Stopping)
    where
        I: AsyncRead + AsyncWrite + Unpin + 'static,
    {
        let http1 = if whence.is_spare {
            &self.spare_http1
        } else {
            &self.http1
        };
        let service = whence.service(self.front.clone(), self.hsts(), None);
        let connection = http1.serve_connection(TokioIo::new(stream), service);
        to_its_end(connection, stopping).await;
    }
}

/// A connection that can be asked to end once what is under way has.
trait Graceful: Future<Output = hyper::Result<()>> {
    fn end(self: Pin<&mut Self>);
}

impl<I, S, B> Graceful for http1::Connection<I, S>
where
    S: hyper::service::HttpService<hyper::body::Incoming, ResBody = B>,
    S::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    I: hyper::rt::Read + hyper::rt::Write + Unpin + 'static,
    B: hyper::body::Body + 'static,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    fn end(self: Pin<&mut Self>) {
        self.graceful_shutdown();
    }
}

/// Serves a connection; once the server stops, as far as what is under way.
async fn to_its_end(connection: impl Graceful, mut stopping: Stopping) {
    let mut connection = pin!(connection);
    let ended = tokio::select! {
        ended = &mut connection => ended,
        () = stopping.wait() => {
            connection.as_mut().end();
            connection.await
        }
    };
    note(ended);
}

/// The same, until something is taken out of it; then it is to be given up as it is.
async fn until_taken<T>(
    connection: &mut (impl Graceful + Unpin),
    mut stopping: Stopping,
    taken: impl Fn() -> Option<T>,
) -> Option<T> {
    let mut stop = pin!(stopping.wait());
    let mut is_told = false;
    poll_fn(|cx| {
        if !is_told && stop.as_mut().poll(cx).is_ready() {
            is_told = true;
            Pin::new(&mut *connection).end();
        }
        if let Poll::Ready(ended) = Pin::new(&mut *connection).poll(cx) {
            note(ended);
            return Poll::Ready(None);
        }
        taken().map_or(Poll::Pending, |taken| Poll::Ready(Some(taken)))
    })
    .await
}

fn note(ended: hyper::Result<()>) {
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection broke");
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::Ordering;

    use axum::Router;
    use axum::routing::get;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    /// What comes back on a connection that asks for something and stays open.
    async fn ask(listens: std::net::SocketAddr) -> (TcpStream, String) {
        let mut stream = TcpStream::connect(listens).await.unwrap();
        // It may be closed before it is written to.
        let _ = stream.write_all(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n").await;
        let mut piece = [0; 12];
        let read = stream.read(&mut piece).await.unwrap_or_default();
        let text = String::from_utf8_lossy(&piece[..read]).into_owned();
        (stream, text)
    }

    #[tokio::test]
    async fn one_connection_too_many_of_an_address_is_closed_and_counted_until_another_ends() {
        const SERVED: &str = "HTTP/1.1 200";
        let clients = Clients::of_connections(1);
        let router = Router::new().route("/", get(|| async {}));
        let listener = bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let addr = listener.local_addr().unwrap();
        let connections = Connections::new(Front::Plain(router), Limits::default(), None);
        let mut connections = connections.of(Arc::clone(&clients));
        let served = tokio::spawn(async move {
            connections.accept(listener, std::future::pending()).await;
        });
        let (first, answer) = ask(addr).await;
        assert_eq!(answer, SERVED);
        let (_, answer) = ask(addr).await;
        assert_eq!(answer, "", "it is closed");
        assert_eq!(
            clients.refused.client_connections.load(Ordering::Relaxed),
            1
        );
        drop(first);
        // The server hears of the end by and by.
        while ask(addr).await.1 != SERVED {
            tokio::task::yield_now().await;
        }
        served.abort();
    }
}
