//! A client of HTTP/2.

use axum::http::request::Builder;
use axum::http::{Request, StatusCode};
use bytes::Bytes;
use h2::RecvStream;
use h2::client::{ResponseFuture, SendRequest};

use crate::secure::Authority;
use crate::support::{Server, within};

/// A client whose connection is run beside the test.
pub(super) struct Client {
    pub(super) send: SendRequest<Bytes>,
}

impl Client {
    pub(super) async fn connect(authority: &Authority, server: &Server) -> Self {
        let stream = authority.connect(server.addr, &[b"h2"]).await;
        // Room for all streams together: what holds one up is its own window.
        let mut builder = h2::client::Builder::new();
        builder.initial_connection_window_size(64 << 20);
        let (send, connection) = within(builder.handshake(stream)).await.unwrap();
        tokio::spawn(connection);
        Self { send }
    }

    pub(super) fn request(method: &str, uri: &str) -> Builder {
        Request::builder().method(method).uri(uri)
    }

    pub(super) async fn send(&mut self, request: Request<()>, body: &[u8]) -> ResponseFuture {
        let mut send = within(self.send.clone().ready()).await.unwrap();
        let (response, mut stream) = send.send_request(request, body.is_empty()).unwrap();
        if !body.is_empty() {
            stream
                .send_data(Bytes::copy_from_slice(body), true)
                .unwrap();
        }
        response
    }

    pub(super) async fn ask(&mut self, request: Builder, body: &[u8]) -> (StatusCode, String) {
        let response = self.send(request.body(()).unwrap(), body).await;
        let (head, mut body) = within(response).await.unwrap().into_parts();
        (head.status, read_to_end(&mut body).await)
    }

    pub(super) async fn get(&mut self, path: &str) -> (StatusCode, String) {
        let uri = format!("https://localhost{path}");
        self.ask(Self::request("GET", &uri), b"").await
    }

    /// The body of a stream.
    pub(super) async fn stream(&mut self, path: &str) -> RecvStream {
        let uri = format!("https://localhost{path}");
        let request = Self::request("GET", &uri).body(()).unwrap();
        let response = within(self.send(request, b"").await).await.unwrap();
        assert_eq!(response.status(), 200);
        response.into_body()
    }
}

/// The next bytes, for which room is made again.
pub(super) async fn next(body: &mut RecvStream) -> Result<Option<Bytes>, h2::Error> {
    let piece = body.data().await.transpose()?;
    if let Some(piece) = &piece {
        body.flow_control().release_capacity(piece.len())?;
    }
    Ok(piece)
}

/// Reads until a text has come; all that has.
pub(super) async fn read_until(body: &mut RecvStream, text: &str) -> String {
    let mut so_far = String::new();
    while !so_far.contains(text) {
        let piece = within(next(body)).await.unwrap();
        let piece = piece.unwrap_or_else(|| panic!("the end came before {text:?}: {so_far}"));
        so_far.push_str(std::str::from_utf8(&piece).unwrap());
    }
    so_far
}

/// All that comes until the end, which has to be a good one.
pub(super) async fn read_to_end(body: &mut RecvStream) -> String {
    let mut text = String::new();
    while let Some(piece) = within(next(body)).await.unwrap() {
        text.push_str(std::str::from_utf8(&piece).unwrap());
    }
    text
}
