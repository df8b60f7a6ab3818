//! Connections: accepted, bounded, given up on, and waited for at the end.
//!
//! `axum::serve` sets neither a header timeout nor `TCP_NODELAY`, nor does it bound anything;
//! hence an accept loop of our own around hyper.

mod leeway;

use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use hyper::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use socket2::{SockRef, TcpKeepalive};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinSet;
use tokio_io_timeout::TimeoutStream;

use self::leeway::Leeway;
use crate::limits::{BACKLOG, CONNECTION_BUFFER, Limits, UNSENT_IN_KERNEL};

/// Listens on an address; port 0 is any free one.
///
/// # Errors
/// Where the address is in use, is not this machine's, or may not be listened on.
pub fn bind(addr: SocketAddr) -> io::Result<TcpListener> {
    let socket = if addr.is_ipv4() {
        TcpSocket::new_v4()?
    } else {
        TcpSocket::new_v6()?
    };
    // A restart must not wait for the connections of the run before to leave TIME_WAIT.
    socket.set_reuseaddr(true)?;
    socket.bind(addr)?;
    socket.listen(BACKLOG)
}

/// At which of its addresses the server got a request; an extension of each.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LocalAddr(pub(crate) SocketAddr);

/// From which address the server got a request; an extension of each.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PeerAddr(pub(crate) SocketAddr);

/// That a request came on a connection beyond those that may stay; an extension of each such one.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Spare;

/// The connections of one server, all served by one router.
pub(crate) struct Connections {
    http: http1::Builder,
    router: Router,
    limits: Limits,
    permits: Arc<Semaphore>,
    graceful: GracefulShutdown,
    tasks: JoinSet<()>,
}

impl Connections {
    pub(crate) fn new(router: Router, limits: Limits) -> Self {
        let mut http = http1::Builder::new();
        http.timer(TokioTimer::new())
            .header_read_timeout(limits.header_timeout)
            .max_buf_size(CONNECTION_BUFFER);
        let permits = Arc::new(Semaphore::new(limits.connections));
        let (graceful, tasks) = (GracefulShutdown::new(), JoinSet::new());
        Self {
            http,
            router,
            limits,
            permits,
            graceful,
            tasks,
        }
    }

    /// Accepts and serves until `stop` resolves; then the listener is closed.
    pub(crate) async fn accept(&mut self, listener: TcpListener, stop: impl Future<Output = ()>) {
        let mut stop = pin!(stop);
        let mut shortage = Shortage::default();
        loop {
            let (stream, permit) = tokio::select! {
                biased;
                () = &mut stop => return,
                accepted = next(&listener, &self.permits, &mut shortage) => accepted,
            };
            self.serve(stream, permit);
            while self.tasks.try_join_next().is_some() {}
        }
    }

    /// Waits until every connection has ended, for at most `stop_timeout`; cuts off the rest.
    pub(crate) async fn finish(mut self) {
        let ended = tokio::time::timeout(self.limits.stop_timeout, self.graceful.shutdown()).await;
        while self.tasks.try_join_next().is_some() {}
        if ended.is_err() {
            tracing::warn!(
                connections = self.tasks.len(),
                "cut off: they did not end in time"
            );
        }
        self.tasks.shutdown().await;
    }

    fn serve(&mut self, stream: TcpStream, permit: OwnedSemaphorePermit) {
        if let Err(error) = tune(&stream, &self.limits) {
            // It works without, only less well; a socket that is gone shows that by itself.
            tracing::debug!(%error, "cannot set the options of a connection");
        }
        let local = stream.local_addr().ok().map(LocalAddr);
        let peer = stream.peer_addr().ok().map(PeerAddr);
        let cut = self.limits.write_timeout + self.limits.goodbye;
        let mut stream = TimeoutStream::new(Leeway::new(stream, cut));
        stream.set_write_timeout(Some(cut));
        let router = TowerToHyperService::new(self.router.clone());
        let service = service_fn(move |mut request: Request<Incoming>| {
            if let Some(local) = local {
                request.extensions_mut().insert(local);
            }
            if let Some(peer) = peer {
                request.extensions_mut().insert(peer);
            }
            router.call(request)
        });
        let connection = self
            .http
            .serve_connection(TokioIo::new(Box::pin(stream)), service);
        let connection = self.graceful.watch(connection);
        self.tasks.spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%error, "a connection broke");
            }
            drop(permit);
        });
    }
}

