//! As many connections, and as many subscribers, as there may be.

use std::time::Duration;

use server::config::Config;
use server::limits::Limits;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use super::{STREAM, says_overload};
use crate::support::{Blocks, Server, data, problem, read_to_end, read_until};

async fn server(limits: Limits) -> Server {
    Server::with(Config {
        demo: false,
        limits,
        ..Config::default()
    })
    .await
}

fn get(path: &str, accept: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nAccept: {accept}\r\n\r\n")
}

fn post(data: &str) -> String {
    let length = data.len();
    format!("POST /events/a HTTP/1.1\r\nHost: localhost\r\nContent-Length: {length}\r\n\r\n{data}")
}

/// A stream that has begun.
async fn stream(server: &Server) -> TcpStream {
    let mut stream = server.raw(get("/events/a", STREAM)).await;
    read_until(&mut stream, "event: hub.open").await;
    stream
}

/// The answer on a connection of its own, which the server ends after it.
async fn answer(server: &Server, request: String) -> String {
    read_to_end(&mut server.raw(request).await).await
}

fn is_overload(answer: &str) -> bool {
    answer.starts_with("HTTP/1.1 200 ")
        && answer.contains("event: hub.close\nretry: 30000\n")
        && answer.contains("\"reason\":\"overload\"")
        && !answer.contains("data: before")
}

#[tokio::test]
async fn beyond_the_connections_who_wants_to_stay_is_told_so_and_all_else_is_answered() {
    let server = server(Limits {
        connections: 2,
        ..Limits::default()
    })
    .await;
    let mut held = stream(&server).await;
    let mut publisher = server.raw(post("before")).await;
    read_until(&mut publisher, "\"topic\":\"a\"").await;

    assert!(is_overload(
        &answer(&server, get("/events/a", STREAM)).await
    ));
    assert!(is_overload(
        &answer(&server, get("/api/stats", STREAM)).await
    ));
    for (path, accept) in [
        ("/events/a", "application/x-ndjson"),
        ("/events/a", "application/json"),
        ("/events/a?poll=1", "*/*"),
    ] {
        let said = answer(&server, get(path, accept)).await;
        assert!(
            said.starts_with("HTTP/1.1 503 ") && said.contains("\r\nretry-after: 30\r\n"),
            "{said}"
        );
    }
    let upload = "PUT /lines/a HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\n\r\nx";
    let said = answer(&server, upload.into()).await;
    assert!(said.starts_with("HTTP/1.1 503 "), "{said}");
    for path in ["/healthz", "/readyz", "/topics", "/api/stats"] {
        let said = answer(&server, get(path, "*/*")).await;
        assert!(
            said.starts_with("HTTP/1.1 200 ") && said.contains("\r\nconnection: close\r\n"),
            "{path}: {said}"
        );
    }

    // Who is connected goes on, and who comes to publish is not kept out by readers.
    publisher
        .write_all(post("from one who was there").as_bytes())
        .await
        .unwrap();
    read_until(&mut publisher, "\"topic\":\"a\"").await;
    let said = answer(&server, post("from one who came")).await;
    assert!(said.starts_with("HTTP/1.1 200 "), "{said}");
    read_until(&mut held, "data: from one who came").await;

    drop(publisher);
    while is_overload(&begin(&server).await) {}
}

/// A stream as far as its first event, or its end.
async fn begin(server: &Server) -> String {
    let mut stream = server.raw(get("/events/a?since=all", STREAM)).await;
    let (mut said, ends) = (String::new(), ["data: before", "retry_after_ms"]);
    while !ends.iter().any(|end| said.contains(end)) {
        said += &read_until(&mut stream, "\n").await;
    }
    said
}

#[tokio::test]
async fn a_connection_that_may_not_stay_does_not_whatever_it_does() {
    let server = server(Limits {
        connections: 1,
        spares: 1,
        spare_time: Duration::from_millis(200),
        ..Limits::default()
    })
    .await;
    let held = stream(&server).await;
    for begun in [
        "",
        "GET /he",
        "POST /events/a HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\nhalf",
    ] {
        let mut idle = server.raw(begun).await;
        // It waits for the one place to spare, and gets it.
        let said = answer(&server, get("/healthz", "*/*")).await;
        assert!(said.starts_with("HTTP/1.1 200 "), "{said}");
        assert_eq!(read_to_end(&mut idle).await, "");
    }
    drop(held);
}

#[tokio::test]
async fn beyond_the_subscribers_a_stream_says_so_and_those_that_are_there_go_on() {
    let server = server(Limits {
        subscribers: 1,
        ..Limits::default()
    })
    .await;
    let mut held = Blocks::of(server.get("/events/a").await);
    held.next_with("event: hub.open").await;
    assert!(says_overload(server.get("/events/a?last_event_id=earliest").await).await);
    for accept in ["application/x-ndjson", "application/json"] {
        let request = server.request("GET", "/events/a").header("accept", accept);
        let response = request.send().await.unwrap();
        assert_eq!(response.headers()["retry-after"], "30");
        problem(response, 503).await;
    }
    assert_eq!(server.post("/events/a", "x").await.status(), 200);
    assert_eq!(server.get("/healthz").await.status(), 200);
    held.next_with("data: x").await;
    drop(held);
    while server.get("/events/a?poll=1&since=all").await.status() != 200 {}
    assert_eq!(data(&server, "topic=a").await, ["x"]);
}
