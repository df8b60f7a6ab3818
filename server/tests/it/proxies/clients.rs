//! Who a proxy's clients are.

use server::config::Config;
use server::limits::Limits;

use super::curl::Curl;
use super::proxy::{DEFAULT, DOCUMENTED, Proxy};
use crate::support::{Server, answer};

async fn server(trusted: &[&str]) -> Server {
    Server::with(Config {
        demo: false,
        hosts: vec!["hub.example".parse().unwrap()],
        trusted_proxies: trusted.iter().map(|proxy| proxy.parse().unwrap()).collect(),
        limits: Limits {
            client_publishes: Some(1),
            client_burst: 1,
            ..Limits::default()
        },
        ..Config::default()
    })
    .await
}

/// Publishes more than there is for some minutes, and then once more.
fn publish_too_much(proxy: &Proxy, name: &str) -> [String; 2] {
    let many = format!("[{}]", vec!["{\"topic\":\"a\"}"; 500].join(","));
    let url = proxy.url("/events");
    let ask = |body: &str| {
        Curl::status(&[
            "-H",
            name,
            "-H",
            "Content-Type: application/json",
            "-d",
            body,
            &url,
        ])
    };
    [ask(&many), ask("{\"topic\":\"a\"}")]
}

#[tokio::test(flavor = "multi_thread")]
async fn those_of_a_proxy_that_nobody_named_and_that_names_nobody_are_counted() {
    for setup in DEFAULT {
        let server = server(&[]).await;
        let Some(proxy) = Proxy::start(setup, server.addr) else {
            continue;
        };
        // haproxy adds nothing, but passes on the name; nginx replaces it; Caddy answers to its own alone.
        let name = match setup.file.ends_with("haproxy.cfg") {
            true => "Host: hub.example",
            false => "Accept: */*",
        };
        assert_eq!(publish_too_much(&proxy, name), ["200", "429"], "{setup:?}");
        // A program on this machine is none of them.
        assert_eq!(server.post("/events/a", "x").await.status(), 200);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trusted_one_says_who_asks_and_how_whatever_its_client_says() {
    for setup in DOCUMENTED {
        let server = server(&["127.0.0.1"]).await;
        let Some(proxy) = Proxy::start(setup, server.addr) else {
            continue;
        };
        let forged = [
            "-H",
            "X-Forwarded-For: 198.51.100.7",
            "-H",
            "Forwarded: for=198.51.100.7;proto=http",
            "-H",
            "X-Real-IP: 198.51.100.7",
        ];
        let url = proxy.url("/events?topic=a");
        let mut stream = Curl::start(&[&forged[..], &[&url]].concat());
        stream.until("event: hub.open");
        let list = answer(server.get("/api/subscribers").await).await;
        let remote = list["subscribers"][0]["remote"].as_str().unwrap();
        assert!(remote.starts_with("127.0.0.1"), "{setup:?}: {remote}");
        let page = Curl::ask(&[&proxy.url("/topics?topic=a")]);
        assert!(page.body.contains(&proxy.url("")), "{setup:?}");
        assert_eq!(
            publish_too_much(&proxy, forged[1]),
            ["200", "429"],
            "{setup:?}"
        );
    }
}