/// The next connection, once there may be one more. An error is not the end of accepting.
async fn next(
    listener: &TcpListener,
    permits: &Arc<Semaphore>,
    shortage: &mut Shortage,
) -> (TcpStream, OwnedSemaphorePermit) {
    let mut pause = Backoff::default();
    loop {
        let Ok(permit) = Arc::clone(permits).acquire_owned().await else {
            // Never closed; if it were, there would be nothing to accept any more.
            std::future::pending::<()>().await;
            continue;
        };
        match listener.accept().await {
            Ok((stream, _)) => {
                if shortage.ends() {
                    tracing::info!("accepting connections again");
                }
                return (stream, permit);
            }
            Err(error) if of_one_peer(&error) => {}
            Err(error) => {
                // Out of descriptors, most likely: the connection stays in the backlog, and
                // asking again at once would spin.
                if shortage.begins(Instant::now()) {
                    tracing::warn!(%error, "cannot accept connections for now; they wait");
                }
                tokio::time::sleep(pause.next()).await;
            }
        }
    }
}

/// When it is worth a word that connections cannot be accepted, and that they can be again: once
/// each, and at most once a minute, as one descriptor that comes free is taken at once.
#[derive(Default)]
struct Shortage {
    told: Option<Instant>,
    lasts: bool,
}

impl Shortage {
    const PAUSE: Duration = Duration::from_secs(60);

    /// Whether to say that it begins.
    fn begins(&mut self, now: Instant) -> bool {
        let is_new = !self.lasts && self.told.is_none_or(|told| now - told >= Self::PAUSE);
        if is_new {
            self.told = Some(now);
            self.lasts = true;
        }
        is_new
    }

    /// Whether to say that it is over.
    fn ends(&mut self) -> bool {
        std::mem::take(&mut self.lasts)
    }
}

/// Errors of the connection that was to be accepted, not of accepting.
fn of_one_peer(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(
        error.kind(),
        ConnectionAborted | ConnectionRefused | ConnectionReset
    )
}

/// Pauses that double from 10 ms to one second.
#[derive(Default)]
struct Backoff(u32);

impl Backoff {
    fn next(&mut self) -> Duration {
        let pause = Duration::from_millis(10 << self.0.min(7));
        self.0 = self.0.saturating_add(1);
        pause.min(Duration::from_secs(1))
    }
}

/// Sends at once, holds little that is unsent, and notices a peer that is gone.
fn tune(stream: &TcpStream, limits: &Limits) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let socket = SockRef::from(stream);
    // Whole seconds are what the kernel takes, and at least one.
    let part = |of: u32| (limits.write_timeout / of).max(Duration::from_secs(1));
    let probes = TcpKeepalive::new()
        .with_time(part(2))
        .with_interval(part(6));
    socket.set_tcp_keepalive(&probes)?;
    #[cfg(target_os = "linux")]
    {
        // Without it the kernel goes on sending to a peer that is gone for a quarter of an hour.
        socket.set_tcp_user_timeout(Some(limits.write_timeout))?;
        socket.set_tcp_notsent_lowat(UNSENT_IN_KERNEL)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_a_second_and_stay_there() {
        let mut pauses = Backoff::default();
        let first: Vec<_> = (0..9).map(|_| pauses.next().as_millis()).collect();
        assert_eq!(first, [10, 20, 40, 80, 160, 320, 640, 1000, 1000]);
    }

    #[test]
    fn a_shortage_and_its_end_are_told_once_each_and_not_again_within_a_minute() {
        let (mut shortage, now) = (Shortage::default(), Instant::now());
        assert!(!shortage.ends(), "there was none");
        let told: Vec<_> = (0..5).map(|_| shortage.begins(now)).collect();
        assert_eq!(told, [true, false, false, false, false]);
        assert_eq!([shortage.ends(), shortage.ends()], [true, false]);
        assert!(!shortage.begins(now + Duration::from_secs(59)) && !shortage.ends());
        assert!(shortage.begins(now + Duration::from_secs(60)) && shortage.ends());
    }

    #[tokio::test]
    async fn a_busy_port_is_an_error() {
        let first = bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let again = bind(first.local_addr().unwrap());
        assert_eq!(again.unwrap_err().kind(), io::ErrorKind::AddrInUse);
    }
}
