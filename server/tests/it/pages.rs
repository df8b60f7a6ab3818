//! The pages and their forms, as a browser without scripts has them.

mod inspect;
mod overview;
mod packed;
mod plain;
mod publish;
mod theme;
mod traversal;

use std::time::Duration;

use reqwest::Response;
use server::config::Config;
use server::limits::Limits;

use crate::support::{Server, problem, read_until, within};

const MIB: usize = 1024 * 1024;
const FORM: &str = "application/x-www-form-urlencoded";

async fn talk(server: &Server, form: String) -> Response {
    let request = server.request("POST", "/chat").header("content-type", FORM);
    within(request.body(form).send()).await.unwrap()
}

#[tokio::test]
async fn a_form_that_does_not_come_is_408() {
    let limits = Limits {
        body_timeout: Duration::from_millis(50),
        ..Limits::default()
    };
    let server = Server::with(Config {
        limits,
        ..Config::default()
    })
    .await;
    let head = format!(
        "POST /chat HTTP/1.1\r\nHost: localhost\r\nContent-Type: {FORM}\r\nContent-Length: 20\r\n\r\nuser=a"
    );
    let answer = read_until(&mut server.raw(head).await, "}").await;
    assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
}

#[tokio::test]
async fn a_form_that_is_too_long_is_413_in_words_of_the_message() {
    let server = Server::start().await;
    // The limit of a form leaves room for percent-encoding.
    let detail = problem(
        talk(&server, format!("user=a&msg={}", "x".repeat(4 * MIB))).await,
        413,
    );
    let detail = detail.await;
    assert!(
        detail.contains("the message is longer than 1048576 bytes"),
        "{detail}"
    );
    let page = talk(&server, format!("user=a&msg={}", "x".repeat(MIB + 1))).await;
    assert_eq!(page.status(), 413);
    let page = within(page.text()).await.unwrap();
    assert!(page.contains("the message is longer than 1048576 bytes"));
}

#[tokio::test]
async fn a_form_of_the_longest_message_is_said() {
    let server = Server::start().await;
    let said = talk(
        &server,
        format!("user=a&msg={}", "%C3%A9".repeat(MIB / 2 - 100)),
    )
    .await;
    assert_eq!(said.status(), 200, "after the redirect");
    assert!(
        said.url().as_str().ends_with("/chat?user=a"),
        "{}",
        said.url()
    );
}

#[tokio::test]
async fn a_page_is_bounded_whatever_was_said() {
    let server = Server::start().await;
    for _ in 0..60 {
        server.post("/post?user=a", "x".repeat(1_000_000)).await;
    }
    server.post("/post?user=a", "the newest").await;
    let page = within(server.get("/chat?user=a").await.text())
        .await
        .unwrap();
    assert!(page.len() < 2 * MIB, "{} bytes", page.len());
    assert!(page.contains("the newest") && page.contains("x … (1000000 bytes in all)"));
}

fn value<'a>(response: &'a Response, name: &str) -> &'a str {
    response
        .headers()
        .get(name)
        .map_or("", |value| value.to_str().unwrap())
}

/// Whether the assets are in the binary: they are built apart from it.
fn is_built(asset: &Response) -> bool {
    asset.status() != 404
}

#[tokio::test]
async fn pages_and_assets_are_for_their_own_origin() {
    let server = Server::start().await;
    let page = server.get("/chat").await;
    assert_eq!(value(&page, "cross-origin-opener-policy"), "same-origin");
    let icon = server.get("/icon.svg").await;
    let answers = [Some(page), is_built(&icon).then_some(icon)];
    for response in answers.into_iter().flatten() {
        let path = response.url().path().to_owned();
        assert_eq!(
            value(&response, "cross-origin-resource-policy"),
            "same-origin",
            "{path}"
        );
    }
}

#[tokio::test]
async fn an_asset_that_cannot_be_is_404_in_words() {
    let server = Server::start().await;
    for path in ["/pkg/%ff", "/pkg/%00", "/pkg/%2e%2e%2fCargo.toml", "/pkg/x"] {
        let detail = problem(server.get(path).await, 404).await;
        assert!(detail.contains("nothing is at"), "{detail}");
    }
}

#[tokio::test]
async fn an_asset_is_for_ever_under_its_own_version_only() {
    let server = Server::start().await;
    let icon = server.get("/icon.svg").await;
    if !is_built(&icon) {
        return;
    }
    assert_eq!(value(&icon, "cache-control"), "no-cache");
    let tag = value(&icon, "etag").trim_matches('"');
    let version = tag.split('-').next().unwrap();
    let own = server.get(&format!("/icon.svg?v={version}")).await;
    assert!(
        value(&own, "cache-control").contains("immutable"),
        "{own:?}"
    );
    for other in ["v=", "v=0000000000000000", "v", &format!("v={version}&x")] {
        let other = server.get(&format!("/icon.svg?{other}")).await;
        assert_eq!(
            value(&other, "cache-control"),
            "no-cache",
            "{}",
            other.url()
        );
    }
}

