//! HTTP/2: what is different from HTTP/1.1, and the floods that it makes possible.

mod client;
mod frames;
mod hostile;
mod slow;

use server::config::Config;
use server::limits::{Limits, STREAMS};

use self::client::{Client, read_to_end, read_until};
use crate::secure::Authority;
use crate::support::Server;

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
