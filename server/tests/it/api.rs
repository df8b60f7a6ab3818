//! `/api/topics`, `/api/subscribers`, `/api/stats`, and whether the server is ready.

use reqwest::Response;
use serde_json::{Value, json};
use server::config::Config;

use crate::support::{Blocks, Server, answer, field, problem, within};

async fn ask(server: &Server, path: &str) -> Value {
    let response = server.get(path).await;
    assert_eq!(response.headers()["cache-control"], "no-store");
    answer(response).await
}

fn texts<'a>(list: &'a Value, member: &str) -> Vec<&'a str> {
    let entries = list.as_array().unwrap().iter();
    entries
        .map(|entry| entry[member].as_str().unwrap())
        .collect()
}

/// A stream that is open: its first event has come.
async fn follow(server: &Server, path: &str, accept: &str) -> Response {
    let request = server.request("GET", path).header("accept", accept);
    let mut response = within(request.send()).await.unwrap();
    within(response.chunk()).await.unwrap();
    response
}

#[tokio::test]
async fn topics_come_in_pages_with_what_is_kept_of_each() {
    let server = Server::without_demo().await;
    for topic in ["b", "a/2", "a/1"] {
        server.post(&format!("/events/{topic}"), "12345").await;
    }
    server.post("/events/a/1", "").await;
    let first = ask(&server, "/api/topics?limit=2").await;
    assert_eq!(texts(&first["topics"], "topic"), ["a/1", "a/2"]);
    assert_eq!(first["next"], "a/2");
    let last = ask(&server, "/api/topics?limit=2&after=a/2").await;
    assert_eq!(texts(&last["topics"], "topic"), ["b"]);
    assert_eq!(last["next"], Value::Null);
    let by_prefix = ask(&server, "/api/topics?prefix=a%2F").await;
    assert_eq!(texts(&by_prefix["topics"], "topic"), ["a/1", "a/2"]);

    let mut topic = first["topics"][0].clone();
    let (id, time) = (topic["first_id"].take(), topic["last_time"].take());
    let epoch = id.as_str().unwrap().strip_suffix("-3").unwrap();
    chrono::DateTime::parse_from_rfc3339(time.as_str().unwrap()).unwrap();
    let rate = topic["rate"].take().as_f64().unwrap();
    assert!((0.03..=0.034).contains(&rate), "{rate}");
    assert_eq!(
        topic,
        json!({
            "topic": "a/1", "events": 2, "bytes": 2 * (192 + 3) + 5, "rate": null, "subscribers": 0,
            "first_id": null, "last_id": format!("{epoch}-4"), "last_time": null,
        })
    );
}

#[tokio::test]
async fn one_topic_is_there_or_404() {
    let server = Server::without_demo().await;
    let _pattern = follow(&server, "/events/orders/*", "*/*").await;
    problem(server.get("/api/topics?topic=orders/1").await, 404).await;
    server.post("/events/orders/1", "x").await;
    let one = ask(&server, "/api/topics?topic=orders%2F1").await;
    assert_eq!(texts(&one["topics"], "topic"), ["orders/1"]);
    assert_eq!(one["topics"][0]["subscribers"], 1);
    assert_eq!(one["next"], Value::Null);
}

#[tokio::test]
async fn what_is_wrong_with_a_question_is_named() {
    let server = Server::without_demo().await;
    for (path, named) in [
        ("/api/topics?page=2", "\"page\""),
        ("/api/topics?limit=0", "`limit`"),
        ("/api/topics?limit=1001", "1 to 1000"),
        ("/api/topics?limit=1&limit=2", "`limit`"),
        ("/api/topics?topic=a*", "`topic`"),
        ("/api/topics?topic=", "`topic`"),
        ("/api/topics?topic=a&prefix=b", "`prefix`"),
        ("/api/topics?topic=a&contains=b", "`contains`"),
        ("/api/subscribers?prefix=a", "\"prefix\""),
        ("/api/subscribers?after=x", "`after`"),
        ("/api/subscribers?after=", "`after`"),
        ("/api/subscribers?limit=-1", "`limit`"),
        ("/api/stats?every=1", "\"every\""),
    ] {
        let detail = problem(server.get(path).await, 400).await;
        assert!(detail.contains(named), "{path}: {detail}");
    }
    for path in ["/api/topics", "/api/subscribers", "/api/stats"] {
        let response = server.request("POST", path).send().await.unwrap();
        assert_eq!(response.headers()["allow"], "GET,HEAD");
        problem(response, 405).await;
    }
}

