//! HTTP/2: what is different from HTTP/1.1, and the floods that it makes possible.

use std::time::Duration;

use axum::http::request::Builder;
use axum::http::{Request, StatusCode};
use bytes::Bytes;
use h2::client::{ResponseFuture, SendRequest};
use h2::{Reason, RecvStream};
use server::config::Config;
use server::limits::{Limits, STREAMS};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::secure::{Authority, Tls1};
use crate::support::{Server, within};

/// More than a connection holds for a stream, in events that each take less than a batch.
const EVENTS: usize = 64;
const SIZE: usize = 60_000;

/// A client whose connection is run beside the test.
struct Client {
    send: SendRequest<Bytes>,
}

impl Client {
    async fn connect(authority: &Authority, server: &Server) -> Self {
        let stream = authority.connect(server.addr, &[b"h2"]).await;
        // Room for all streams together: what holds one up is its own window.
        let mut builder = h2::client::Builder::new();
        builder.initial_connection_window_size(64 << 20);
        let (send, connection) = within(builder.handshake(stream)).await.unwrap();
        tokio::spawn(connection);
        Self { send }
    }

    fn request(method: &str, uri: &str) -> Builder {
        Request::builder().method(method).uri(uri)
    }

    async fn send(&mut self, request: Request<()>, body: &[u8]) -> ResponseFuture {
        let mut send = within(self.send.clone().ready()).await.unwrap();
        let (response, mut stream) = send.send_request(request, body.is_empty()).unwrap();
        if !body.is_empty() {
            stream
                .send_data(Bytes::copy_from_slice(body), true)
                .unwrap();
        }
        response
    }

    async fn ask(&mut self, request: Builder, body: &[u8]) -> (StatusCode, String) {
        let response = self.send(request.body(()).unwrap(), body).await;
        let (head, mut body) = within(response).await.unwrap().into_parts();
        (head.status, read_to_end(&mut body).await)
    }

    async fn get(&mut self, path: &str) -> (StatusCode, String) {
        let uri = format!("https://localhost{path}");
        self.ask(Self::request("GET", &uri), b"").await
    }

    /// The body of a stream.
    async fn stream(&mut self, path: &str) -> RecvStream {
        let uri = format!("https://localhost{path}");
        let request = Self::request("GET", &uri).body(()).unwrap();
        let response = within(self.send(request, b"").await).await.unwrap();
        assert_eq!(response.status(), 200);
        response.into_body()
    }
}

/// The next bytes, for which room is made again.
async fn next(body: &mut RecvStream) -> Result<Option<Bytes>, h2::Error> {
    let piece = body.data().await.transpose()?;
    if let Some(piece) = &piece {
        body.flow_control().release_capacity(piece.len())?;
    }
    Ok(piece)
}

/// Reads until a text has come; all that has.
async fn read_until(body: &mut RecvStream, text: &str) -> String {
    let mut so_far = String::new();
    while !so_far.contains(text) {
        let piece = within(next(body)).await.unwrap();
        let piece = piece.unwrap_or_else(|| panic!("the end came before {text:?}: {so_far}"));
        so_far.push_str(std::str::from_utf8(&piece).unwrap());
    }
    so_far
}

/// All that comes until the end, which has to be a good one.
async fn read_to_end(body: &mut RecvStream) -> String {
    let mut text = String::new();
    while let Some(piece) = within(next(body)).await.unwrap() {
        text.push_str(std::str::from_utf8(&piece).unwrap());
    }
    text
}

async fn server(authority: &Authority, limits: Limits) -> Server {
    let config = Config {
        demo: false,
        limits,
        ..Config::default()
    };
    authority.serve(config).await
}

#[tokio::test]
async fn requests_are_answered_as_over_http_1() {
    let authority = Authority::new();
    let server = authority.serve(Config::default()).await;
    let mut client = Client::connect(&authority, &server).await;
    for path in [
        "/",
        "/learn",
        "/topics",
        "/healthz",
        "/api/stats",
        "/nowhere",
    ] {
        let (status, text) = client.get(path).await;
        let expected = if path == "/nowhere" { 404 } else { 200 };
        assert_eq!(status, expected, "{path}: {text}");
    }
    let (status, text) = client.get("/sse/time?count=100&interval=1").await;
    assert_eq!(
        (status.as_u16(), text.matches("event: time").count()),
        (200, 100)
    );
    let publish = Client::request("POST", "https://localhost/events/a");
    let (status, text) = client.ask(publish, &[b'x'; 1 << 20]).await;
    assert_eq!(status, 200, "{text}");
    let (_, page) = client.get("/events/a?poll=1&since=all").await;
    assert!(page.len() > 1 << 20, "all of it comes back");
}

