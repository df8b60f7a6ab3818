//! What a token allows, and no more: publish, subscribe, replay, delete, observe.

use reqwest::StatusCode;
use serde_json::{Value, json};
use server::config::{AccessArgs, Config, Selector};
use tokio::time::Instant;

use super::made::{Signer, claims, rights};
use super::{SECRET, args, ask, closed, config, file, publish, with_secret};
use crate::support::{Blocks, FORM, JSON, Server, answer, field, problem, within};

fn token(publish: &[&str], subscribe: &[&str]) -> String {
    Signer::secret(SECRET).token(&rights(600, publish, subscribe, false))
}

async fn topics_read(server: &Server, query: &str, token: &str) -> Vec<String> {
    let path = format!("/events?poll=1&since=all&{query}");
    let poll = answer(ask(server, "GET", &path, token).await).await;
    let events = poll["events"].as_array().unwrap();
    let topics = events.iter().map(|event| event["topic"].as_str().unwrap());
    topics.map(str::to_owned).collect()
}

#[tokio::test]
async fn a_publish_asks_for_the_right_on_each_of_its_topics_and_stores_nothing_without() {
    let server = with_secret().await;
    let (some, all) = (token(&["a/*"], &[]), token(&["**"], &["**"]));
    assert_eq!(publish(&server, "a/1", &some).await, 200);
    for topic in ["a", "a/1/2", "b", "A/1", "a%2F1%2Fx"] {
        assert_eq!(publish(&server, topic, &some).await, 403, "{topic}");
    }
    let send = async |path: &str, kind: &str, body: &'static str| {
        let request = server.request("POST", path).bearer_auth(&some);
        let request = request.header("content-type", kind).body(body);
        within(request.send()).await.unwrap()
    };
    let array = r#"[{"topic":"a/2","data":"x"},{"topic":"b","data":"x"}]"#;
    let refused = problem(send("/events", JSON, array).await, 403).await;
    assert!(refused.contains(r#"publish on "b""#), "{refused}");
    assert_eq!(send("/events", FORM, "topic=b&data=x").await.status(), 403);
    assert_eq!(send("/events/b", "text/plain", "x").await.status(), 403);
    assert_eq!(send("/lines/b", "text/plain", "x").await.status(), 403);
    let lines = "{\"topic\":\"a/3\",\"data\":\"x\"}\n{\"topic\":\"b\",\"data\":\"x\"}\n";
    let refused = send("/lines", "application/x-ndjson", lines).await;
    assert_eq!(refused.status(), 403);
    let refused: Value = serde_json::from_slice(&refused.bytes().await.unwrap()).unwrap();
    assert_eq!(
        (&refused["line"], &refused["stored"]),
        (&json!(2), &json!(1))
    );
    assert_eq!(topics_read(&server, "topic=**", &all).await, ["a/1", "a/3"]);
}

#[tokio::test]
async fn a_pattern_gives_what_may_be_read_and_a_topic_that_may_not_is_refused() {
    let server = with_secret().await;
    let all = token(&["**"], &["**"]);
    for topic in ["a", "a/1", "b", "b/1", "c"] {
        assert_eq!(publish(&server, topic, &all).await, 200);
    }
    let some = token(&[], &["a/*", "c"]);
    assert_eq!(topics_read(&server, "topic=**", &some).await, ["a/1", "c"]);
    assert_eq!(topics_read(&server, "topic=*", &some).await, ["c"]);
    assert_eq!(topics_read(&server, "topic=*/*", &some).await, ["a/1"]);
    assert_eq!(
        topics_read(&server, "topic=a/1&topic=c", &some).await,
        ["a/1", "c"]
    );
    for query in [
        "topic=a",
        "topic=c&topic=b",
        "topic=b/*",
        "topic=a/*/x",
        "topic=c&topic=b/**",
    ] {
        for path in [
            format!("/events?{query}"),
            format!("/events?poll=1&{query}"),
        ] {
            let response = ask(&server, "GET", &path, &some).await;
            assert!(
                response.headers()["www-authenticate"]
                    .to_str()
                    .unwrap()
                    .contains("scope")
            );
            problem(response, 403).await;
        }
        let head = ask(&server, "HEAD", &format!("/events?{query}"), &some).await;
        assert_eq!(head.status(), 403);
    }
}

#[tokio::test]
async fn live_events_and_gaps_tell_nothing_of_what_may_not_be_read() {
    let server = with_secret().await;
    let all = token(&["**"], &["**"]);
    for topic in ["a", "b", "b", "a"] {
        publish(&server, topic, &all).await;
    }
    let some = token(&[], &["a"]);
    let path = "/events?topic=**&since=all";
    let mut blocks = Blocks::of(ask(&server, "GET", path, &some).await);
    let first = blocks.next_with("topic: a").await;
    let (epoch, seq) = field(&first, "id").rsplit_once('-').unwrap();
    assert_eq!(seq, "1");
    blocks.next_with("topic: a").await;
    publish(&server, "b", &all).await;
    publish(&server, "a", &all).await;
    let live = blocks.next().await.unwrap();
    assert!(live.contains("topic: a"), "{live}");
    // Deleted events are a gap to who may have had them, and to nobody else.
    ask(&server, "DELETE", "/events/b", &all).await;
    let resumed = |cursor: u64| format!("/events?topic=**&poll=1&last_event_id={epoch}-{cursor}");
    let poll = |token: String| {
        let (server, path) = (&server, resumed(1));
        async move { answer(ask(server, "GET", &path, &token).await).await["events"].clone() }
    };
    let names = |events: Value| {
        let events = events.as_array().unwrap().clone();
        let names = events
            .into_iter()
            .map(|event| event["event"].as_str().unwrap().to_owned());
        names.collect::<Vec<_>>()
    };
    assert_eq!(
        names(poll(all.clone()).await),
        ["hub.gap", "message", "hub.gap", "message"]
    );
    assert_eq!(names(poll(some).await), ["message", "message"]);
}

#[tokio::test]
async fn of_events_that_were_lost_a_gap_counts_those_that_may_be_read() {
    let server = with_secret().await;
    let all = token(&["**"], &["**"]);
    // What is asked for, what may be read, and what may not, in turn.
    for topic in ["a/1", "b/1", "a/2", "b/2", "b/1", "a/1", "c", "b/2"] {
        publish(&server, topic, &all).await;
    }
    let epoch = answer(ask(&server, "GET", "/events?topic=**&poll=1", &all).await).await;
    let (epoch, _) = epoch["cursor"].as_str().unwrap().rsplit_once('-').unwrap();
    for topic in ["a/1", "b/1", "b/2", "c"] {
        ask(&server, "DELETE", &format!("/events/{topic}"), &all).await;
    }
    let missed = async |query: &str, token: &str| {
        let path = format!("/events?{query}&poll=1&last_event_id={epoch}-0");
        let poll = answer(ask(&server, "GET", &path, token).await).await;
        let gaps = poll["events"].as_array().unwrap().iter();
        let gaps = gaps.filter(|event| event["event"] == "hub.gap").map(|gap| {
            let data = gap["data"].as_str().unwrap();
            serde_json::from_str::<Value>(data).unwrap()["missed"].clone()
        });
        gaps.collect::<Vec<_>>()
    };
    let sum = |missed: &[Value]| missed.iter().map(|n| n.as_u64().unwrap()).sum::<u64>();
    for (query, may_read, lost) in [
        ("topic=**", &["**"][..], 7),
        ("topic=**", &["a/*"], 2),
        ("topic=**", &["a/*", "c"], 3),
        ("topic=**", &["b/*"], 4),
        ("topic=*/1", &["a/*", "b/2", "c"], 2),
        ("topic=b/*&topic=c", &["b/2", "c"], 3),
        ("topic=a/2", &["**"], 0),
    ] {
        let missed = missed(query, &token(&[], may_read)).await;
        assert_eq!(sum(&missed), lost, "{query} with {may_read:?}: {missed:?}");
    }
}

#[tokio::test]
async fn a_stream_ends_at_the_end_of_its_token_in_words() {
    let server = with_secret().await;
    for path in ["/events?topic=a", "/api/stats"] {
        let claims = rights(2, &[], &["a"], true);
        let token = Signer::secret(SECRET).token(&claims);
        let request = server.request("GET", path).bearer_auth(&token);
        let request = request.header("accept", "text/event-stream");
        let mut blocks = Blocks::of(within(request.send()).await.unwrap());
        let close = blocks.next_with("event: hub.close").await;
        assert!(close.contains(r#"data: {"reason":"expired","#), "{close}");
        let retry: u64 = field(&close, "retry").parse().unwrap();
        assert!((500..=5000).contains(&retry));
        assert_eq!(blocks.next().await, None);
        let now = chrono::Utc::now().timestamp();
        assert!(now >= claims["exp"].as_i64().unwrap(), "not before");
        problem(ask(&server, "GET", path, &token).await, 401).await;
    }
}

#[tokio::test]
async fn a_stream_that_never_pauses_ends_at_the_end_of_its_token_too() {
    let server = with_secret().await;
    let all = token(&["**"], &["**"]);
    let short = Signer::secret(SECRET).token(&rights(2, &[], &["a"], false));
    let mut blocks = Blocks::of(ask(&server, "GET", "/events?topic=a", &short).await);
    let begun = Instant::now();
    loop {
        publish(&server, "a", &all).await;
        let block = blocks.next().await.expect("the end is said");
        if block.contains("hub.close") {
            break;
        }
        assert!(begun.elapsed().as_secs() < 30, "it goes on");
    }
}

#[tokio::test]
async fn what_is_public_needs_no_token_and_a_token_takes_nothing_of_it_away() {
    let selectors = |texts: &[&str]| texts.iter().map(|t| Selector::parse(t).unwrap()).collect();
    let (_file, path) = file(SECRET);
    let server = closed(AccessArgs {
        jwt_keys: vec![path],
        public_read: selectors(&["news/**", "chat"]),
        public_write: selectors(&["chat"]),
        ..args()
    })
    .await;
    assert_eq!(server.post("/events/chat", "x").await.status(), 200);
    for (path, status) in [("/events/news/1", 401), ("/lines/other", 401)] {
        let response = server.post(path, "x").await;
        assert_eq!(
            response.headers()["www-authenticate"],
            "Bearer realm=\"tickertape\""
        );
        problem(response, status).await;
    }
    assert_eq!(server.get("/events/chat?poll=1").await.status(), 200);
    problem(server.get("/events/other").await, 401).await;
    // What everyone may write, not everyone may delete.
    let response = within(server.request("DELETE", "/events/chat").send())
        .await
        .unwrap();
    problem(response, 401).await;
    let none = token(&[], &["other"]);
    assert_eq!(
        topics_read(&server, "topic=chat&topic=other", &none).await,
        ["chat"]
    );
    assert_eq!(publish(&server, "chat", &none).await, 200);
    let deleted = ask(&server, "DELETE", "/events/chat", &none).await;
    problem(deleted, 403).await;
    assert_eq!(publish(&server, "news/1", &none).await, 403);
}

#[tokio::test]
async fn to_observe_is_a_right_of_its_own() {
    let server = with_secret().await;
    let reader = token(&["**"], &["**"]);
    let observer = Signer::secret(SECRET).token(&rights(600, &[], &[], true));
    for path in [
        "/api/topics",
        "/api/subscribers",
        "/api/stats",
        "/api/topics?topic=a",
    ] {
        problem(server.get(path).await, 401).await;
        let refused = problem(ask(&server, "GET", path, &reader).await, 403).await;
        assert!(refused.contains("`observe`"), "{refused}");
        let allowed = ask(&server, "GET", path, &observer).await.status().as_u16();
        assert!([200, 404].contains(&allowed), "{path}: {allowed}");
    }
    problem(ask(&server, "GET", "/events?topic=a", &observer).await, 403).await;
    for open in ["/healthz", "/readyz", "/api/openapi.json", "/tickertape.js"] {
        assert_eq!(server.get(open).await.status(), StatusCode::OK, "{open}");
    }
}

#[tokio::test]
async fn the_demo_is_for_everyone_and_its_chat_for_who_has_rights_on_it() {
    let (_file, path) = file(SECRET);
    let config = Config {
        demo: true,
        ..config(AccessArgs {
            jwt_keys: vec![path],
            ..args()
        })
    };
    let server = Server::with(config).await;
    for open in ["/sse/time?count=1", "/events"] {
        assert_eq!(server.get(open).await.status(), StatusCode::OK, "{open}");
    }
    problem(server.get("/events?topic=ticker").await, 401).await;
    for closed in ["/sse/connect?user=a", "/sse/connect?user=a&poll=1"] {
        problem(server.get(closed).await, 401).await;
    }
    problem(server.post("/post?user=a", "x").await, 401).await;
    let (reads, writes) = (token(&[], &["chat"]), token(&["chat"], &["chat"]));
    for connect in ["", "&poll=1", "&last_event_id=x"] {
        let path = format!("/sse/connect?user=a{connect}");
        problem(ask(&server, "GET", &path, &reads).await, 403).await;
    }
    let request = server.request("POST", "/post?user=a").bearer_auth(&reads);
    problem(within(request.body("x").send()).await.unwrap(), 403).await;
    let mut blocks = Blocks::of(ask(&server, "GET", "/sse/connect?user=a", &writes).await);
    blocks.next_with("event: user").await;
}

#[tokio::test]
async fn an_upload_ends_at_the_end_of_its_token() {
    let server = with_secret().await;
    let short = Signer::secret(SECRET).token(&rights(2, &["a"], &[], false));
    let mut stream = server
        .raw(format!(
            "POST /lines/a HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {short}\r\n\
             Transfer-Encoding: chunked\r\n\r\n2\r\nx\n\r\n",
            server.addr
        ))
        .await;
    let answer = crate::support::read_until(&mut stream, "\"stored\":1").await;
    assert!(answer.starts_with("HTTP/1.1 401"), "{answer}");
}

#[tokio::test]
async fn a_cookie_is_as_good_as_a_bearer_and_one_that_is_not_good_is_none() {
    let server = with_secret().await;
    let token = Signer::secret(SECRET).token(&claims(60));
    let with = async |cookie: &str| {
        let request = server.request("GET", "/events?topic=a&poll=1");
        let request = request.header("cookie", format!("theme=dark; {cookie}"));
        within(request.send()).await.unwrap()
    };
    let good = format!("__Host-tickertape={token}");
    assert_eq!(with(&good).await.status(), 200);
    for bad in [
        "__Host-tickertape=x",
        &format!("tickertape={token}"),
        &format!("{good}; {good}"),
    ] {
        problem(with(bad).await, 401).await;
    }
}