#[tokio::test]
async fn subscribers_are_listed_as_they_came_and_leave_with_their_connection() {
    let server = Server::without_demo().await;
    let first = follow(&server, "/events?topic=a&topic=b/*", "*/*").await;
    let _second = follow(&server, "/events/a?envelope=1", "*/*").await;
    let _third = follow(&server, "/events/a", "application/x-ndjson").await;
    let page = ask(&server, "/api/subscribers?limit=2").await;
    let (one, two) = (&page["subscribers"][0], &page["subscribers"][1]);
    assert_eq!(one["selectors"], json!(["a", "b/*"]));
    assert_eq!(
        [&one["format"], &two["format"]],
        ["event-stream", "envelope"]
    );
    let remote: std::net::SocketAddr = one["remote"].as_str().unwrap().parse().unwrap();
    assert!(remote.ip().is_loopback() && remote.port() != server.addr.port());
    chrono::DateTime::parse_from_rfc3339(one["since"].as_str().unwrap()).unwrap();
    assert!(one["cursor"].as_str().unwrap().ends_with("-0"));
    assert_eq!((&page["next"], &one["behind"]), (&two["id"], &json!(0)));
    let after = page["next"].as_str().unwrap();
    let rest = ask(&server, &format!("/api/subscribers?after={after}")).await;
    assert_eq!(texts(&rest["subscribers"], "format"), ["ndjson"]);
    assert_eq!(rest["next"], Value::Null);
    let gone = one["id"].clone();
    drop(first);
    within(async {
        while ask(&server, "/api/subscribers").await["subscribers"][0]["id"] == gone {
            tokio::task::yield_now().await;
        }
    })
    .await;
}

#[tokio::test]
async fn the_figures_add_up() {
    let server = Server::without_demo().await;
    let before = ask(&server, "/api/stats").await;
    assert_eq!(before["first_id"], Value::Null);
    let mut stream = follow(&server, "/events/a?last_event_id=garbage", "*/*").await;
    for data in ["123", "45"] {
        server.post("/events/a", data).await;
    }
    server.post("/events/b", "6").await;
    let mut seen = String::new();
    while !seen.contains("data: 45") {
        let piece = within(stream.chunk()).await.unwrap().unwrap();
        seen.push_str(std::str::from_utf8(&piece).unwrap());
    }
    let mut stats = ask(&server, "/api/stats").await;
    let epoch = stats["epoch"].as_str().unwrap().to_owned();
    assert!(stats["uptime_s"].take().is_u64());
    assert_eq!(
        stats,
        json!({
            "epoch": epoch, "first_id": format!("{epoch}-1"), "last_id": format!("{epoch}-3"),
            "uptime_s": null, "topics": 2, "subscribers": 1,
            "in": {"events": 3, "bytes": 6}, "out": {"events": 2, "bytes": 5},
            "log_bytes": 3 * 193 + 6,
            "gaps": {"trimmed": 0, "deleted": 0, "damaged": 0, "unknown-id": 1, "epoch-changed": 0},
        })
    );
}

