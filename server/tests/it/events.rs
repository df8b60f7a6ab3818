//! `/events`: the ticker, and the topics of the hub.

use reqwest::Response;
use serde_json::Value;

use crate::support::{Blocks, Server, field, problem, read_until};

const CURSOR: &str = "tickertape-last-event-id";

/// Says something in the chat, and so publishes on the topic `chat`.
async fn say(server: &Server, message: &str) -> String {
    let response = server.post("/post?user=a", message.to_owned()).await;
    json(response).await["id"].as_str().unwrap().to_owned()
}

async fn json(response: Response) -> Value {
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()["content-type"], "application/json");
    serde_json::from_slice(&response.bytes().await.unwrap()).unwrap()
}

fn messages(poll: &Value) -> Vec<String> {
    let data =
        |event: &Value| -> Value { serde_json::from_str(event["data"].as_str().unwrap()).unwrap() };
    let events = poll["events"].as_array().unwrap();
    events
        .iter()
        .map(|event| data(event)["msg"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn the_ticker_is_one_for_all_and_misses_nothing() {
    let server = Server::start().await;
    let mut one = Blocks::of(server.get("/events").await);
    let mut other = Blocks::of(server.get("/events").await);
    let mut ticks = Vec::new();
    for _ in 0..3 {
        ticks.push(one.next_with("event: ticker").await);
    }
    let tick = other.next_with("event: ticker").await;
    assert!(ticks.contains(&tick), "{tick} is not one of {ticks:?}");
    for tick in &ticks {
        let lines: Vec<_> = tick.lines().collect();
        assert_eq!(lines.len(), 3, "{tick}");
        assert!(lines[1].starts_with("id: "), "{tick}");
        let time = lines[2].strip_prefix("data: {\"message\": \"").unwrap();
        let time = time.strip_suffix("\"}").unwrap();
        assert!(
            chrono::NaiveTime::parse_from_str(time, "%H:%M:%S").is_ok(),
            "{time}"
        );
    }
    let back = server
        .request("GET", "/events")
        .header("last-event-id", field(&ticks[0], "id"));
    let mut back = Blocks::of(back.send().await.unwrap());
    for tick in &ticks[1..] {
        assert_eq!(&back.next_with("event: ticker").await, tick);
    }
}

#[tokio::test]
async fn a_stream_begins_with_its_cursor() {
    let server = Server::start().await;
    let response = server.get("/events?topic=chat").await;
    let cursor = response.headers()[CURSOR].to_str().unwrap().to_owned();
    assert_eq!(
        response.headers()["cache-control"],
        "no-cache, no-transform"
    );
    assert_eq!(response.headers()["x-accel-buffering"], "no");
    let mut blocks = Blocks::of(response);
    let begin = blocks.next().await.unwrap();
    let retry: u32 = begin
        .strip_prefix(": tickertape\nretry: ")
        .unwrap()
        .parse()
        .unwrap();
    assert!((1000..=3000).contains(&retry), "{retry}");
    let open = blocks.next().await.unwrap();
    assert!(
        open.starts_with(&format!("event: hub.open\nid: {cursor}\ndata: {{")),
        "{open}"
    );
}

#[tokio::test]
async fn one_that_saw_nothing_resumes_with_all_of_it() {
    let server = Server::start().await;
    let mut blocks = Blocks::of(server.get("/events?topic=chat").await);
    let open = blocks.next_with("event: hub.open").await;
    drop(blocks);
    let mut said = Vec::new();
    for n in 0..10 {
        said.push(say(&server, &n.to_string()).await);
    }
    let request = server.request("GET", "/events?topic=chat");
    let request = request.header("last-event-id", field(&open, "id"));
    let mut back = Blocks::of(request.send().await.unwrap());
    for id in said {
        assert_eq!(field(&back.next_with("event: post").await, "id"), id);
    }
}

#[tokio::test]
async fn a_cursor_that_nobody_knows_is_a_gap_and_never_a_refusal() {
    let server = Server::start().await;
    let long = format!("Last-Event-ID: {}", "x".repeat(8 * 1024));
    let known = say(&server, "x").await;
    let twice = format!("Last-Event-ID: {known}\r\nLast-Event-ID: {known}");
    let future = format!("Last-Event-ID: {known}99");
    let ids: [&[u8]; 5] = [
        b"Last-Event-ID: garbage",
        b"Last-Event-ID: \xff\xfe",
        long.as_bytes(),
        twice.as_bytes(),
        future.as_bytes(),
    ];
    for id in ids {
        let request = [b"GET /events?topic=chat HTTP/1.0\r\n", id, b"\r\n\r\n"].concat();
        let mut stream = server.raw(request).await;
        let answer = read_until(&mut stream, "\nevent: hub.open\n").await;
        assert!(answer.starts_with("HTTP/1.0 200 OK\r\n"), "{answer}");
        assert!(answer.contains("\nevent: hub.gap\n"), "{answer}");
        assert!(answer.contains("\"reason\":\"unknown-id\""), "{answer}");
    }
}

#[tokio::test]
async fn the_cursor_may_stand_in_the_address_and_the_header_wins() {
    let server = Server::start().await;
    let (first, second) = (say(&server, "1").await, say(&server, "2").await);
    say(&server, "3").await;
    for name in [
        "last_event_id",
        "lastEventId",
        "lastEventID",
        "Last-Event-ID",
    ] {
        let path = format!("/events?topic=chat&poll=1&{name}={first}");
        assert_eq!(
            messages(&json(server.get(&path).await).await),
            ["2", "3"],
            "{name}"
        );
        let request = server
            .request("GET", &path)
            .header("last-event-id", &second);
        assert_eq!(
            messages(&json(request.send().await.unwrap()).await),
            ["3"],
            "{name}"
        );
    }
    let path = format!("/events?topic=chat&poll=1&last_event_id=&lastEventId={second}");
    assert_eq!(messages(&json(server.get(&path).await).await), ["3"]);
    let earliest = server
        .get("/events?topic=chat&poll=1&last_event_id=earliest")
        .await;
    assert_eq!(messages(&json(earliest).await), ["1", "2", "3"]);
}

#[tokio::test]
async fn a_poll_is_asked_again_from_its_cursor() {
    let server = Server::start().await;
    for n in 0..5 {
        say(&server, &n.to_string()).await;
    }
    let mut path = "/events?topic=chat&poll=1&limit=2&since=all".to_owned();
    let mut seen = Vec::new();
    for more in [true, true, false] {
        let poll = json(server.get(&path).await).await;
        seen.extend(messages(&poll));
        assert_eq!(poll["more"], more, "after {seen:?}");
        let cursor = poll["cursor"].as_str().unwrap();
        path = format!("/events?topic=chat&poll=1&limit=2&last_event_id={cursor}");
    }
    assert_eq!(seen, ["0", "1", "2", "3", "4"]);
    let poll = json(server.get(&path).await).await;
    assert_eq!(
        (poll["events"].as_array().unwrap().len(), &poll["more"]),
        (0, &Value::from(false))
    );
}

#[tokio::test]
async fn a_poll_says_what_it_cannot_give() {
    let server = Server::start().await;
    let id = say(&server, "1").await;
    for (cursor, reason) in [
        ("garbage", "unknown-id"),
        (&format!("{id}0000"), "unknown-id"),
        ("00000000-1", "epoch-changed"),
        ("%FF", "unknown-id"),
        (&format!("{id}&last_event_id={id}"), "unknown-id"),
    ] {
        let path = format!("/events?topic=chat&poll=1&last_event_id={cursor}");
        let poll = json(server.get(&path).await).await;
        let gap = &poll["events"][0];
        assert_eq!(gap["event"], "hub.gap", "{cursor}: {poll}");
        assert!(
            gap["data"].as_str().unwrap().contains(reason),
            "{cursor}: {poll}"
        );
    }
}

#[tokio::test]
async fn a_stream_may_begin_in_the_past() {
    let server = Server::start().await;
    for n in 1..=3 {
        say(&server, &n.to_string()).await;
    }
    for (query, expected) in [
        ("since=all", "1"),
        ("since=10m", "1"),
        ("since=1970-01-01T00:00:00Z", "1"),
        ("last=2", "2"),
    ] {
        let mut blocks = Blocks::of(server.get(&format!("/events?topic=chat&{query}")).await);
        let post = blocks.next_with("event: post").await;
        assert_eq!(
            field(&post, "data"),
            format!(r#"{{"user":"a","msg":"{expected}"}}"#),
            "{query}"
        );
    }
}

#[tokio::test]
async fn with_envelope_an_event_is_all_in_its_data() {
    let server = Server::start().await;
    let id = say(&server, "x").await;
    let mut blocks = Blocks::of(server.get("/events?topic=chat&envelope=1&since=all").await);
    let block = blocks.next_with(&format!("id: {id}")).await;
    assert!(!block.contains("event:"), "{block}");
    let data: Value = serde_json::from_str(field(&block, "data")).unwrap();
    assert_eq!(
        (&data["topic"], &data["event"], &data["id"]),
        (&"chat".into(), &"post".into(), &id.into())
    );
}

#[tokio::test]
async fn where_several_topics_may_come_each_event_says_its_own() {
    let server = Server::start().await;
    say(&server, "x").await;
    for query in ["topic=chat&topic=other", "topic=**", "topic=*"] {
        let mut blocks = Blocks::of(server.get(&format!("/events?since=all&{query}")).await);
        let block = blocks.next_with("event: post").await;
        assert_eq!(field(&block, "topic"), "chat", "{query}");
    }
}

#[tokio::test]
async fn what_is_wrong_is_named() {
    let server = Server::start().await;
    let many = "topic=a&".repeat(101);
    let wrong = [
        ("topic=", "`topic`"),
        ("topic=a*b", "`topic`"),
        ("topic=/a", "`topic`"),
        ("topic=a%00", "`topic`"),
        ("topic=%FF", "`topic`"),
        (&many, "`topic`"),
        ("topics=a", "topics"),
        ("topic=a&since=soon", "`since`"),
        ("topic=a&since=-5m", "`since`"),
        ("topic=a&last=0", "`last`"),
        ("topic=a&last=x&last_event_id=y", "`last`"),
        ("topic=a&envelope=yes", "`envelope`"),
        ("topic=a&poll=1&limit=10001", "`limit`"),
        ("topic=a&limit=5", "`limit`"),
    ];
    for (query, name) in wrong {
        for method in ["GET", "HEAD"] {
            let response = server
                .request(method, &format!("/events?{query}"))
                .send()
                .await
                .unwrap();
            assert_eq!(response.status(), 400, "{method} {query}");
            if method == "GET" {
                let detail = problem(response, 400).await;
                assert!(detail.contains(name), "{query}: {detail}");
            }
        }
    }
}

#[tokio::test]
async fn head_has_the_newest_id_to_go_on_from() {
    let server = Server::start().await;
    say(&server, "before").await;
    let head = server
        .request("HEAD", "/events?topic=chat")
        .send()
        .await
        .unwrap();
    assert_eq!(head.headers()["content-type"], "text/event-stream");
    let cursor = head.headers()[CURSOR].to_str().unwrap();
    say(&server, "after").await;
    let path = format!("/events?topic=chat&poll=1&last_event_id={cursor}");
    assert_eq!(messages(&json(server.get(&path).await).await), ["after"]);
}

#[tokio::test]
async fn a_stop_is_said_and_ends_every_stream() {
    let mut server = Server::start().await;
    let mut streams = Vec::new();
    for path in ["/events", "/events?topic=chat", "/sse/connect?user=a"] {
        let mut blocks = Blocks::of(server.get(path).await);
        blocks.next_with("event: hub.open").await;
        streams.push(blocks);
    }
    server.ask_to_stop();
    for mut blocks in streams {
        let close = blocks.next_with("event: hub.close").await;
        assert!(field(&close, "data").contains("\"shutdown\""), "{close}");
        let retry: u32 = field(&close, "retry").parse().unwrap();
        assert!((500..=5000).contains(&retry), "{retry}");
        assert_eq!(blocks.next().await, None);
    }
    server.stopped().await;
}

#[tokio::test]
async fn without_the_demo_the_ticker_is_missing_in_words() {
    let config = server::config::Config {
        demo: false,
        ..Default::default()
    };
    let server = Server::with(config).await;
    for path in ["/events", "/events?poll=1"] {
        let detail = problem(server.get(path).await, 404).await;
        assert!(
            detail.contains("ticker") && detail.contains("`topic`"),
            "{detail}"
        );
    }
    for path in ["/sse/connect?user=a", "/post?user=a"] {
        problem(server.get(path).await, 404).await;
    }
    Blocks::of(server.get("/events?topic=ticker").await);
}
