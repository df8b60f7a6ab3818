//! How many streams a client has at a time.

use tokio::io::AsyncWriteExt;

use super::{ONE, SEEN, STREAM, TWO, behind_a_proxy, limits, of, says_overload, sent, subscribe};
use crate::support::{Blocks, Server, problem};

const NDJSON: &str = "application/x-ndjson";
const JSON: &str = "application/json";

async fn server() -> Server {
    behind_a_proxy(limits(2, 50, 200)).await
}

#[tokio::test]
async fn beyond_its_streams_a_client_is_told_so_in_each_form_and_others_are_not_concerned() {
    let server = server().await;
    let mut held = Vec::new();
    for _ in 0..2 {
        let mut blocks = Blocks::of(subscribe(&server, ONE, STREAM).await);
        blocks.next_with("event: hub.open").await;
        held.push(blocks);
    }
    assert!(says_overload(subscribe(&server, ONE, STREAM).await).await);
    for path in ["/sse/time", "/sse/connect?user=a", "/events"] {
        let request = of(&server, ONE, "GET", path).header("accept", STREAM);
        assert!(says_overload(sent(request).await).await, "{path}");
    }
    let stats = of(&server, ONE, "GET", "/api/stats").header("accept", STREAM);
    assert!(says_overload(sent(stats).await).await);
    for accept in [NDJSON, JSON] {
        let response = subscribe(&server, ONE, accept).await;
        assert_eq!(response.headers()["retry-after"], "30");
        let said = problem(response, 503).await;
        assert!(said.contains("2 streams"), "{said}");
    }
    let poll = sent(of(&server, ONE, "GET", "/events/a?poll=1")).await;
    assert_eq!(poll.status(), 503);
    let upload = sent(of(&server, ONE, "PUT", "/lines/a").body("x")).await;
    assert_eq!(upload.headers()["retry-after"], "30");
    problem(upload, 429).await;
    // Nobody was announced who got no stream.
    let chat = sent(of(&server, TWO, "GET", "/events/chat?poll=1&since=all")).await;
    assert!(chat.text().await.unwrap().contains("\"events\":[]"));

    // What is no stream is answered, and so is everybody else.
    for path in ["/api/stats", "/api/topics", "/healthz"] {
        assert_eq!(
            sent(of(&server, ONE, "GET", path)).await.status(),
            200,
            "{path}"
        );
    }
    assert_eq!(sent(of(&server, ONE, "HEAD", SEEN)).await.status(), 200);
    assert!(!says_overload(subscribe(&server, TWO, STREAM).await).await);
}

#[tokio::test]
async fn whatever_is_kept_open_counts_and_its_end_makes_room() {
    let server = server().await;
    let one_left = Blocks::of(subscribe(&server, ONE, STREAM).await);
    for (path, accept) in [
        (SEEN, STREAM),
        (SEEN, NDJSON),
        ("/sse/time?count=0", STREAM),
        ("/sse/connect?user=a", STREAM),
        ("/api/stats", STREAM),
    ] {
        let kept = sent(of(&server, ONE, "GET", path).header("accept", accept)).await;
        assert_eq!(kept.status(), 200, "{path}");
        assert!(
            says_overload(subscribe(&server, ONE, STREAM).await).await,
            "{path} {accept}"
        );
        drop(kept);
        until_there_is_room(&server).await;
    }
    let head = format!(
        "PUT /lines/a HTTP/1.1\r\nHost: localhost\r\nX-Forwarded-For: {ONE}\r\nTransfer-Encoding: chunked\r\n\r\n"
    );
    let mut upload = server.raw(head).await;
    upload.write_all(b"1\r\nx\r\n").await.unwrap();
    while !says_overload(subscribe(&server, ONE, STREAM).await).await {}
    drop(upload);
    until_there_is_room(&server).await;
    drop(one_left);
}

/// The server hears of an end a moment after its client.
async fn until_there_is_room(server: &Server) {
    while says_overload(subscribe(server, ONE, STREAM).await).await {}
    // That one has gone again, too.
    while sent(of(server, ONE, "GET", "/events/a?poll=1"))
        .await
        .status()
        != 200
    {}
}

#[tokio::test]
async fn without_a_limit_there_is_none() {
    let mut none = limits(1, 1, 1);
    (none.client_streams, none.client_publishes) = (None, None);
    let server = behind_a_proxy(none).await;
    let mut held = Vec::new();
    for _ in 0..150 {
        held.push(subscribe(&server, ONE, STREAM).await);
        assert_eq!(super::publish(&server, ONE).await, 200);
    }
    assert!(!says_overload(subscribe(&server, ONE, STREAM).await).await);
}
