//! `GET /metrics`: what is told, to whom, and that it is what happened.

mod documents;
mod gaps;
pub(crate) mod scrape;

use std::collections::BTreeMap;

use server::config::Config;
use server::limits::Limits;
use server::tls::Tls;
use tokio::io::AsyncWriteExt;

use self::scrape::Scrape;
use crate::program::{ask, start};
use crate::secure::Authority;
use crate::support::{Server, answer, problem, read_to_end, read_until, within};

/// A server without the demo, whose ticker would publish by itself.
async fn quiet() -> Server {
    Server::without_demo().await
}

async fn scrape(server: &Server) -> Scrape {
    Scrape::of(server.get("/metrics").await).await
}

#[tokio::test]
async fn it_is_prometheus_text_in_which_every_name_is_ours_and_says_what_it_is() {
    let server = quiet().await;
    let response = server.get("/metrics").await;
    let kind = response.headers()["content-type"].to_str().unwrap();
    assert_eq!(kind, "text/plain; version=0.0.4; charset=utf-8");
    assert_eq!(response.headers()["cache-control"], "no-store");
    let scrape = Scrape::of(response).await;
    assert!(scrape.families().len() > 30, "{:?}", scrape.families());
    for (name, kind) in scrape.families() {
        assert!(name.starts_with("tickertape_"), "{name}");
        assert_eq!(
            name.ends_with("_total"),
            kind == "counter",
            "{name}: {kind}"
        );
        if kind == "histogram" {
            assert!(name.ends_with("_seconds"), "{name}");
        }
    }
    let version = [("version", env!("CARGO_PKG_VERSION"))];
    assert_eq!(scrape.value("tickertape_build_info", &version), 1.0);
}

#[tokio::test]
async fn what_may_happen_is_there_with_0_before_it_does() {
    let scrape = scrape(&quiet().await).await;
    for reason in [
        "trimmed",
        "deleted",
        "damaged",
        "unknown-id",
        "epoch-changed",
    ] {
        let gaps = scrape.value("tickertape_gaps_total", &[("reason", reason)]);
        assert_eq!(gaps, 0.0, "{reason}");
    }
    for reason in ["shutdown", "expired", "slow", "overload"] {
        let closed = scrape.value("tickertape_streams_closed_total", &[("reason", reason)]);
        assert_eq!(closed, 0.0, "{reason}");
    }
    for format in ["event-stream", "envelope", "ndjson", "poll"] {
        let many = scrape.value("tickertape_subscribers", &[("format", format)]);
        assert_eq!(many, 0.0, "{format}");
    }
    for (status, reason) in [
        ("421", "host"),
        ("403", "origin"),
        ("401", "token"),
        ("403", "right"),
        ("429", "rate"),
        ("413", "too-large"),
        ("507", "disk-full"),
        ("503", "read-only"),
        ("503", "overload"),
    ] {
        let labels = [("status", status), ("reason", reason)];
        let refused = scrape.value("tickertape_refused_requests_total", &labels);
        assert_eq!(refused, 0.0, "{reason}");
    }
}

#[tokio::test]
async fn events_in_and_out_and_who_is_there_are_told() {
    let server = quiet().await;
    let host = format!("Host: {}", server.addr);
    let mut stream = server
        .raw(format!("GET /events/a HTTP/1.0\r\n{host}\r\n\r\n"))
        .await;
    read_until(&mut stream, "hub.open").await;
    for n in 0..3 {
        answer(server.post("/events/a", format!("datum {n}")).await).await;
    }
    read_until(&mut stream, "datum 2").await;
    answer(server.post("/lines/b", "x\ny\n").await).await;
    let scrape = scrape(&server).await;
    let of = |name: &str| scrape.value(name, &[]);
    assert_eq!(of("tickertape_published_events_total"), 5.0);
    assert_eq!(of("tickertape_published_bytes_total"), 23.0);
    assert_eq!(of("tickertape_delivered_events_total"), 3.0);
    assert_eq!(of("tickertape_delivered_bytes_total"), 21.0);
    assert_eq!(of("tickertape_publish_duration_seconds_count"), 4.0);
    let samples = of("tickertape_delivery_duration_seconds_count");
    assert!((1.0..=3.0).contains(&samples), "one at a time: {samples}");
    assert_eq!(of("tickertape_log_events"), 5.0);
    assert_eq!(of("tickertape_log_topics"), 2.0);
    assert_eq!(of("tickertape_log_first_seq"), 1.0);
    assert_eq!(of("tickertape_log_last_seq"), 5.0);
    let format = [("format", "event-stream")];
    assert_eq!(scrape.value("tickertape_subscribers", &format), 1.0);
    assert!(of("tickertape_connections_open") >= 2.0);
    assert!(of("tickertape_process_resident_memory_bytes") > 1e6);
    assert!(of("tickertape_process_open_fds") < of("tickertape_process_max_fds"));
}

