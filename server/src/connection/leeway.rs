//! A connection whose client stalls is kept a little longer than one whose client is gone.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use socket2::SockRef;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

/// A socket that gives its client more time once it has taken what the kernel holds for it, and
/// then no more.
///
/// The kernel's own limit is one for both: it ends a connection whose client acknowledges nothing,
/// and one whose client acknowledges and makes no room. The first is gone. The second may come
/// back, and can only be told that it was too slow while its connection is there.
pub(super) struct Leeway {
    /// None once it was taken out.
    stream: Option<TcpStream>,
    limit: Duration,
    given: bool,
    is_flushed: Flushed,
}

/// Whether the kernel has all that was to be written so far; clones tell of the same connection.
#[derive(Clone, Debug)]
pub(super) struct Flushed(Arc<AtomicBool>);

impl Flushed {
    pub(super) fn of(is_flushed: bool) -> Self {
        Self(Arc::new(AtomicBool::new(is_flushed)))
    }

    pub(super) fn get(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    fn set(&self, is_flushed: bool) {
        self.0.store(is_flushed, Ordering::Relaxed);
    }
}

impl Leeway {
    /// Raises the kernel's limit to this one with the first write that has to wait.
    pub(super) fn new(stream: TcpStream, limit: Duration) -> Self {
        Self {
            stream: Some(stream),
            limit,
            given: false,
            is_flushed: Flushed::of(true),
        }
    }

    /// Tells whether all was written: what is flushed was written as a whole before.
    pub(super) fn flushed(&self) -> Flushed {
        self.is_flushed.clone()
    }

    /// The socket by itself; nothing can be read or written here any more.
    pub(super) fn take(&mut self) -> Option<TcpStream> {
        self.stream.take()
    }

    fn stream(&mut self) -> io::Result<Pin<&mut TcpStream>> {
        let stream = self.stream.as_mut().map(Pin::new);
        stream.ok_or_else(|| io::ErrorKind::NotConnected.into())
    }

    fn note<T>(&mut self, written: Poll<T>) -> Poll<T> {
        self.is_flushed.set(false);
        if written.is_pending() && !self.given {
            self.given = true;
            if let Some(stream) = &self.stream {
                give_leeway(stream, self.limit);
            }
        }
        written
    }
}

/// Raises the kernel's limit for what its client does not take.
pub(crate) fn give_leeway(stream: &TcpStream, limit: Duration) {
    #[cfg(target_os = "linux")]
    if let Err(error) = SockRef::from(stream).set_tcp_user_timeout(Some(limit)) {
        // It is cut off earlier then, and resumes by its id all the same.
        tracing::debug!(%error, "cannot give a connection more time");
    }
}

impl AsyncRead for Leeway {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.stream()?.poll_read(cx, buf)
    }
}

impl AsyncWrite for Leeway {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = self.stream()?.poll_write(cx, buf);
        self.note(written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = self.stream()?.poll_write_vectored(cx, bufs);
        self.note(written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream
            .as_ref()
            .is_some_and(AsyncWrite::is_write_vectored)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = self.stream()?.poll_flush(cx);
        if let Poll::Ready(Ok(())) = flushed {
            self.is_flushed.set(true);
        }
        flushed
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.stream()?.poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    use super::*;

    #[tokio::test]
    async fn it_is_flushed_while_nothing_is_written_and_once_all_of_it_is() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut client = TcpStream::connect(listener.local_addr().unwrap())
            .await
            .unwrap();
        let (stream, _) = listener.accept().await.unwrap();
        let mut stream = Leeway::new(stream, Duration::from_secs(60));
        let flushed = stream.flushed();
        assert!(flushed.get());
        stream.write_all(b"x").await.unwrap();
        assert!(!flushed.get(), "there may be more");
        stream.flush().await.unwrap();
        assert!(flushed.get());
        assert_eq!(client.read_u8().await.unwrap(), b'x');
        assert!(Leeway::take(&mut stream).is_some());
        assert!(stream.write_u8(b'y').await.is_err());
    }
}