#[tokio::test]
async fn the_authority_is_the_host() {
    let authority = Authority::new();
    let server = authority.serve(Config::default()).await;
    let mut client = Client::connect(&authority, &server).await;
    let own = "https://localhost:1";
    for (uri, host, origin, status) in [
        ("https://localhost/healthz", None, None, 405),
        ("https://evil.example/events/a", None, None, 421),
        (
            "https://localhost/events/a",
            Some("evil.example"),
            None,
            421,
        ),
        (
            "https://evil.example/events/a",
            Some("localhost"),
            None,
            421,
        ),
        ("https://localhost:1/healthz", None, Some(own), 405),
        ("https://localhost/healthz", None, Some(own), 403),
    ] {
        let mut request = Client::request("POST", uri);
        for (name, value) in [("host", host), ("origin", origin)] {
            if let Some(value) = value {
                request = request.header(name, value);
            }
        }
        let (answered, text) = client.ask(request, b"x").await;
        assert_eq!(answered, status, "{uri} {host:?} {origin:?}: {text}");
    }
    let (_, page) = client.get("/learn").await;
    assert!(page.contains("https://localhost/"), "{page}");
}

#[tokio::test]
async fn a_head_of_more_than_16_kib_is_431() {
    let authority = Authority::new();
    let server = server(&authority, Limits::default()).await;
    let mut client = Client::connect(&authority, &server).await;
    for (kib, status) in [(15, 200), (17, 431)] {
        let padded = Client::request("GET", "https://localhost/healthz");
        let padded = padded.header("x-padding", "x".repeat(kib * 1024));
        assert_eq!(client.ask(padded, b"").await.0, status, "{kib} KiB");
    }
    assert_eq!(client.get("/healthz").await.0, 200, "the others go on");
}

#[tokio::test]
async fn as_many_streams_as_there_may_be_on_one_connection_all_get_the_event() {
    let authority = Authority::new();
    let server = server(&authority, Limits::default()).await;
    let mut client = Client::connect(&authority, &server).await;
    let mut streams = Vec::new();
    // One is left for the publish.
    for _ in 0..STREAMS - 1 {
        let mut stream = client.stream("/events/a").await;
        read_until(&mut stream, "hub.open").await;
        streams.push(stream);
    }
    let publish = Client::request("POST", "https://localhost/events/a");
    assert_eq!(client.ask(publish, b"for all").await.0, 200);
    for stream in &mut streams {
        read_until(stream, "data: for all").await;
    }
}

/// Times that a test can wait for, and that are long for what goes well.
fn short() -> Limits {
    Limits {
        write_timeout: Duration::from_secs(1),
        goodbye: Duration::from_secs(1),
        ..Limits::default()
    }
}

/// Publishes more than is held for a stream; answered once all of it is stored.
async fn publish_much(client: &mut Client) {
    let lines = format!("{}\n", "#".repeat(SIZE)).repeat(EVENTS);
    let upload = Client::request("POST", "https://localhost/lines/t");
    let (status, text) = client.ask(upload, lines.as_bytes()).await;
    assert_eq!(status, 200, "{text}");
}

/// Reads on until all of that has come.
async fn take_all(body: &mut RecvStream) {
    let mut left = EVENTS * SIZE;
    while left > 0 {
        let piece = within(next(body)).await.unwrap().expect("it goes on");
        left -= piece.iter().filter(|byte| **byte == b'#').count();
    }
}

#[tokio::test]
async fn a_stream_that_takes_nothing_is_reset_and_the_one_beside_it_gets_everything() {
    let authority = Authority::new();
    let server = server(&authority, short()).await;
    let mut client = Client::connect(&authority, &server).await;
    let mut stopped = client.stream("/events/t").await;
    let mut reader = client.stream("/events/t").await;
    let taking = async {
        take_all(&mut reader).await;
        reader
    };
    let ((), _reader) = tokio::join!(publish_much(&mut client), taking);
    // What was on its way is still there; then comes the end, and not that of the connection.
    let end = within(async {
        loop {
            match stopped.data().await {
                Some(Ok(_)) => {}
                Some(Err(error)) => return error,
                None => panic!("it took nothing, and was told of its end"),
            }
        }
    })
    .await;
    assert_eq!(end.reason(), Some(Reason::CANCEL), "{end}");
    assert_eq!(client.get("/healthz").await.0, 200);
}