#[tokio::test]
async fn figures_as_an_event_stream_come_at_once_and_again_and_end_with_a_word() {
    let mut server = Server::without_demo().await;
    let request = server.request("GET", "/api/stats");
    let response = within(request.header("accept", "text/event-stream").send());
    let mut blocks = Blocks::of(response.await.unwrap());
    assert!(
        blocks
            .next()
            .await
            .unwrap()
            .starts_with(": tickertape\nretry: ")
    );
    for expected in [0, 1] {
        let block = blocks.next().await.unwrap();
        assert!(block.starts_with("event: stats\ndata: {"), "{block}");
        assert!(!block.contains("\nid:"), "{block}");
        let stats: Value = serde_json::from_str(field(&block, "data")).unwrap();
        assert_eq!(stats["in"]["events"], expected);
        server.post("/events/a", "x").await;
    }
    server.ask_to_stop();
    let goodbye = blocks.next_with("event: hub.close").await;
    assert!(
        field(&goodbye, "data").contains("\"shutdown\""),
        "{goodbye}"
    );
    assert_eq!(blocks.next().await, None);
    server.stopped().await;
}

#[tokio::test]
async fn observers_are_pages_of_the_servers_own_or_of_a_listed_origin() {
    let server = Server::with(Config {
        cors_origins: vec!["https://app.example".parse().unwrap()],
        ..Config::default()
    })
    .await;
    for path in ["/api/topics", "/api/subscribers", "/api/stats"] {
        for (origin, allowed) in [
            ("https://app.example", true),
            ("https://evil.example", false),
        ] {
            let request = server.request("GET", path).header("origin", origin);
            let response = within(request.send()).await.unwrap();
            let allow = response.headers().get("access-control-allow-origin");
            assert_eq!(
                allow.is_some_and(|allow| allow == origin),
                allowed,
                "{path}"
            );
            assert!(allowed || allow.is_none());
        }
        let request = server
            .request("GET", path)
            .header("host", "rebound.example");
        problem(within(request.send()).await.unwrap(), 421).await;
    }
}

#[tokio::test]
async fn a_server_that_runs_is_ready_by_whatever_name_it_is_asked() {
    let server = Server::start().await;
    for host in ["localhost", "balancer.example"] {
        let request = server.request("GET", "/readyz").header("host", host);
        let response = within(request.send()).await.unwrap();
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["cache-control"], "no-store");
    }
    let response = server.request("HEAD", "/readyz").send().await.unwrap();
    assert_eq!(response.status(), 200);
}

#[tokio::test]
async fn the_document_describes_what_this_server_has() {
    for (server, demo) in [
        (Server::start().await, true),
        (Server::without_demo().await, false),
    ] {
        let document = ask(&server, "/api/openapi.json").await;
        assert_eq!(document["openapi"], "3.1.0");
        let paths = document["paths"].as_object().unwrap();
        assert!(paths.contains_key("/events/{topic}"));
        assert_eq!(paths.contains_key("/sse/time"), demo);
        // Every shape that is referred to is there.
        let text = document.to_string();
        for (_, name) in text
            .match_indices("#/components/schemas/")
            .map(|(at, prefix)| {
                text[at + prefix.len()..]
                    .split_once('"')
                    .map(|(name, _)| (at, name))
                    .unwrap()
            })
        {
            assert!(
                document["components"]["schemas"][name].is_object(),
                "{name}"
            );
        }
    }
}

#[tokio::test]
async fn a_refused_upload_says_how_far_it_came_beside_the_problem() {
    let server = Server::without_demo().await;
    let response = server.post("/lines/a", "one\n\0\n").await;
    let body: Value = serde_json::from_slice(&response.bytes().await.unwrap()).unwrap();
    assert_eq!((&body["line"], &body["stored"]), (&json!(2), &json!(1)));
    let response = server.post("/lines/b", "\0\n").await;
    let body: Value = serde_json::from_slice(&response.bytes().await.unwrap()).unwrap();
    assert!(
        body.as_object().unwrap().contains_key("last") && body["last"].is_null(),
        "{body}"
    );
}

