//! What each client may take, who it is taken for, and what is said where there is no room.

mod local;
mod overload;
mod publishes;
mod streams;
mod subjects;
mod trusted;

use reqwest::{RequestBuilder, Response};
use server::config::Config;
use server::limits::Limits;

use crate::support::{Server, within};

/// The header in which a proxy says who asks.
const FOR: &str = "x-forwarded-for";

/// Two clients behind a proxy.
const ONE: &str = "203.0.113.1";
const TWO: &str = "203.0.113.2";

/// A server that takes this machine for a trusted proxy.
async fn behind_a_proxy(limits: Limits) -> Server {
    let server = Server::with(Config {
        demo: true,
        trusted_proxies: vec!["127.0.0.1".parse().unwrap()],
        limits,
        ..Config::default()
    })
    .await;
    // It comes first on each stream that begins.
    assert_eq!(server.post("/events/seen", "x").await.status(), 200);
    server
}

/// Streams and publishes of one client.
fn limits(streams: u32, rate: u32, burst: u32) -> Limits {
    Limits {
        client_streams: Some(streams),
        client_publishes: Some(rate),
        client_burst: burst,
        ..Limits::default()
    }
}

/// A request of a client, as its proxy passes it on.
fn of(server: &Server, client: &str, method: &str, path: &str) -> RequestBuilder {
    server.request(method, path).header(FOR, client)
}

async fn sent(request: RequestBuilder) -> Response {
    within(request.send()).await.unwrap()
}

/// Publishes, and gives the status.
async fn publish(server: &Server, client: &str) -> u16 {
    let request = of(server, client, "POST", "/events/a").body("x");
    sent(request).await.status().as_u16()
}

/// Subscribes to something, in a form.
async fn subscribe(server: &Server, client: &str, accept: &str) -> Response {
    sent(of(server, client, "GET", SEEN).header("accept", accept)).await
}

/// A stream on which there is an event.
const SEEN: &str = "/events/seen?since=all";

const STREAM: &str = "text/event-stream";

/// Whether a stream says at once that there is no room, and when to come back, and ends.
async fn says_overload(response: Response) -> bool {
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()["content-type"], STREAM);
    // As a whole, as heartbeats would keep each single wait short.
    within(is_turned_away(response)).await
}

async fn is_turned_away(mut response: Response) -> bool {
    let mut said = String::new();
    while let Some(piece) = response.chunk().await.unwrap() {
        said += std::str::from_utf8(&piece).unwrap();
        // After what every stream begins with: an event, or the end.
        let is_event = |block: &str| !block.is_empty() && !block.contains("event: hub.");
        if said.split("\n\n").skip(1).any(is_event) {
            return false;
        }
    }
    let last = said.trim_end().rsplit("\n\n").next().unwrap();
    let lines = [
        "event: hub.close",
        "retry: 30000",
        "\"reason\":\"overload\"",
        "\"retry_after_ms\":30000",
    ];
    lines.iter().all(|line| last.contains(line))
}