#[tokio::test]
async fn a_stream_that_stopped_is_told_when_it_comes_back_in_time() {
    let authority = Authority::new();
    let limits = Limits {
        goodbye: Duration::from_secs(60),
        ..short()
    };
    let server = server(&authority, limits).await;
    let mut client = Client::connect(&authority, &server).await;
    let mut stopped = client.stream("/events/t").await;
    publish_much(&mut client).await;
    // Nothing tells from outside that a time has passed but its passing.
    tokio::time::sleep(3 * Duration::from_millis(400)).await;
    let text = read_to_end(&mut stopped).await;
    let (text, close) = text.split_once("event: hub.close").expect("a goodbye");
    assert!(close.contains(r#""reason":"slow""#), "{close}");
    let mut lines = text.lines().rev();
    let last = lines.find_map(|line| line.strip_prefix("id: ")).unwrap();
    assert!(text.matches("data: #").count() < EVENTS);
    let next = format!("/events/t?poll=1&limit=1&last_event_id={last}");
    let (_, page) = client.get(&next).await;
    let place = |id: &str| id.rsplit_once('-').unwrap().1.parse::<usize>().unwrap();
    let page: serde_json::Value = serde_json::from_str(&page).unwrap();
    let next = page["events"][0]["id"].as_str().unwrap();
    assert_eq!(place(next), place(last) + 1, "it goes on where it was");
}

/// Waits until the server has ended a connection; what came before.
async fn end_of(stream: &mut Tls1) -> Vec<u8> {
    let mut bytes = Vec::new();
    // It may end in a reset, as it is cut off in the middle.
    let _ = within(stream.read_to_end(&mut bytes)).await;
    bytes
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
    let mut client = Client::connect(&authority, &server).await;
    let mut stream = client.stream("/events/t").await;
    read_until(&mut stream, "hub.open").await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(client.get("/healthz").await.0, 200);
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
    let mut client = Client::connect(&authority, &server).await;
    let mut stream = client.stream("/events/t").await;
    read_until(&mut stream, "hub.open").await;
    // It answers, and is kept.
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(client.get("/healthz").await.0, 200);
}

#[tokio::test]
async fn a_stop_says_so_to_every_stream_and_ends_the_connection() {
    let authority = Authority::new();
    let mut server = server(&authority, Limits::default()).await;
    let mut client = Client::connect(&authority, &server).await;
    let mut streams = Vec::new();
    for _ in 0..10 {
        let mut stream = client.stream("/events/t").await;
        read_until(&mut stream, "hub.open").await;
        streams.push(stream);
    }
    server.ask_to_stop();
    for stream in &mut streams {
        let close = read_to_end(stream).await;
        assert!(close.starts_with("event: hub.close"), "{close}");
        assert!(close.contains(r#""reason":"shutdown""#), "{close}");
    }
    server.stopped().await;
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

const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const GOAWAY: u8 = 7;
const CONTINUATION: u8 = 9;
const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;

/// `GET https://localhost/`, as HPACK has it.
const HEAD: &[u8] = b"\x82\x87\x84\x41\x09localhost";

/// What a client begins with: the magic words, and settings that change nothing.
fn preface() -> Vec<u8> {
    [
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" as &[u8],
        &frame(4, 0, 0, b""),
    ]
    .concat()
}

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    let mut frame = length[1..].to_vec();
    frame.extend([kind, flags]);
    frame.extend(stream.to_be_bytes());
    frame.extend(payload);
    frame
}

/// The reason of the last GOAWAY among frames.
fn goodbye(mut bytes: &[u8]) -> Option<Reason> {
    let mut reason = None;
    while bytes.len() >= 9 {
        let length = u32::from_be_bytes([0, bytes[0], bytes[1], bytes[2]]) as usize;
        let payload = bytes.get(9..9 + length)?;
        if bytes[3] == GOAWAY {
            reason = Some(u32::from_be_bytes(payload[4..8].try_into().unwrap()).into());
        }
        bytes = &bytes[9 + length..];
    }
    reason
}
