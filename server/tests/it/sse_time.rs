//! `/sse/time`, byte for byte.

use crate::support::{Blocks, Server, field, problem};

/// The ids of a whole stream, each block of which is as the contract prints it.
fn ids(body: &str) -> Vec<u64> {
    let blocks = body
        .strip_suffix("\n\n")
        .expect("a blank line at the end")
        .split("\n\n");
    blocks
        .map(|block| {
            let lines: Vec<_> = block.split('\n').collect();
            let [event, id, data] = lines[..] else {
                panic!("not three lines: {block:?}")
            };
            assert_eq!(event, "event: time");
            let time = data.strip_prefix("data: ").expect("data last");
            let parsed = chrono::DateTime::parse_from_rfc3339(time).expect("RFC 3339");
            let local = parsed.with_timezone(&chrono::Local);
            assert_eq!(
                parsed.offset().to_string(),
                local.offset().to_string(),
                "{time}"
            );
            assert_eq!(
                time.split_once('.').expect("sub-second digits").1.len(),
                6 + 6,
                "{time}"
            );
            id.strip_prefix("id: ")
                .expect("id second")
                .parse()
                .expect("a number")
        })
        .collect()
}

#[tokio::test]
async fn a_hundred_blocks_and_nothing_else() {
    let server = Server::start().await;
    let (head, body) = server.exchange("GET /sse/time HTTP/1.0", "").await;
    assert!(head.starts_with("http/1.0 200 ok\r\n"), "{head}");
    for header in [
        "\r\ncontent-type: text/event-stream\r\n",
        "\r\ncache-control: no-cache, no-transform\r\n",
        "\r\nx-accel-buffering: no\r\n",
        "\r\naccess-control-allow-origin: *\r\n",
    ] {
        assert!(
            format!("{head}\r\n").contains(header),
            "{header:?} in {head}"
        );
    }
    assert_eq!(ids(&body), (1..=100).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_client_that_comes_back_goes_on() {
    let server = Server::start().await;
    let request = "GET /sse/time?interval=1 HTTP/1.0\r\nLast-Event-ID: 100";
    let (_, body) = server.exchange(request, "").await;
    assert_eq!(ids(&body), (101..=200).collect::<Vec<_>>());
}

#[tokio::test]
async fn an_id_that_is_no_number_starts_at_one() {
    let server = Server::start().await;
    for id in [
        "Last-Event-ID: k3x9-7",
        "Last-Event-ID:",
        "Last-Event-ID: 7\r\nLast-Event-ID: 7",
    ] {
        let request = format!("GET /sse/time?count=2&interval=1 HTTP/1.0\r\n{id}");
        let (_, body) = server.exchange(&request, "").await;
        assert_eq!(ids(&body), [1, 2], "{id}");
    }
}

#[tokio::test]
async fn a_count_of_zero_has_no_end() {
    let server = Server::start().await;
    let mut blocks = Blocks::of(server.get("/sse/time?count=0&interval=1").await);
    for n in 1..=300 {
        assert_eq!(field(&blocks.next().await.unwrap(), "id"), n.to_string());
    }
}

#[tokio::test]
async fn what_is_wrong_is_named_and_others_go_on() {
    let server = Server::start().await;
    let mut other = Blocks::of(server.get("/sse/time?count=0&interval=1").await);
    let wrong = [
        ("count=-1", "`count`"),
        ("count=", "`count`"),
        ("count=1.5", "`count`"),
        ("count=99999999999999999999", "`count`"),
        ("interval=0", "`interval`"),
        ("interval=60001", "`interval`"),
        ("interval=1&interval=1", "`interval`"),
        ("intervall=15", "intervall"),
    ];
    for (query, name) in wrong {
        let response = server.get(&format!("/sse/time?{query}")).await;
        assert_eq!(response.headers()["access-control-allow-origin"], "*");
        let detail = problem(response, 400).await;
        assert!(detail.contains(name), "{query}: {detail}");
    }
    let seen: u64 = field(&other.next().await.unwrap(), "id").parse().unwrap();
    assert_eq!(
        field(&other.next().await.unwrap(), "id"),
        (seen + 1).to_string()
    );
}

#[tokio::test]
async fn an_endless_stream_ends_cleanly_with_the_server() {
    let mut server = Server::start().await;
    let mut blocks = Blocks::of(server.get("/sse/time?count=0&interval=1").await);
    blocks.next().await.unwrap();
    server.ask_to_stop();
    while let Some(block) = blocks.next().await {
        assert!(block.starts_with("event: time\n"), "{block}");
    }
    assert_eq!(blocks.rest(), "");
    server.stopped().await;
}

#[tokio::test]
async fn without_the_demo_it_is_not_there() {
    let config = server::config::Config {
        demo: false,
        ..Default::default()
    };
    let server = Server::with(config).await;
    let detail = problem(server.get("/sse/time").await, 404).await;
    assert!(detail.contains("/sse/time"), "{detail}");
}