#[tokio::test]
async fn each_encoding_of_an_asset_has_its_own_tag() {
    let server = Server::start().await;
    let ask = async |headers: &[(&str, &str)]| {
        let mut request = server.request("GET", "/icon.svg");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        within(request.send()).await.unwrap()
    };
    let (plain, packed) = (
        ask(&[]).await,
        ask(&[("accept-encoding", "br, gzip")]).await,
    );
    if !is_built(&plain) {
        return;
    }
    // A build for development has no compressed copies.
    let is_packed = !value(&packed, "content-encoding").is_empty();
    let (plain, packed) = (value(&plain, "etag"), value(&packed, "etag"));
    assert_eq!(is_packed, plain != packed);
    assert_eq!(ask(&[("if-none-match", plain)]).await.status(), 304);
    let stale = ask(&[("accept-encoding", "br, gzip"), ("if-none-match", plain)]).await;
    assert_eq!(stale.status() == 304, !is_packed);
}

#[tokio::test]
async fn a_topics_page_comes_with_its_newest_events() {
    let server = Server::without_demo().await;
    for n in 0..102 {
        server.post("/events/a", format!("event {n};")).await;
    }
    server.post("/events/b", "elsewhere").await;
    let html = within(server.get("/topics?topic=a").await.text())
        .await
        .unwrap();
    assert!(html.contains("event 2;") && html.contains("event 101;"));
    assert!(!html.contains("event 1;") && !html.contains("elsewhere"));
    assert!(html.contains("<p class=\"older meta\">"));
    // The same page under its short name; several topics say which each event is of.
    let html = within(server.get("/topics/a").await.text()).await.unwrap();
    assert!(html.contains("event 101;"));
    let html = within(server.get("/topics?topic=*&topic=").await.text())
        .await
        .unwrap();
    assert!(html.contains("elsewhere") && html.contains("row-topic"));
}

#[tokio::test]
async fn a_wrong_topic_is_said_beside_its_field() {
    let server = Server::start().await;
    for path in [
        "/topics?topic=a*b",
        "/topics/a//b",
        "/topics?topic=%2Fa",
        "/topics?x=1",
    ] {
        let page = server.get(path).await;
        assert_eq!(page.status(), 400, "{path}");
        let html = within(page.text()).await.unwrap();
        assert!(html.contains("<form") && html.contains("refused"), "{path}");
    }
    let html = within(server.get("/topics?topic=a*b").await.text())
        .await
        .unwrap();
    assert!(
        html.contains("value=\"a*b\"") && html.contains("aria-invalid"),
        "{html}"
    );
    assert_eq!(server.get("/topics").await.status(), 200);
}

#[tokio::test]
async fn what_a_publisher_sends_stays_text_on_a_topics_page() {
    let server = Server::without_demo().await;
    let hostile = "<script>alert(1)</script></textarea><img src=x onerror=alert(2)>";
    let path = "/events?topic=%3Cb%3E&event=%3Ci%3E";
    assert_eq!(server.post(path, hostile).await.status(), 200);
    let html = within(server.get("/topics?topic=**").await.text())
        .await
        .unwrap();
    assert!(html.contains("&lt;img src=x"));
    for raw in ["<script>alert", "<img", "<b>", "<i>"] {
        assert!(!html.contains(raw), "{raw}");
    }
}

#[tokio::test]
async fn a_permalink_that_leads_nowhere_is_a_page_in_words() {
    let server = Server::without_demo().await;
    let posted = server.post("/events/a", "the newest").await;
    let posted: serde_json::Value = serde_json::from_slice(&posted.bytes().await.unwrap()).unwrap();
    let id = posted["id"].as_str().unwrap();
    assert_eq!(
        server
            .get(&format!("/topics?topic=a&at={id}"))
            .await
            .status(),
        200
    );
    for (at, status) in [("x", 400), ("%3Cscript%3E", 400), ("zzzzzzzz-1", 404)] {
        let page = server.get(&format!("/topics?topic=a&at={at}")).await;
        assert_eq!(page.status(), status, "{at}");
        let html = within(page.text()).await.unwrap();
        assert!(html.contains("the newest"), "{at}");
        assert!(html.contains("the newest events are shown") || status == 400);
        assert!(!html.contains("<script>"), "{at}");
    }
}

#[tokio::test]
async fn what_stands_in_an_address_stays_text_in_a_box() {
    let server = Server::start().await;
    let page = server.get("/learn?bytes=%3C/textarea%3E%3Cb%3Ex").await;
    let html = within(page.text()).await.unwrap();
    assert!(html.contains("&lt;/textarea") && !html.contains("</textarea><b>"));
}
