//! The pages and their forms, as a browser without scripts has them.

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