#[tokio::test]
async fn topics_lead_by_rate_or_by_their_newest_event() {
    let server = Server::without_demo().await;
    for topic in ["a/1", "a/2", "a/2", "b", "b", "b", "a/3"] {
        server.post(&format!("/events/{topic}"), "x").await;
    }
    let first = async |path: &str| {
        let path = format!("/api/topics?{path}");
        // Who leads is known once the hub has handed out what was published.
        within(async {
            loop {
                let page = ask(&server, &path).await;
                assert_eq!(page["next"], Value::Null);
                let names = texts(&page["topics"], "topic").join(" ");
                if names != "a/1" {
                    return names;
                }
            }
        })
        .await
    };
    // Of the same number the older have faded further.
    assert_eq!(first("sort=rate").await, "b a/2 a/3 a/1");
    assert_eq!(first("sort=rate&prefix=a/").await, "a/2 a/3 a/1");
    assert_eq!(first("sort=last&limit=1").await, "a/3");
    assert_eq!(first("sort=topic&limit=2&after=a/2").await, "a/3 b");
}

#[tokio::test]
async fn topics_are_searched_by_what_they_contain() {
    let server = Server::without_demo().await;
    for topic in ["orders/1", "orders/2", "Reorder", "stock"] {
        server.post(&format!("/events/{topic}"), "x").await;
    }
    let found = async |path: &str| {
        let page = ask(&server, &format!("/api/topics?{path}")).await;
        let next = page["next"].as_str().unwrap_or_default();
        format!("{} > {next}", texts(&page["topics"], "topic").join(" "))
    };
    assert_eq!(
        found("contains=ORDER").await,
        "Reorder orders/1 orders/2 > "
    );
    assert_eq!(found("contains=order&limit=1").await, "Reorder > Reorder");
    assert_eq!(
        found("contains=order&limit=2&after=Reorder").await,
        "orders/1 orders/2 > "
    );
    assert_eq!(
        found("contains=s%2F&prefix=o").await,
        "orders/1 orders/2 > "
    );
    assert_eq!(found("contains=2&sort=last").await, "orders/2 > ");
    assert_eq!(found("contains=&sort=rate&prefix=st").await, "stock > ");
    assert_eq!(found("contains=nowhere").await, " > ");
}

#[tokio::test]
async fn the_last_minute_comes_for_who_asks() {
    let server = Server::without_demo().await;
    server.post("/events/a", "x").await;
    let recent = async |path: &str| {
        let page = ask(&server, path).await;
        page["topics"][0].get("recent").cloned()
    };
    assert_eq!(recent("/api/topics").await, None);
    // The second in which it came is not over yet.
    let seconds = within(async {
        loop {
            match recent("/api/topics?recent=1").await {
                Some(Value::Array(seconds)) if !seconds.is_empty() => return seconds,
                other => assert_eq!(other, Some(json!([]))),
            }
            tokio::task::yield_now().await;
        }
    })
    .await;
    let sum: u64 = seconds.iter().map(|n| n.as_u64().unwrap()).sum();
    assert_eq!((seconds.len(), sum), (60, 1));
    assert!(recent("/api/topics?topic=a&recent=1").await.is_some());
}

#[tokio::test]
async fn a_sort_that_cannot_be_is_400_in_words() {
    let server = Server::start().await;
    for (query, words) in [
        (
            "sort=size",
            "`sort` is \"size\"; give `topic`, `rate` or `last`",
        ),
        ("sort=rate&after=a", "`after` goes on in the order of names"),
        ("sort=rate&limit=101", "1 to 100"),
        ("topic=a&sort=rate", "`sort` is for a list"),
        ("recent=yes", "`recent`"),
    ] {
        let detail = problem(server.get(&format!("/api/topics?{query}")).await, 400).await;
        assert!(detail.contains(words), "{query}: {detail}");
    }
}