#[tokio::test]
async fn connections_are_counted_until_they_end() {
    let server = quiet().await;
    let opened = async || {
        let scrape = scrape(&server).await;
        let of = |name| scrape.value(name, &[]);
        [
            of("tickertape_connections_accepted_total"),
            of("tickertape_connections_open"),
        ]
    };
    let [accepted, open] = opened().await;
    let streams = [server.raw("").await, server.raw("").await];
    within(async { while opened().await != [accepted + 2.0, open + 2.0] {} }).await;
    drop(streams);
    within(async { while opened().await != [accepted + 2.0, open] {} }).await;
}

#[tokio::test]
async fn requests_are_counted_by_route_and_never_by_what_a_client_chose() {
    let server = quiet().await;
    let marks = ["Zebra", "zebra", "ZEBRA"];
    for path in [
        "/events/Zebra?poll=1",
        "/events?topic=Zebra&poll=1&last_event_id=zebra-1",
        "/topics/Zebra",
        "/nowhere/Zebra",
        "/pkg/Zebra",
        "/lines/Zebra?key=Zebra",
    ] {
        drop(server.get(path).await);
    }
    let odd = server.request("ZEBRA", "/events/Zebra");
    within(odd.header("zebra", "zebra").send()).await.unwrap();
    answer(
        server
            .post("/events/Zebra?event=Zebra&key=Zebra", "Zebra")
            .await,
    )
    .await;
    let scrape = scrape(&server).await;
    for mark in marks {
        assert!(!scrape.text().contains(mark), "{}", scrape.text());
    }
    let count = |route, method, status| {
        let labels = [("route", route), ("method", method), ("status", status)];
        scrape.value("tickertape_http_requests_total", &labels)
    };
    assert_eq!(count("/events/{*topic}", "GET", "2xx"), 1.0);
    assert_eq!(count("/events/{*topic}", "POST", "2xx"), 1.0);
    assert_eq!(count("/events/{*topic}", "other", "4xx"), 1.0);
    assert_eq!(count("/events", "GET", "2xx"), 1.0);
    assert_eq!(count("unmatched", "GET", "4xx"), 1.0);
    let took = [("route", "/events/{*topic}")];
    let took = scrape.value("tickertape_http_request_duration_seconds_count", &took);
    assert_eq!(took, 3.0);
}

/// How many requests were refused, by status and reason, of those that were.
async fn refused(server: &Server) -> BTreeMap<(String, String), f64> {
    let scrape = scrape(server).await;
    let samples = scrape.samples("tickertape_refused_requests_total");
    let of = |(labels, count): (&BTreeMap<String, String>, f64)| {
        ((labels["status"].clone(), labels["reason"].clone()), count)
    };
    samples.map(of).filter(|(_, count)| *count > 0.0).collect()
}

#[tokio::test]
async fn each_refusal_is_counted_once_by_its_reason() {
    let server = Server::with(Config {
        demo: false,
        limits: Limits {
            event: 10,
            request: 100,
            ..Limits::default()
        },
        ..Config::default()
    })
    .await;
    let mut expected = BTreeMap::new();
    let mut refuse = async |status: u16, reason: &str, request: reqwest::RequestBuilder| {
        problem(within(request.send()).await.unwrap(), status).await;
        *expected
            .entry((status.to_string(), reason.to_owned()))
            .or_insert(0.0) += 1.0;
        assert_eq!(refused(&server).await, expected, "after {status} {reason}");
    };
    let ask = |method: &str, path: &str| server.request(method, path);
    refuse(404, "not-found", ask("GET", "/nowhere")).await;
    refuse(405, "method", ask("DELETE", "/healthz")).await;
    refuse(400, "malformed", ask("GET", "/events?topic=a*b")).await;
    refuse(
        400,
        "malformed",
        ask("POST", "/events/a?retry=no").body("x"),
    )
    .await;
    let long = "x".repeat(11);
    refuse(
        413,
        "too-large",
        ask("POST", "/events/a").body(long.clone()),
    )
    .await;
    refuse(413, "too-large", ask("POST", "/lines/a").body(long)).await;
    refuse(
        415,
        "media-type",
        ask("POST", "/events").header("content-type", "text/plain"),
    )
    .await;
    let rebound = ask("GET", "/").header("host", "evil.example");
    refuse(421, "host", rebound).await;
    let foreign = ask("POST", "/events/a").header("origin", "https://evil.example");
    refuse(403, "origin", foreign.body("x")).await;
    let keyed = |data: &'static str| ask("POST", "/events/a?key=k").body(data);
    within(keyed("one").send()).await.unwrap();
    refuse(422, "key-reused", keyed("two")).await;
}

