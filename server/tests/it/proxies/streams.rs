//! What a proxy does to a stream.

use std::time::Duration;

use server::config::Config;
use server::limits::Limits;

use super::curl::{Curl, VERSIONS};
use super::proxy::{DEFAULT, DOCUMENTED, Proxy, Setup};
use crate::support::{Server, answer, within};

/// Nothing that a server sends by itself makes a proxy let go of what it holds back.
const NO_HEARTBEAT: Duration = Duration::from_secs(3600);

pub(super) async fn server(heartbeat: Duration) -> Server {
    Server::with(config(heartbeat)).await
}

pub(super) fn config(heartbeat: Duration) -> Config {
    Config {
        demo: false,
        limits: Limits {
            heartbeat,
            ..Limits::default()
        },
        ..Config::default()
    }
}

/// A stream that has begun, and how its answer begins.
pub(super) fn stream(proxy: &Proxy, version: &str, topic: &str) -> (Curl, String) {
    let url = proxy.url(&format!("/events?topic={topic}"));
    let accept = "Accept: text/event-stream";
    let mut stream = Curl::start(&[
        version,
        "-H",
        accept,
        "-H",
        "Accept-Encoding: gzip, deflate, br, zstd",
        &url,
    ]);
    let head = stream.head();
    stream.until("event: hub.open");
    (stream, head)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_comes_through_a_proxy_with_nothing_behind_it_and_not_compressed() {
    let server = server(NO_HEARTBEAT).await;
    let eager = DOCUMENTED[0].around("gzip_types *; gzip_proxied any; gzip_min_length 0;");
    for setup in [&DEFAULT[..], &DOCUMENTED, &[eager]].concat() {
        let Some(proxy) = Proxy::start(setup, server.addr) else {
            continue;
        };
        for version in VERSIONS {
            let (mut stream, head) = stream(&proxy, version, "a");
            assert!(head.contains("content-type: text/event-stream\n"), "{head}");
            assert!(!head.contains("content-encoding"), "{setup:?}: {head}");
            for data in ["first", "second"] {
                server.post("/events?topic=a", data).await;
                stream.until(&format!("data: {data}"));
            }
        }
    }
}

/// Proxies that cut a connection on which nothing comes for 4 s; by themselves they wait for 50 or 60 s.
const IMPATIENT: [Setup; 5] = [
    DEFAULT[0].around("proxy_read_timeout 4s; send_timeout 4s;"),
    DEFAULT[1].change("s/(client|server) 50s/\\1 4s/"),
    DOCUMENTED[0].change("s/proxy_read_timeout 60s/proxy_read_timeout 4s/"),
    DOCUMENTED[1].change("s/timeout server 60s/timeout server 4s/"),
    // Caddy has no such time; it is here for whoever gives it one.
    DOCUMENTED[2],
];

#[tokio::test(flavor = "multi_thread")]
async fn heartbeats_keep_a_quiet_stream_from_being_cut() {
    let usual = Limits::default().heartbeat;
    assert!(
        2 * usual <= Duration::from_secs(30),
        "half of what any waits"
    );
    let server = server(Duration::from_secs(1)).await;
    let proxies = IMPATIENT.map(|setup| Proxy::start(setup, server.addr));
    let mut streams: Vec<_> = proxies
        .iter()
        .flatten()
        .flat_map(|proxy| VERSIONS.map(|version| stream(proxy, version, "a").0))
        .collect();
    // Together: they are quiet at the same time.
    for stream in &mut streams {
        for _ in 0..6 {
            stream.until("event: hub.beat");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_leaves_is_not_kept_by_the_proxy() {
    // By itself haproxy notices when two heartbeats could not be written.
    let (quiet, beating) = (NO_HEARTBEAT, Duration::from_secs(1));
    for (setups, heartbeat) in [(DOCUMENTED, quiet), (DEFAULT, beating)] {
        let server = server(heartbeat).await;
        for setup in setups {
            let Some(proxy) = Proxy::start(setup, server.addr) else {
                continue;
            };
            let streams = VERSIONS.map(|version| stream(&proxy, version, "a"));
            assert_eq!(subscribers(&server).await, 2, "{setup:?}");
            drop(streams);
            within(async { while subscribers(&server).await > 0 {} }).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_cannot_claim_an_address_through_a_proxy() {
    let server = Server::with(Config {
        trusted_proxies: vec!["127.0.0.1".parse().unwrap()],
        ..config(NO_HEARTBEAT)
    })
    .await;
    for setup in DOCUMENTED {
        let Some(proxy) = Proxy::start(setup, server.addr) else {
            continue;
        };
        let mut stream = Curl::start(&[
            "-H",
            "X-Forwarded-For: 192.0.2.9",
            "-H",
            "Forwarded: for=192.0.2.9",
            &proxy.url("/events?topic=a"),
        ]);
        stream.until("event: hub.open");
        let listed = answer(server.get("/api/subscribers").await).await;
        // Without a port: it is the proxy's word, and not the proxy's own address.
        let remote = &listed["subscribers"][0]["remote"];
        assert_eq!(remote, "127.0.0.1", "{setup:?}");
        drop(stream);
        within(async { while subscribers(&server).await > 0 {} }).await;
    }
}

async fn subscribers(server: &Server) -> usize {
    let answer = answer(server.get("/api/subscribers").await).await;
    answer["subscribers"].as_array().unwrap().len()
}
