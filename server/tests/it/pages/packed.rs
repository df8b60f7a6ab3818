//! What a page takes on its way.

use std::io::Read;

use flate2::read::GzDecoder;
use reqwest::Response;

use super::value;
use crate::support::{Server, within};

/// The most that a topic's page with its events may have, in bytes as sent.
const BUDGET: usize = 15 * 1024;

async fn ask(server: &Server, path: &str, encodings: &str) -> Response {
    let request = server
        .request("GET", path)
        .header("accept-encoding", encodings);
    within(request.send()).await.unwrap()
}

#[tokio::test]
async fn a_page_with_a_hundred_events_is_small() {
    let server = Server::without_demo().await;
    for n in 0..100_u64 {
        let random = n.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let data = format!(
            "{{\"order\":{},\"customer\":\"{random:016x}\",\"status\":\"paid\",\"total\":{}.{:02},\"currency\":\"EUR\",\"at\":{n}}}",
            9000 + n,
            random % 900,
            random % 100
        );
        assert!((90..110).contains(&data.len()), "{}", data.len());
        server.post("/events?topic=orders&event=order", data).await;
    }
    for encodings in ["gzip", "br, gzip"] {
        let page = ask(&server, "/topics?topic=orders", encodings).await;
        let packed = within(page.bytes()).await.unwrap();
        println!("{encodings}: {} bytes", packed.len());
        assert!(
            packed.len() <= BUDGET,
            "{encodings}: {} bytes",
            packed.len()
        );
    }
}

#[tokio::test]
async fn pages_are_packed_as_the_browser_can_read_them() {
    let server = Server::start().await;
    for path in [
        "/",
        "/topics?topic=ticker",
        "/learn",
        "/inspect?url=/events",
        "/chat",
        "/topics?topic=a&view=plain",
    ] {
        let plain = ask(&server, path, "identity").await;
        assert_eq!(value(&plain, "content-encoding"), "", "{path}");
        assert_eq!(value(&plain, "vary"), "accept-encoding", "{path}");
        let policy = value(&plain, "content-security-policy").to_owned();
        assert!(
            policy.starts_with("default-src 'none'; script-src 'nonce-"),
            "{policy}"
        );
        for (encodings, chosen) in [
            ("gzip, deflate, br, zstd", "br"),
            ("gzip", "gzip"),
            ("br;q=0, gzip", "gzip"),
        ] {
            let packed = ask(&server, path, encodings).await;
            assert_eq!(value(&packed, "content-encoding"), chosen, "{path}");
            assert_eq!(value(&packed, "vary"), "accept-encoding", "{path}");
            assert_eq!(value(&packed, "cache-control"), "no-store", "{path}");
        }
    }
    let packed = ask(&server, "/chat", "gzip").await;
    let packed = within(packed.bytes()).await.unwrap();
    let mut html = String::new();
    GzDecoder::new(&*packed).read_to_string(&mut html).unwrap();
    assert!(html.contains("</html>"));
}

#[tokio::test]
async fn streams_and_assets_are_left_as_they_are() {
    let server = Server::start().await;
    for path in [
        "/events?topic=ticker",
        "/sse/time?count=3",
        "/sse/connect?user=a",
        "/api/topics",
    ] {
        let answer = ask(&server, path, "br, gzip").await;
        assert_eq!(value(&answer, "content-encoding"), "", "{path}");
    }
}