#[tokio::test]
async fn at_an_address_of_its_own_it_is_nowhere_else() {
    let server = Server::with_metrics(Config::default()).await;
    let detail = problem(server.get("/metrics").await, 404).await;
    assert!(detail.contains("--metrics-addr"), "{detail}");
    let apart = server.metrics().await;
    assert!(apart.value("tickertape_uptime_seconds", &[]) >= 0.0);
    for path in ["/healthz", "/readyz"] {
        assert_eq!(server.get_metrics(path).await.status(), 200, "{path}");
    }
    for path in ["/", "/events?topic=a", "/api/stats", "/post"] {
        problem(server.get_metrics(path).await, 404).await;
    }
    let refused = server.metrics_request("GET", "/metrics");
    let refused = refused.header("host", "evil.example").send();
    problem(within(refused).await.unwrap(), 421).await;
    let changed = server.metrics_request("POST", "/metrics").send();
    problem(within(changed).await.unwrap(), 405).await;
}

#[tokio::test]
async fn at_an_address_of_its_own_it_answers_while_the_main_one_takes_no_more() {
    let server = Server::with_metrics(Config {
        demo: false,
        limits: Limits {
            connections: 2,
            ..Limits::default()
        },
        ..Config::default()
    })
    .await;
    let _held = [server.raw("").await, server.raw("").await];
    let full = async || {
        let scrape = server.metrics().await;
        let of = |name| scrape.value(name, &[]);
        of("tickertape_connections_open") == of("tickertape_connections_limit")
    };
    within(async { while !full().await {} }).await;
    assert_eq!(server.get_metrics("/readyz").await.status(), 200);
}

#[tokio::test]
async fn a_stream_for_which_there_is_no_room_is_counted_though_it_is_a_200() {
    let server = Server::with_metrics(Config {
        demo: false,
        limits: Limits {
            connections: 1,
            ..Limits::default()
        },
        ..Config::default()
    })
    .await;
    let mut held = server
        .raw("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
        .await;
    read_until(&mut held, "ok\n").await;
    for round in 1..=2 {
        let head = format!("GET /events/a HTTP/1.0\r\nHost: {}\r\n\r\n", server.addr);
        let said = read_to_end(&mut server.raw(head).await).await;
        assert!(
            said.contains("hub.close") && said.contains("overload"),
            "{said}"
        );
        let scrape = server.metrics().await;
        let closed = scrape.value("tickertape_streams_closed_total", &[("reason", "overload")]);
        let labels = [("status", "503"), ("reason", "overload")];
        let refused = scrape.value("tickertape_refused_requests_total", &labels);
        assert_eq!((closed, refused), (f64::from(round), f64::from(round)));
    }
}

#[tokio::test]
async fn when_the_certificate_ends_is_told_and_of_a_new_one_at_once() {
    let authority = Authority::new();
    let tls = Tls::open(authority.files(1)).unwrap();
    let server = Server::with_metrics(Config {
        tls: Some(tls.clone()),
        ..Config::default()
    })
    .await;
    let ends = async || {
        let scrape = server.metrics().await;
        scrape.value("tickertape_certificate_expiry_timestamp_seconds", &[])
    };
    // The day on which rcgen lets end what is given no time.
    const FOR_EVER: f64 = 67_090_118_400.0 - 24.0 * 3600.0;
    assert!(ends().await >= FOR_EVER, "{}", ends().await);
    authority.files_until(2, 2031, 2, 3);
    tls.reload().unwrap();
    // 3 February 2031.
    assert_eq!(ends().await, 1_927_843_200.0);
}

#[tokio::test]
async fn it_ends_with_the_server() {
    let mut server = Server::with_metrics(Config::default()).await;
    let addr = server.metrics_addr.unwrap();
    let mut idle = tokio::net::TcpStream::connect(addr).await.unwrap();
    idle.write_all(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
        .await
        .unwrap();
    read_until(&mut idle, "ok\n").await;
    server.ask_to_stop();
    server.stopped().await;
    let refused = tokio::net::TcpStream::connect(addr).await;
    assert!(refused.is_err(), "it still listens");
}

#[test]
fn who_may_not_observe_is_not_told() {
    let args = ["serve", "--ephemeral", "--addr", "127.0.0.1:0"];
    let open = ["--public-read", "**", "--public-write", "**"];
    let (mut child, addr, _) = start(&[&args[..], &open].concat());
    for token in ["", "Authorization: Bearer a.b.c\r\n"] {
        let request = format!("GET /metrics HTTP/1.0\r\nHost: localhost\r\n{token}\r\n");
        let answer = ask(&addr, &request);
        assert!(answer.starts_with("HTTP/1.0 401 "), "{answer}");
        assert!(!answer.contains("tickertape_"), "{answer}");
    }
    child.kill().unwrap();
    child.wait().unwrap();
}
