//! What cannot be published: each refusal by its words, and that it leaves no trace.

use serde_json::json;

use crate::support::{JSON, Server, answer, data, problem, read_until, send, within};

#[tokio::test]
async fn each_refusal_names_the_field_and_leaves_no_trace() {
    let server = Server::without_demo().await;
    let long_topic = format!("/events?topic={}", "t".repeat(1025));
    let long_name = format!("/events/a?event={}", "e".repeat(129));
    let long_key = format!("/events/a?key={}", "k".repeat(129));
    for (path, word) in [
        ("/events?topic=", "`topic`"),
        ("/events?topic=a&topic=b", "`topic` is given 2 times"),
        ("/events/a?topic=b", "`topic`"),
        ("/events/a*", "name one topic"),
        ("/events?topic=a/", "outer `/`"),
        ("/events/a//b", "?topic="),
        ("/events?topic=a%E2%80%AE", "bidirectional"),
        ("/events?topic=%FF", "`topic`"),
        (&long_topic, "1,024 bytes"),
        (&long_name, "128 bytes"),
        (&long_key, "128 bytes"),
        ("/events/a?event=hub.open", "`event` begins with `hub.`"),
        (
            "/events/a?event=x%0Ay",
            "`event` holds the control character U+000A",
        ),
        ("/events/a?event=x&event=y", "`event` is there twice"),
        ("/events/a?retry=0", "500 to 300000"),
        ("/events/a?retry=300001", "500 to 300000"),
        ("/events/a?retry=", "ASCII digits"),
        ("/events/a?key=%20a", "space"),
        ("/events/a?key=", "`key` is empty"),
        ("/events/a?id=1", "\"id\" is not known"),
        (
            "/events?event=x",
            "`event` is in the address and `topic` is not",
        ),
    ] {
        for method in ["POST", "PUT"] {
            let request = server.request(method, path).body("x");
            let detail = problem(within(request.send()).await.unwrap(), 400).await;
            assert!(detail.contains(word), "{path}: {detail}");
        }
    }
    let detail = problem(send(&server, "/events/a", "", "a\0").await, 400).await;
    assert!(
        detail.contains("`data`") && detail.contains("base64"),
        "{detail}"
    );
    let detail = problem(server.post("/events", "x").await, 400).await;
    assert!(detail.contains("`topic` is missing"), "{detail}");
    for content_type in ["text/plain", "application/x-ndjson", "application/jsonx"] {
        let detail = problem(send(&server, "/events", content_type, "x").await, 415).await;
        assert!(
            detail.contains(content_type) && detail.contains("application/json"),
            "{detail}"
        );
    }
    let zipped = server
        .request("POST", "/events/a")
        .header("content-encoding", "gzip");
    let detail = problem(zipped.body("x").send().await.unwrap(), 415).await;
    assert!(detail.contains("gzip"), "{detail}");
    let foreign = server
        .request("POST", "/events/a")
        .header("origin", "https://evil.example");
    problem(foreign.body("x").send().await.unwrap(), 403).await;
    assert!(data(&server, "topic=**").await.is_empty());
}

#[tokio::test]
async fn what_is_too_large_is_413_as_soon_as_it_is_known() {
    let server = Server::without_demo().await;
    let largest = "x".repeat(1024 * 1024);
    answer(send(&server, "/events/a", "", largest.clone()).await).await;
    answer(
        send(
            &server,
            "/events",
            JSON,
            json!({"topic": "a", "data": largest}).to_string(),
        )
        .await,
    )
    .await;
    problem(
        send(&server, "/events/a", "", largest.clone() + "x").await,
        413,
    )
    .await;
    let object = json!({"topic": "a", "data": largest + "x"}).to_string();
    let detail = problem(send(&server, "/events", JSON, object).await, 413).await;
    assert!(detail.contains("`data`"), "{detail}");
    // Only the head is sent: its length says it all.
    for (path, length) in [
        ("/events/a", 1024 * 1024 + 1),
        ("/events", 8 * 1024 * 1024 + 1),
    ] {
        let head = format!(
            "POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: {JSON}\r\nContent-Length: {length}\r\n\r\n"
        );
        let said = read_until(&mut server.raw(head).await, "}").await;
        assert!(said.starts_with("HTTP/1.1 413 "), "{path}: {said}");
    }
    assert_eq!(data(&server, "topic=**").await.len(), 2);
}

#[tokio::test]
async fn one_that_asks_first_is_refused_before_it_sends() {
    let server = Server::without_demo().await;
    for (path, status) in [
        ("/events/a?retry=x", 400),
        ("/events/a*", 400),
        ("/events", 415),
    ] {
        let head = format!(
            "POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/plain\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n"
        );
        let said = read_until(&mut server.raw(head).await, "}").await;
        assert!(
            said.starts_with(&format!("HTTP/1.1 {status} ")),
            "{path}: {said}"
        );
    }
}
