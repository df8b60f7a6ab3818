//! Connections that say nothing, answer nothing, or flood.

use std::time::Duration;

use h2::Reason;
use server::limits::Limits;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::client::{Client, read_until};
use super::frames::{
    CONTINUATION, END_HEADERS, END_STREAM, HEAD, HEADERS, RST_STREAM, frame, goodbye, preface,
};
use super::server;
use crate::secure::{Authority, Tls1};
use crate::support::{Server, within};

/// Waits until the server has ended a connection; what came before.
async fn end_of(stream: &mut Tls1) -> Vec<u8> {
    let mut bytes = Vec::new();
    // It may end in a reset, as it is cut off in the middle.
    let _ = within(stream.read_to_end(&mut bytes)).await;
    bytes
}

/// Asserts that a client with a stream is there for longer than one that says nothing.
async fn one_with_a_stream_is_kept(authority: &Authority, server: &Server) {
    let mut client = Client::connect(authority, server).await;
    let mut stream = client.stream("/events/t").await;
    read_until(&mut stream, "hub.open").await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(client.get("/healthz").await.0, 200);
}

#[tokio::test]
async fn a_connection_without_requests_is_ended_before_and_after_its_first() {
    let authority = Authority::new();
    let limits = Limits {
        header_timeout: Duration::from_millis(200),
        idle: Duration::from_millis(200),
        ..Limits::default()
    };
    let server = server(&authority, limits).await;
    // One that says nothing, one that begins and asks for nothing, one whose first head has no end.
    let head = frame(HEADERS, 0, 1, HEAD);
    for begin in [&[] as &[u8], &preface(), &[preface(), head].concat()] {
        let mut stream = authority.connect(server.addr, &[b"h2"]).await;
        stream.write_all(begin).await.unwrap();
        end_of(&mut stream).await;
    }
    // One that is quiet after its request is told so, by a GOAWAY without an error.
    let (send, connection) = authority.http2(server.addr).await;
    let connection = tokio::spawn(connection);
    let mut client = Client { send };
    assert_eq!(client.get("/healthz").await.0, 200);
    within(connection).await.unwrap().unwrap();
    // One with a stream lives on.
    one_with_a_stream_is_kept(&authority, &server).await;
}

#[tokio::test]
async fn a_client_that_answers_no_ping_is_given_up() {
    let authority = Authority::new();
    let limits = Limits {
        connections: 1,
        spares: 0,
        ping_interval: Duration::from_millis(100),
        ping_timeout: Duration::from_millis(100),
        ..Limits::default()
    };
    let server = server(&authority, limits).await;
    let mut hung = authority.connect(server.addr, &[b"h2"]).await;
    let asks = frame(HEADERS, END_HEADERS | END_STREAM, 1, HEAD);
    hung.write_all(&[preface(), asks].concat()).await.unwrap();
    // One connection at a time: this is answered once the other is given up.
    // It answers, and is kept.
    one_with_a_stream_is_kept(&authority, &server).await;
}

#[tokio::test]
async fn a_flood_of_resets_ends_its_connection_and_disturbs_nobody() {
    let authority = Authority::new();
    let server = server(&authority, Limits::default()).await;
    let mut client = Client::connect(&authority, &server).await;
    let mut flood = preface();
    for n in 0..10_000 {
        let stream = 2 * n + 1;
        flood.extend(frame(HEADERS, END_HEADERS | END_STREAM, stream, HEAD));
        flood.extend(frame(RST_STREAM, 0, stream, &8u32.to_be_bytes()));
    }
    let mut stream = authority.connect(server.addr, &[b"h2"]).await;
    let flooding = async {
        let _ = stream.write_all(&flood).await;
        end_of(&mut stream).await
    };
    let (answered, (status, _)) = tokio::join!(flooding, client.get("/healthz"));
    assert_eq!(status, 200);
    assert_eq!(goodbye(&answered), Some(Reason::ENHANCE_YOUR_CALM));
}

#[tokio::test]
async fn a_head_without_end_ends_its_connection_early() {
    let authority = Authority::new();
    let server = server(&authority, Limits::default()).await;
    let mut stream = authority.connect(server.addr, &[b"h2"]).await;
    let begin = [preface(), frame(HEADERS, END_STREAM, 1, HEAD)].concat();
    stream.write_all(&begin).await.unwrap();
    // A header that is not indexed, so that it costs the most: `x: xxx…`.
    let more = [b"\x00\x01x\x7f\xe1\x0f" as &[u8], &[b'x'; 2112]].concat();
    let more = frame(CONTINUATION, 0, 1, &more);
    let mut sent = 0;
    while sent < 64 << 20 && stream.write_all(&more).await.is_ok() {
        sent += more.len();
    }
    let answered = end_of(&mut stream).await;
    assert!(sent < 8 << 20, "{sent} bytes");
    // Where the reset came before it could be read, nothing is left of the goodbye.
    let reason = goodbye(&answered);
    assert!(
        reason.is_none_or(|reason| reason != Reason::NO_ERROR),
        "{reason:?}"
    );
}
