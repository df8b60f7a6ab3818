//! A connection whose client stalls is kept a little longer than one whose client is gone.

use std::io::{self, IoSlice};
use std::pin::Pin;
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
    stream: TcpStream,
    limit: Duration,
    given: bool,
}

impl Leeway {
    /// Raises the kernel's limit to this one with the first write that has to wait.
    pub(super) fn new(stream: TcpStream, limit: Duration) -> Self {
        Self {
            stream,
            limit,
            given: false,
        }
    }

    fn note<T>(&mut self, written: Poll<T>) -> Poll<T> {
        if written.is_pending() && !self.given {
            self.given = true;
            #[cfg(target_os = "linux")]
            if let Err(error) = SockRef::from(&self.stream).set_tcp_user_timeout(Some(self.limit)) {
                // It is cut off earlier then, and resumes by its id all the same.
                tracing::debug!(%error, "cannot give a connection more time");
            }
        }
        written
    }
}

impl AsyncRead for Leeway {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl AsyncWrite for Leeway {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(cx, buf);
        self.note(written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(cx, bufs);
        self.note(written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
