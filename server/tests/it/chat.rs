//! `/sse/connect` and `/post`: the playground's chat.

use std::time::Duration;

use serde_json::Value;
use server::config::Config;
use server::limits::Limits;

use crate::support::{Blocks, Server, field, problem, read_until, within};

const MIB: usize = 1024 * 1024;

async fn connect(server: &Server, user: &str) -> Blocks {
    Blocks::of(server.get(&format!("/sse/connect?user={user}")).await)
}

#[tokio::test]
async fn all_who_are_connected_get_both_events_the_newcomer_too() {
    let server = Server::start().await;
    let mut ada = connect(&server, "Ada").await;
    let hello = ada.next_with("event: user").await;
    assert_eq!(field(&hello, "data"), "\"Ada\"");
    let mut bob = connect(&server, "%22Bob%22+Zo%C3%AB").await;
    let newcomer = bob.next_with("event: user").await;
    assert_eq!(field(&newcomer, "data"), r#""\"Bob\" Zoë""#);
    assert_eq!(ada.next_with("event: user").await, newcomer);

    let answer = server.post("/post?user=Ada", "line 1\nline \"2\"").await;
    assert_eq!(answer.status(), 200);
    let answer: Value = serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap();
    let post = ada.next_with("event: post").await;
    assert_eq!(
        field(&post, "data"),
        r#"{"user":"Ada","msg":"line 1\nline \"2\""}"#
    );
    assert_eq!(
        answer,
        serde_json::json!({"id": field(&post, "id"), "topic": "chat"})
    );
    assert_eq!(bob.next_with("event: post").await, post);
}

#[tokio::test]
async fn one_that_comes_back_resumes_and_is_not_announced_again() {
    let server = Server::start().await;
    let mut ada = connect(&server, "Ada").await;
    let hello = field(&ada.next_with("event: user").await, "id").to_owned();
    drop(ada);
    server.post("/post?user=b", "missed").await;
    let in_address = format!("/sse/connect?user=Ada&last_event_id={hello}");
    let in_header = server
        .request("GET", "/sse/connect?user=Ada")
        .header("last-event-id", hello);
    for response in [
        server.get(&in_address).await,
        in_header.send().await.unwrap(),
    ] {
        let mut back = Blocks::of(response);
        assert!(back.next_with("event: post").await.contains("missed"));
    }
    for path in [
        "/events?topic=chat&poll=1&since=all",
        "/sse/connect?user=x&poll=1&since=all",
    ] {
        let all = server.get(path).await;
        let all: Value = serde_json::from_slice(&all.bytes().await.unwrap()).unwrap();
        let names: Vec<_> = all["events"]
            .as_array()
            .unwrap()
            .iter()
            .map(|e| &e["event"])
            .collect();
        assert_eq!(names, ["user", "post"], "{path}");
    }
}

#[tokio::test]
async fn head_announces_nobody() {
    let server = Server::start().await;
    let head = server
        .request("HEAD", "/sse/connect?user=Ada")
        .send()
        .await
        .unwrap();
    assert_eq!(head.headers()["content-type"], "text/event-stream");
    let mut bob = connect(&server, "Bob").await;
    assert_eq!(
        field(&bob.next_with("event: user").await, "data"),
        "\"Bob\""
    );
}

#[tokio::test]
async fn with_envelope_the_chat_says_topic_and_time() {
    let server = Server::start().await;
    let mut ada = Blocks::of(server.get("/sse/connect?user=Ada&envelope=1").await);
    ada.next_with("event: hub.open").await;
    let data: Value = serde_json::from_str(field(&ada.next().await.unwrap(), "data")).unwrap();
    assert_eq!(
        (&data["event"], &data["data"]),
        (&"user".into(), &"\"Ada\"".into())
    );
    assert!(data["time"].is_string(), "{data}");
}

#[tokio::test]
async fn what_is_wrong_is_named_and_others_go_on() {
    let server = Server::start().await;
    let mut other = connect(&server, "other").await;
    other.next_with("event: user").await;
    let long = format!("user={}", "x".repeat(10_000));
    for query in [
        "",
        "user=",
        "user=a%0Ab",
        "user=a%0D%0Aid:+1",
        "user=%E2%80%AEa",
        "user=a&user=b",
        &long,
    ] {
        for response in [
            server.get(&format!("/sse/connect?{query}")).await,
            server.post(&format!("/post?{query}"), "x").await,
        ] {
            let detail = problem(response, 400).await;
            assert!(detail.contains("`user`"), "{query}: {detail}");
        }
    }
    for (path, body, said) in [
        ("/post?user=a", &b""[..], "empty"),
        ("/post?user=a", b"a\0b", "NUL"),
        ("/post?user=a", b"a\xffb", "UTF-8"),
        ("/post?user=a&topic=b", b"x", "topic"),
    ] {
        let detail = problem(server.post(path, body).await, 400).await;
        assert!(detail.contains(said), "{detail}");
    }
    server.post("/post?user=a", "still here").await;
    let next = other.next().await.unwrap();
    assert!(
        next.contains("still here"),
        "something was published in between: {next}"
    );
}

#[tokio::test]
async fn a_message_over_one_mib_is_413_as_soon_as_it_is_known() {
    let server = Server::start().await;
    let mut other = connect(&server, "other").await;
    other.next_with("event: user").await;
    for (said, body) in [
        (format!("Content-Length: {}", MIB + 1), String::new()),
        (
            format!("Content-Length: {}\r\nExpect: 100-continue", MIB + 1),
            String::new(),
        ),
        ("Content-Length: 1073741824".to_owned(), "x".repeat(1000)),
        (
            "Transfer-Encoding: chunked".to_owned(),
            format!("{:x}\r\n{}\r\n", MIB + 1, "x".repeat(MIB + 1)),
        ),
    ] {
        // Nothing more is sent, and yet there is an answer.
        let head = format!("POST /post?user=a HTTP/1.1\r\nHost: localhost\r\n{said}\r\n\r\n{body}");
        let answer = read_until(&mut server.raw(head).await, "}").await;
        assert!(answer.starts_with("HTTP/1.1 413 "), "{said}: {answer}");
        assert!(answer.contains("application/problem+json") && answer.contains("1048576"));
    }
    let whole = server.post("/post?user=a", "x".repeat(3 * MIB)).await;
    problem(whole, 413).await;
    server.post("/post?user=a", "still here").await;
    assert!(other.next().await.unwrap().contains("still here"));
}

#[tokio::test]
async fn a_message_of_one_mib_is_said_whatever_its_json_takes() {
    let server = Server::start().await;
    let mut other = connect(&server, "other").await;
    let nasty = "%22".repeat(64);
    for said in ["x", "\"", "\n"] {
        let message = said.repeat(MIB);
        let path = format!("/post?user={nasty}");
        assert_eq!(server.post(&path, message.clone()).await.status(), 200);
        let post = other.next_with("event: post").await;
        let data: Value = serde_json::from_str(field(&post, "data")).unwrap();
        assert!(data["msg"] == message, "{said:?}");
    }
    // A control character takes six bytes in JSON.
    let wide = server.post("/post?user=a", "\u{1}".repeat(MIB)).await;
    let detail = problem(wide, 413).await;
    assert!(
        detail.contains("the message") && detail.contains("2098176 bytes as JSON"),
        "{detail}"
    );
}

#[tokio::test]
async fn a_body_that_does_not_come_is_408() {
    let limits = Limits {
        body_timeout: Duration::from_millis(50),
        ..Limits::default()
    };
    let server = Server::with(Config {
        limits,
        ..Config::default()
    })
    .await;
    let head = "POST /post?user=a HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\nx";
    let answer = read_until(&mut server.raw(head).await, "}").await;
    assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
}

#[tokio::test]
async fn a_client_that_goes_away_in_the_middle_costs_nothing() {
    let server = Server::start().await;
    let head = "POST /post?user=a HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\nx";
    drop(server.raw(head).await);
    let mut ada = connect(&server, "Ada").await;
    ada.next_with("event: user").await;
    within(async { server.post("/post?user=a", "whole").await }).await;
    assert!(ada.next().await.unwrap().contains("whole"));
}

#[tokio::test]
async fn who_connects_without_a_cursor_is_announced_wherever_the_stream_begins() {
    let server = Server::start().await;
    for query in ["since=1m", "last=1"] {
        let path = format!("/sse/connect?user=Ada&{query}");
        let mut blocks = Blocks::of(server.get(&path).await);
        let user = blocks.next_with("event: user").await;
        assert_eq!(field(&user, "data"), "\"Ada\"", "{query}");
    }
}
