//! Tickets: what an `EventSource` carries in its address.

use reqwest::Response;
use serde_json::{Value, json};
use server::config::{AccessArgs, Config};
use server::storage::Storage;

use super::made::{Signer, rights};
use super::published_keys::Set;
use super::{SECRET, args, ask, config, file, publish, with_secret};
use crate::support::{Blocks, Server, answer, field, problem, within};

fn token(seconds: i64) -> String {
    Signer::secret(SECRET).token(&rights(seconds, &["**"], &["a/*"], false))
}

async fn ticket(server: &Server, token: &str) -> String {
    let answer = answer(ask(server, "POST", "/api/tickets", token).await).await;
    assert_eq!(answer["use_within_s"], 30);
    answer["ticket"].as_str().unwrap().to_owned()
}

async fn resumed(server: &Server, path: &str, id: &str) -> Response {
    let request = server.request("GET", path).header("last-event-id", id);
    within(request.send()).await.unwrap()
}

#[tokio::test]
async fn a_ticket_opens_its_stream_again_and_again_and_misses_nothing() {
    let server = with_secret().await;
    let token = token(600);
    let path = format!("/events?topic=a/*&ticket={}", ticket(&server, &token).await);
    let mut blocks = Blocks::of(server.get(&path).await);
    let open = blocks.next_with("event: hub.open").await;
    let mut id = field(&open, "id").to_owned();
    for _ in 0..3 {
        drop(blocks);
        publish(&server, "a/1", &token).await;
        blocks = Blocks::of(resumed(&server, &path, &id).await);
        id = field(&blocks.next_with("topic: a/1").await, "id").to_owned();
    }
    // A client that begins anew says where in the address.
    let again = format!("{path}&last_event_id={id}");
    Blocks::of(server.get(&again).await)
        .next_with("event: hub.open")
        .await;
}

#[tokio::test]
async fn a_ticket_is_for_its_own_stream_alone() {
    let server = with_secret().await;
    let ticket = ticket(&server, &token(600)).await;
    let path = format!("/events?topic=a/1&ticket={ticket}");
    let _blocks = Blocks::of(server.get(&path).await);
    for other in [
        format!("/events?topic=a/2&ticket={ticket}"),
        format!("/events?topic=a/*&ticket={ticket}"),
        format!("/events?topic=a/1&since=all&ticket={ticket}"),
        format!("/events/a/1?ticket={ticket}"),
        format!("/events?topic=a/1&ticket={ticket}&ticket={ticket}"),
        format!("/events?topic=a/1&ticket={}", "0".repeat(64)),
        format!("/api/stats?ticket={ticket}"),
    ] {
        problem(server.get(&other).await, 401).await;
    }
    // It publishes nothing, and makes no other.
    let publish = server
        .post(&format!("/events?topic=a/1&ticket={ticket}"), "x")
        .await;
    problem(publish, 400).await;
    problem(
        server
            .post(&format!("/api/tickets?ticket={ticket}"), "")
            .await,
        400,
    )
    .await;
    let both = server.request("GET", &path).bearer_auth(token(600));
    problem(within(both.send()).await.unwrap(), 401).await;
}

#[tokio::test]
async fn a_ticket_gives_what_its_token_gives_and_is_not_lost_to_a_request_that_is_wrong() {
    let server = with_secret().await;
    let ticket = ticket(&server, &token(600)).await;
    for (path, status) in [
        ("/events?topic=b", 403),
        ("/events?topic=a/1&topic=b", 403),
        ("/events?topic=a/1&since=never", 400),
        ("/api/stats?", 403),
    ] {
        let refused = server.get(&format!("{path}&ticket={ticket}")).await;
        problem(refused, status).await;
    }
    publish(&server, "b", &token(600)).await;
    publish(&server, "a/1", &token(600)).await;
    let path = format!("/events?topic=**&since=all&ticket={ticket}");
    let mut blocks = Blocks::of(server.get(&path).await);
    blocks.next_with("event: hub.open").await;
    let first = blocks.next().await.unwrap();
    assert!(first.contains("topic: a/1"), "{first}");
}

#[tokio::test]
async fn of_two_connections_with_one_ticket_the_older_ends() {
    let server = with_secret().await;
    let path = format!(
        "/events?topic=a/1&ticket={}",
        ticket(&server, &token(600)).await
    );
    let mut first = Blocks::of(server.get(&path).await);
    first.next_with("event: hub.open").await;
    let mut second = Blocks::of(server.get(&path).await);
    second.next_with("event: hub.open").await;
    let close = first.next_with("event: hub.close").await;
    assert!(close.contains("expired"), "{close}");
    assert_eq!(first.next().await, None);
    publish(&server, "a/1", &token(600)).await;
    second.next_with("data: x").await;
}

#[tokio::test]
async fn to_ask_for_the_head_alone_takes_a_ticket_from_nobody() {
    let server = with_secret().await;
    let ticket = ticket(&server, &token(600)).await;
    let path = format!("/events?topic=a/1&ticket={ticket}");
    let head = async |path: &str| {
        let head = within(server.request("HEAD", path).send()).await.unwrap();
        head.status().as_u16()
    };
    assert_eq!(head("/events?topic=a/1").await, 401);
    assert_eq!(head(&path).await, 200, "before its first use");
    let mut blocks = Blocks::of(server.get(&path).await);
    blocks.next_with("event: hub.open").await;
    assert_eq!(head(&path).await, 200);
    assert_eq!(head(&path.replace("a/1", "a/2")).await, 401);
    publish(&server, "a/1", &token(600)).await;
    blocks.next_with("data: x").await;
}

