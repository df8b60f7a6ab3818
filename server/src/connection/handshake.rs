//! The beginning of a connection by TLS: what both sides agree on.

use std::convert::Infallible;

use axum::response::IntoResponse;
use hyper::Request;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio_rustls::server::TlsStream;

use super::{Served, Socket, to_its_end};
use crate::http::error::HttpError;
use crate::limits::CONNECTION_BUFFER;
use crate::shutdown::Stopping;
use crate::tls::{H2, Tls};

/// What a connection goes on with.
pub(super) enum Agreed {
    /// HTTP/1.1, or no word about it.
    Http1(Box<TlsStream<Socket>>),
    /// HTTP/2.
    Http2(Box<TlsStream<Socket>>),
    /// No TLS: what came first is how a request in plain HTTP begins.
    Plain(Socket),
    /// Nothing: it broke off, took too long, or the server stops.
    Nothing,
}

impl Served {
    /// Waits for the handshake as long as for a request's head.
    pub(super) async fn agree(
        &self,
        stream: TcpStream,
        tls: &Tls,
        mut stopping: Stopping,
    ) -> Agreed {
        let handshake = tokio::time::timeout(
            self.limits.header_timeout,
            handshake(stream, |stream| self.patient(stream), tls),
        );
        let agreed = tokio::select! {
            agreed = handshake => agreed,
            // Nothing is under way before its end.
            () = stopping.wait() => return Agreed::Nothing,
        };
        match agreed {
            Ok(Ok(agreed)) => agreed,
            Ok(Err(error)) => {
                tracing::debug!(%error, "a TLS handshake broke");
                Agreed::Nothing
            }
            Err(_) => Agreed::Nothing,
        }
    }

    /// Answers plain HTTP where TLS is spoken, in words.
    pub(super) async fn refuse(&self, stream: Socket, stopping: Stopping) {
        let mut http1 = self.http1.clone();
        let service = service_fn(async |request: Request<Incoming>| {
            let refused = HttpError::bad_request(
                "this port speaks TLS, and the request came without; ask with https:// in place of \
                 http://",
            );
            let refused = crate::http::body::refuse(request.map(axum::body::Body::new), refused);
            Ok::<_, Infallible>(refused.into_response())
        });
        let connection = http1
            .keep_alive(false)
            .serve_connection(TokioIo::new(stream), service);
        to_its_end(connection, stopping).await;
    }
}

async fn handshake(
    stream: TcpStream,
    patient: impl FnOnce(TcpStream) -> Socket,
    tls: &Tls,
) -> std::io::Result<Agreed> {
    let mut first = [0];
    stream.peek(&mut first).await?;
    // A record of TLS begins with its type, which is no letter; a request with its method.
    if first[0].is_ascii_alphabetic() {
        return Ok(Agreed::Plain(patient(stream)));
    }
    let accepted = tls.acceptor().accept_with(patient(stream), |connection| {
        connection.set_buffer_limit(Some(CONNECTION_BUFFER));
    });
    let stream = Box::new(accepted.await?);
    let (_, connection) = stream.get_ref();
    Ok(match connection.alpn_protocol() {
        Some(H2) => Agreed::Http2(stream),
        _ => Agreed::Http1(stream),
    })
}
