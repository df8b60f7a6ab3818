//! `GET /tickertape.js`: the client script, which any page may load.

use std::io::Read;

use reqwest::{Response, StatusCode};
use server::config::Config;

use crate::support::{Server, problem, within};

const SCRIPT: &str = include_str!("../../client/tickertape.js");

async fn ask(server: &Server, method: &str, headers: &[(&str, &str)]) -> Response {
    let mut request = server.request(method, "/tickertape.js");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    within(request.send()).await.unwrap()
}

fn header<'a>(response: &'a Response, name: &str) -> Option<&'a str> {
    response.headers().get(name)?.to_str().ok()
}

#[tokio::test]
async fn a_page_of_any_origin_may_load_it_without_the_demo_too() {
    let server = Server::without_demo().await;
    for origin in ["https://elsewhere.example", "null"] {
        let response = ask(&server, "GET", &[("origin", origin)]).await;
        assert_eq!(response.status(), 200);
        for (name, value) in [
            ("content-type", "text/javascript; charset=utf-8"),
            ("access-control-allow-origin", "*"),
            ("cross-origin-resource-policy", "cross-origin"),
            ("x-content-type-options", "nosniff"),
            ("cache-control", "public, max-age=300"),
            ("vary", "Accept-Encoding"),
        ] {
            assert_eq!(header(&response, name), Some(value), "{name}");
        }
        assert_eq!(header(&response, "access-control-allow-credentials"), None);
        assert_eq!(response.text().await.unwrap(), SCRIPT);
    }
}

#[tokio::test]
async fn a_listed_page_may_load_it_with_credentials() {
    const LISTED: &str = "https://app.example";
    let cors_origins = vec![LISTED.parse().unwrap()];
    let server = Server::with(Config {
        cors_origins,
        ..Config::default()
    })
    .await;
    let response = ask(&server, "GET", &[("origin", LISTED)]).await;
    assert_eq!(
        header(&response, "access-control-allow-origin"),
        Some(LISTED)
    );
    let vary = response.headers().get_all("vary").iter();
    let vary: Vec<_> = vary.map(|value| value.to_str().unwrap()).collect();
    assert_eq!(vary, ["Accept-Encoding", "origin"]);
}

#[tokio::test]
async fn compressed_it_is_the_same_bytes_under_another_tag() {
    let server = Server::start().await;
    let plain = ask(&server, "GET", &[("accept-encoding", "gzip;q=0")]).await;
    assert_eq!(header(&plain, "content-encoding"), None);
    let gzip = ask(&server, "GET", &[("accept-encoding", "br, gzip")]).await;
    assert_eq!(header(&gzip, "content-encoding"), Some("gzip"));
    assert_ne!(header(&plain, "etag"), header(&gzip, "etag"));
    let bytes = gzip.bytes().await.unwrap();
    let mut text = String::new();
    flate2::read::GzDecoder::new(&*bytes)
        .read_to_string(&mut text)
        .unwrap();
    assert_eq!(text, SCRIPT);
}

#[tokio::test]
async fn who_has_it_is_not_sent_it_again() {
    let server = Server::start().await;
    let etag = header(&ask(&server, "GET", &[]).await, "etag")
        .unwrap()
        .to_owned();
    for held in [
        etag.clone(),
        format!("W/{etag}"),
        format!("\"a\", {etag}"),
        "*".into(),
    ] {
        let response = ask(&server, "GET", &[("if-none-match", &held)]).await;
        assert_eq!(response.status(), StatusCode::NOT_MODIFIED, "{held}");
        assert_eq!(header(&response, "etag"), Some(&*etag));
        assert_eq!(response.text().await.unwrap(), "");
    }
    let other = ask(&server, "GET", &[("if-none-match", "\"a\"")]).await;
    assert_eq!(other.status(), 200);
}

#[tokio::test]
async fn its_headers_can_be_asked_for_and_nothing_can_be_sent_to_it() {
    let server = Server::start().await;
    let head = ask(&server, "HEAD", &[]).await;
    assert_eq!(head.status(), 200);
    let length = SCRIPT.len().to_string();
    assert_eq!(header(&head, "content-length"), Some(&*length));
    assert_eq!(head.text().await.unwrap(), "");
    let refused = ask(&server, "POST", &[]).await;
    assert_eq!(header(&refused, "allow"), Some("GET,HEAD"));
    problem(refused, 405).await;
}