#[tokio::test]
async fn to_ask_for_the_head_of_the_figures_takes_no_ticket_and_begins_nothing() {
    let server = with_secret().await;
    let observer = Signer::secret(SECRET).token(&rights(600, &[], &[], true));
    let path = format!("/api/stats?ticket={}", ticket(&server, &observer).await);
    let ask = async |method: &str| {
        let request = server.request(method, &path);
        let request = request.header("accept", "text/event-stream");
        within(request.send()).await.unwrap()
    };
    let mut blocks = Blocks::of(ask("GET").await);
    blocks.next_with("event: stats").await;
    let head = ask("HEAD").await;
    assert_eq!(head.status(), 200);
    assert_eq!(head.headers()["content-type"], "text/event-stream");
    for _ in 0..2 {
        blocks.next_with("event: stats").await;
    }
    let reader = format!("/api/stats?ticket={}", ticket(&server, &token(600)).await);
    let head = within(server.request("HEAD", &reader).send())
        .await
        .unwrap();
    assert_eq!(head.status(), 403);
}

#[tokio::test]
async fn a_stream_with_a_ticket_ends_with_its_token() {
    let server = with_secret().await;
    let path = format!(
        "/events?topic=a/1&ticket={}",
        ticket(&server, &token(2)).await
    );
    let mut blocks = Blocks::of(server.get(&path).await);
    let close = blocks.next_with("event: hub.close").await;
    assert!(close.contains("expired"), "{close}");
    problem(server.get(&path).await, 401).await;
}

#[tokio::test]
async fn a_ticket_in_use_outlives_a_restart_of_the_server() {
    let (dir, (_file, path)) = (tempfile::tempdir().unwrap(), file(SECRET));
    let start = async || {
        let config = Config {
            storage: Storage::Directory(dir.path().to_owned()),
            ..config(AccessArgs {
                jwt_keys: vec![path.clone()],
                ..args()
            })
        };
        Server::with(config).await
    };
    let mut server = start().await;
    let token = token(600);
    let (used, unused) = (ticket(&server, &token).await, ticket(&server, &token).await);
    let path_of = |ticket: &str| format!("/events?topic=a/1&ticket={ticket}");
    let mut blocks = Blocks::of(server.get(&path_of(&used)).await);
    let open = blocks.next_with("event: hub.open").await;
    publish(&server, "a/1", &token).await;
    drop(blocks);
    server.ask_to_stop();
    server.stopped().await;
    let mut server = start().await;
    let mut blocks = Blocks::of(resumed(&server, &path_of(&used), field(&open, "id")).await);
    blocks.next_with("data: x").await;
    problem(server.get(&path_of(&unused)).await, 401).await;
    drop(blocks);
    server.ask_to_stop();
    server.stopped().await;
    // And is none once its key is gone in between.
    std::fs::write(&path, "fedcba9876543210fedcba9876543210").unwrap();
    let server = start().await;
    problem(server.get(&path_of(&used)).await, 401).await;
}

#[tokio::test]
async fn a_ticket_of_a_published_key_waits_for_the_keys_after_a_restart() {
    let (dir, signer) = (tempfile::tempdir().unwrap(), Signer::ed());
    let set = Set::of(json!([signer.jwk("a")])).await;
    let start = async |jwks: &str| {
        let config = Config {
            storage: Storage::Directory(dir.path().to_owned()),
            ..config(AccessArgs {
                jwks: Some(jwks.to_owned()),
                ..args()
            })
        };
        Server::with(config).await
    };
    let mut server = start(&set.url).await;
    let token = signer.token(&rights(600, &["**"], &["a"], false));
    let path = format!("/events?topic=a&ticket={}", ticket(&server, &token).await);
    let mut blocks = Blocks::of(server.get(&path).await);
    let open = blocks.next_with("event: hub.open").await;
    drop(blocks);
    server.ask_to_stop();
    server.stopped().await;
    // Nobody can say whether its key is good still: the client is to come back.
    let mut server = start("http://127.0.0.1:9/keys").await;
    let mut blocks = Blocks::of(resumed(&server, &path, field(&open, "id")).await);
    blocks.next_with("event: hub.close").await;
    server.ask_to_stop();
    server.stopped().await;
    let server = start(&set.url).await;
    let mut blocks = Blocks::of(resumed(&server, &path, field(&open, "id")).await);
    blocks.next_with("event: hub.open").await;
}

#[tokio::test]
async fn a_ticket_is_given_for_a_bearer_alone() {
    let server = with_secret().await;
    problem(server.post("/api/tickets", "").await, 401).await;
    let cookie = format!("__Host-tickertape={}", token(600));
    let request = server
        .request("POST", "/api/tickets")
        .header("cookie", cookie);
    problem(within(request.send()).await.unwrap(), 401).await;
    let open = Server::start().await;
    problem(open.post("/api/tickets", "").await, 404).await;
    let mut first = Value::Null;
    for _ in 0..2 {
        let made = answer(ask(&server, "POST", "/api/tickets", &token(600)).await).await;
        assert_ne!(made["ticket"], first);
        first = made["ticket"].clone();
    }
}
