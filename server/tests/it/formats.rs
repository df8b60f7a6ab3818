//! The same events in each form, and each way to name them.

use reqwest::Response;
use serde_json::Value;

use crate::support::{Blocks, Server, answer, field, problem, read_until, within};

const CURSOR: &str = "tickertape-last-event-id";
const NDJSON: &str = "application/x-ndjson";

async fn accepting(server: &Server, method: &str, path: &str, accept: &str) -> Response {
    let request = server.request(method, path).header("accept", accept);
    within(request.send()).await.unwrap()
}

async fn publish(server: &Server, path: &str, data: &str) -> String {
    let answer = answer(server.post(path, data.to_owned()).await).await;
    answer["id"].as_str().unwrap().to_owned()
}

/// The next objects of a stream of JSON lines.
async fn objects(response: &mut Response, count: usize) -> Vec<Value> {
    let mut text = String::new();
    while text.lines().count() < count || !text.ends_with('\n') {
        let chunk = within(response.chunk()).await.unwrap().expect("it goes on");
        text.push_str(std::str::from_utf8(&chunk).unwrap());
    }
    let lines = text.lines();
    lines
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

#[tokio::test]
async fn json_lines_begin_with_the_gap_and_the_cursor() {
    let server = Server::without_demo().await;
    let id = publish(&server, "/events/a?event=e&retry=1500", "x\ny").await;
    let mut lines = accepting(&server, "GET", "/events/a?last_event_id=nonsense", NDJSON).await;
    assert_eq!(lines.status(), 200);
    assert_eq!(lines.headers()["content-type"], NDJSON);
    assert_eq!(lines.headers()["cache-control"], "no-cache, no-transform");
    assert_eq!(lines.headers()[CURSOR], id.as_str());
    let begin = objects(&mut lines, 2).await;
    assert_eq!(begin[0]["event"], "hub.gap");
    let gap: Value = serde_json::from_str(begin[0]["data"].as_str().unwrap()).unwrap();
    assert_eq!(
        (&gap["reason"], &begin[0]["id"]),
        (&"unknown-id".into(), &id.as_str().into())
    );
    assert_eq!(
        (&begin[1]["event"], &begin[1]["id"]),
        (&"hub.open".into(), &id.as_str().into())
    );
    let live = publish(&server, "/events/a?event=e&retry=1500", "z").await;
    let event = &objects(&mut lines, 1).await[0];
    let keys: Vec<_> = event.as_object().unwrap().keys().collect();
    assert_eq!(keys, ["data", "event", "id", "retry", "time", "topic"]);
    assert_eq!(
        (
            &event["id"],
            &event["topic"],
            &event["event"],
            &event["data"],
            &event["retry"]
        ),
        (
            &live.into(),
            &"a".into(),
            &"e".into(),
            &"z".into(),
            &1500.into()
        )
    );
}

#[tokio::test]
async fn json_lines_end_with_the_goodbye() {
    let mut server = Server::without_demo().await;
    let mut lines = accepting(&server, "GET", "/events/a", NDJSON).await;
    assert_eq!(objects(&mut lines, 1).await[0]["event"], "hub.open");
    server.ask_to_stop();
    let close = &objects(&mut lines, 1).await[0];
    assert_eq!(close["event"], "hub.close");
    assert!(
        close["data"].as_str().unwrap().contains("shutdown"),
        "{close}"
    );
    assert_eq!(within(lines.chunk()).await.unwrap(), None);
    server.stopped().await;
}

#[tokio::test]
async fn one_that_asks_for_json_gets_what_there_is() {
    let server = Server::without_demo().await;
    publish(&server, "/events/a", "1").await;
    publish(&server, "/events/a", "2").await;
    let path = "/events/a?since=all&limit=1";
    let poll = answer(accepting(&server, "GET", path, "application/json").await).await;
    assert_eq!(
        (&poll["events"][0]["data"], &poll["more"]),
        (&"1".into(), &true.into())
    );
    // The same without the header is no poll, and has no end.
    problem(server.get(path).await, 400).await;
}

#[tokio::test]
async fn head_says_what_get_would_and_the_newest_id() {
    let server = Server::without_demo().await;
    let id = publish(&server, "/events/a/b", "x").await;
    for path in [
        "/events?topic=a/b",
        "/events/a/b",
        "/events/a%2Fb",
        "/events/**",
    ] {
        for accept in ["text/event-stream", NDJSON, "application/json"] {
            let head = accepting(&server, "HEAD", path, accept).await;
            assert!(!head.headers().contains_key("content-length"), "{head:?}");
            assert_eq!(head.status(), 200, "{path} {accept}");
            assert_eq!(head.headers()["content-type"], accept, "{path}");
            assert_eq!(head.headers()[CURSOR], id.as_str(), "{path} {accept}");
        }
    }
    for path in [
        "/events/a*",
        "/events/a//b",
        "/events/a?topic=b",
        "/events/a?x=1",
    ] {
        assert_eq!(
            accepting(&server, "HEAD", path, "*/*").await.status(),
            400,
            "{path}"
        );
    }
}

#[tokio::test]
async fn a_selector_may_stand_in_the_path() {
    let server = Server::without_demo().await;
    publish(&server, "/events?topic=a%2Fb%20c%2B", "x").await;
    for path in [
        "/events/a/b%20c+",
        "/events/a%2fb%20c%2B",
        "/events/a%2F*",
        "/events/a/**",
    ] {
        let mut blocks = Blocks::of(server.get(&format!("{path}?since=all")).await);
        let block = blocks.next_with("data: x").await;
        // A pattern makes each event say its topic, as in the query.
        assert_eq!(
            block.contains("\ntopic: "),
            path.contains('*'),
            "{path}: {block}"
        );
        assert!(!field(&block, "id").is_empty());
    }
    let decoded_once = server.get("/events/a%252Fb?since=all&poll=1").await;
    assert_eq!(
        answer(decoded_once).await["events"],
        Value::Array(Vec::new())
    );
    for path in [
        "/events/",
        "/events/a/",
        "/events//a",
        "/events/a/%2e%2e/b",
        "/events/%2e",
    ] {
        // Over a socket of our own, as a client would rewrite these.
        let (head, body) = server.exchange(&format!("GET {path} HTTP/1.0"), "").await;
        assert!(head.starts_with("http/1.0 400"), "{path}: {head}");
        assert!(
            body.contains("`topic`") && body.contains("?topic="),
            "{path}: {body}"
        );
    }
}

#[tokio::test]
async fn an_address_of_events_works_in_an_address_bar() {
    const BROWSER: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
    let server = Server::start().await;
    for (path, page) in [
        ("/events", "/topics?topic=ticker"),
        ("/events/a/b?since=all", "/topics?topic=a%2Fb"),
        (
            "/events?topic=a%26b&topic=**",
            "/topics?topic=a%26b&topic=%2A%2A",
        ),
    ] {
        for method in ["GET", "HEAD"] {
            let mut stream = server
                .raw(format!(
                    "{method} {path} HTTP/1.1\r\nHost: localhost\r\nAccept: {BROWSER}\r\n\r\n"
                ))
                .await;
            let head = read_until(&mut stream, "\r\n\r\n").await;
            assert!(head.starts_with("HTTP/1.1 303 "), "{head}");
            assert_eq!(
                field(&head.to_ascii_lowercase(), "location"),
                page.to_ascii_lowercase()
            );
            assert!(
                head.to_ascii_lowercase().contains("vary: accept\r\n"),
                "{head}"
            );
        }
    }
    // A wrong topic is still said, and what the address itself asks for comes first.
    let wrong = accepting(&server, "GET", "/events?topic=a*b", BROWSER).await;
    problem(wrong, 400).await;
    let poll = accepting(&server, "GET", "/events/a?poll=1", BROWSER).await;
    assert_eq!(poll.headers()["content-type"], "application/json");
}
