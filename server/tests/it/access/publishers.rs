//! Keys of publishers, for what cannot make tokens.

use server::config::{AccessArgs, Selector};

use super::{args, ask, closed, file, publish};
use crate::support::{Server, problem};

const KEY: &str = "c7e1f0b2a9d84536c7e1f0b2a9d84536";

async fn server() -> Server {
    let (_file, path) = file(format!("ci {KEY} builds/* audit\n"));
    closed(AccessArgs {
        publish_key_file: Some(path),
        ..args()
    })
    .await
}

#[tokio::test]
async fn a_key_publishes_on_its_topics_and_does_nothing_else() {
    let server = server().await;
    assert_eq!(publish(&server, "builds/1", KEY).await, 200);
    assert_eq!(publish(&server, "audit", KEY).await, 200);
    let refused = server
        .request("POST", "/events/other")
        .bearer_auth(KEY)
        .body("x");
    let refused = problem(refused.send().await.unwrap(), 403).await;
    assert!(
        refused.contains("\"ci\"") && !refused.contains(KEY),
        "{refused}"
    );
    for (method, path) in [
        ("GET", "/events?topic=builds/1"),
        ("GET", "/api/topics"),
        ("POST", "/api/tickets"),
        ("DELETE", "/events/other"),
    ] {
        problem(ask(&server, method, path, KEY).await, 403).await;
    }
    assert_eq!(
        ask(&server, "DELETE", "/events/audit", KEY).await.status(),
        200
    );
}

#[tokio::test]
async fn a_key_deletes_nothing_that_is_only_public() {
    let (_file, path) = file(format!("ci {KEY} builds/*\n"));
    let server = closed(AccessArgs {
        publish_key_file: Some(path),
        public_write: vec![Selector::parse("chat").unwrap()],
        ..args()
    })
    .await;
    assert_eq!(publish(&server, "chat", KEY).await, 200);
    problem(ask(&server, "DELETE", "/events/chat", KEY).await, 403).await;
}

#[tokio::test]
async fn a_key_that_is_not_quite_right_is_refused() {
    let server = server().await;
    for key in [&KEY[1..], &format!("{KEY}0"), &KEY.to_uppercase(), "ci", ""] {
        assert_eq!(publish(&server, "audit", key).await, 401, "{key}");
    }
}
