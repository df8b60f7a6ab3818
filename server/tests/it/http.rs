//! What holds for every path: methods, unknown paths, limits of a connection, the stop.

use std::time::Duration;

use server::limits::Limits;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::support::{Server, problem, read_to_end, with_limits, within};

#[tokio::test]
async fn an_unknown_path_is_404_in_words() {
    let server = Server::start().await;
    let detail = problem(server.get("/nowhere/%1b").await, 404).await;
    assert!(detail.contains("/nowhere"), "{detail}");
}

#[tokio::test]
async fn a_method_that_does_nothing_is_405_with_those_that_do() {
    let server = Server::start().await;
    let response = server.request("DELETE", "/sse/time").send().await.unwrap();
    assert_eq!(response.headers()["allow"], "GET,HEAD");
    let detail = problem(response, 405).await;
    assert!(
        detail.contains("DELETE") && detail.contains("/sse/time"),
        "{detail}"
    );
}

#[tokio::test]
async fn options_tells_the_methods() {
    let server = Server::start().await;
    let response = server.request("OPTIONS", "/sse/time").send().await.unwrap();
    assert_eq!(response.status(), 204);
    assert_eq!(response.headers()["allow"], "GET,HEAD");
    problem(
        server.request("OPTIONS", "/nowhere").send().await.unwrap(),
        404,
    )
    .await;
}

#[tokio::test]
async fn head_has_the_headers_and_no_body() {
    let server = Server::start().await;
    let (head, body) = server.exchange("HEAD /sse/time?count=0 HTTP/1.0", "").await;
    assert!(head.contains("content-type: text/event-stream"), "{head}");
    assert_eq!(body, "");
}

#[tokio::test]
async fn the_process_lives() {
    let server = Server::start().await;
    assert_eq!(server.get("/healthz").await.status(), 200);
}

#[tokio::test]
async fn a_head_of_16_kib_is_read_and_one_of_17_is_431() {
    let server = Server::start().await;
    let padding =
        |bytes: usize| format!("GET /healthz HTTP/1.0\r\nX-Padding: {}", "x".repeat(bytes));
    let (head, _) = server.exchange(&padding(15 * 1024), "").await;
    assert!(head.starts_with("http/1.0 200"), "{head}");
    let mut stream = server.raw(padding(17 * 1024)).await;
    let mut status = [0; 12];
    within(stream.read_exact(&mut status)).await.unwrap();
    assert_eq!(&status, b"HTTP/1.1 431");
}

#[tokio::test]
async fn a_head_that_does_not_end_is_not_waited_for() {
    let limits = Limits {
        header_timeout: Duration::from_millis(50),
        ..Limits::default()
    };
    let server = Server::with(with_limits(limits)).await;
    for begin in ["", "GET /healthz HTTP/1.1\r\nX-Slow: "] {
        let answer = read_to_end(&mut server.raw(begin).await).await;
        assert!(!answer.contains(" 200 "), "{answer}");
    }
}

#[tokio::test]
async fn one_connection_more_than_the_bound_waits_for_its_turn() {
    let server = Server::with(with_limits(Limits {
        connections: 1,
        spares: 0,
        ..Limits::default()
    }))
    .await;
    let mut first = server
        .raw("GET /sse/time?count=0 HTTP/1.1\r\nHost: localhost\r\n\r\n")
        .await;
    within(first.read_u8()).await.unwrap();
    let mut second = server.raw("GET /healthz HTTP/1.0\r\n\r\n").await;
    let early = tokio::time::timeout(Duration::from_millis(100), second.readable()).await;
    assert!(early.is_err(), "the bound does not hold");
    drop(first);
    assert!(read_to_end(&mut second).await.contains(" 200 "));
}

#[tokio::test]
async fn a_reader_that_takes_nothing_is_closed() {
    let limits = Limits {
        write_timeout: Duration::from_millis(50),
        goodbye: Duration::from_millis(50),
        ..Limits::default()
    };
    let server = Server::with(with_limits(Limits {
        connections: 1,
        ..limits
    }))
    .await;
    // One connection at a time: the second is answered once the first is given up on, which asks
    // many times and reads no answer.
    let mut stuck = server.raw("").await;
    let asking = tokio::spawn(async move {
        let many = "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n".repeat(1000);
        while stuck.write_all(many.as_bytes()).await.is_ok() {}
    });
    let mut second = server.raw("GET /healthz HTTP/1.0\r\n\r\n").await;
    assert!(read_to_end(&mut second).await.contains(" 200 "));
    within(asking).await.unwrap();
}

#[tokio::test]
async fn a_stop_ends_idle_connections_and_listens_no_more() {
    let mut server = Server::start().await;
    let idle = server.get("/healthz").await;
    server.ask_to_stop();
    drop(idle);
    let addr = server.addr;
    server.stopped().await;
    assert!(tokio::net::TcpStream::connect(addr).await.is_err());
}

#[tokio::test]
async fn a_stop_does_not_wait_for_one_that_takes_nothing() {
    let limits = Limits {
        stop_timeout: Duration::from_millis(50),
        ..Limits::default()
    };
    let mut server = Server::with(with_limits(limits)).await;
    let mut stuck = server.raw("").await;
    let asking = tokio::spawn(async move {
        let many = "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n".repeat(1000);
        while stuck.write_all(many.as_bytes()).await.is_ok() {}
    });
    assert_eq!(server.get("/healthz").await.status(), 200);
    server.ask_to_stop();
    server.stopped().await;
    within(asking).await.unwrap();
}
