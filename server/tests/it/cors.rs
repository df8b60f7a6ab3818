//! Which pages of other origins may do what.

use reqwest::Response;
use server::config::Config;
use server::limits::Limits;

use crate::support::{Blocks, Server, problem, with_limits, within};

const LISTED: &str = "https://app.example";
const FOREIGN: &str = "https://evil.example";

async fn server() -> Server {
    let cors_origins = vec![LISTED.parse().unwrap()];
    Server::with(Config {
        cors_origins,
        ..Config::default()
    })
    .await
}

async fn ask(server: &Server, method: &str, path: &str, headers: &[(&str, &str)]) -> Response {
    let mut request = server.request(method, path).body("");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    within(request.send()).await.unwrap()
}

fn header<'a>(response: &'a Response, name: &str) -> Option<&'a str> {
    response
        .headers()
        .get(name)
        .map(|value| value.to_str().unwrap())
}

const ALLOW_ORIGIN: &str = "access-control-allow-origin";
const ALLOW_CREDENTIALS: &str = "access-control-allow-credentials";

#[tokio::test]
async fn the_time_is_for_every_page_without_credentials() {
    let server = server().await;
    for origin in [FOREIGN, "null"] {
        for path in ["/sse/time?count=1", "/sse/time?count=x"] {
            let response = ask(&server, "GET", path, &[("origin", origin)]).await;
            assert_eq!(header(&response, ALLOW_ORIGIN), Some("*"));
            assert_eq!(header(&response, ALLOW_CREDENTIALS), None);
        }
    }
}

#[tokio::test]
async fn a_listed_page_may_ask_for_the_demos_streams_with_credentials() {
    let server = server().await;
    for path in ["/sse/time?count=1", "/events?poll=1"] {
        let response = ask(&server, "GET", path, &[("origin", LISTED)]).await;
        assert_eq!(header(&response, ALLOW_ORIGIN), Some(LISTED), "{path}");
        assert_eq!(header(&response, ALLOW_CREDENTIALS), Some("true"), "{path}");
        // What is cached for one origin is not right for another.
        for headers in [&[("origin", LISTED)] as &[_], &[("origin", FOREIGN)], &[]] {
            let response = ask(&server, "GET", path, headers).await;
            assert_eq!(header(&response, "vary"), Some("origin"), "{path}");
        }
    }
}

#[tokio::test]
async fn a_preflight_to_the_time_is_answered() {
    let server = server().await;
    let asks = [
        ("origin", FOREIGN),
        ("access-control-request-method", "GET"),
    ];
    let response = ask(&server, "OPTIONS", "/sse/time", &asks).await;
    assert_eq!(response.status(), 204);
    assert_eq!(header(&response, ALLOW_ORIGIN), Some("*"));
    assert_eq!(
        header(&response, "access-control-allow-methods"),
        Some("GET, HEAD")
    );
    let headers = header(&response, "access-control-allow-headers").unwrap();
    assert!(
        headers.contains("Last-Event-ID") && headers.contains("Cache-Control"),
        "{headers}"
    );
}

#[tokio::test]
async fn all_the_rest_is_for_listed_origins_exactly() {
    let server = server().await;
    let response = ask(&server, "GET", "/healthz", &[("origin", LISTED)]).await;
    assert_eq!(header(&response, ALLOW_ORIGIN), Some(LISTED));
    assert_eq!(header(&response, ALLOW_CREDENTIALS), Some("true"));
    assert_eq!(header(&response, "vary"), Some("origin"));
    for origin in [
        FOREIGN,
        "null",
        "https://app.example:444",
        "http://app.example",
    ] {
        let response = ask(&server, "GET", "/healthz", &[("origin", origin)]).await;
        assert_eq!(response.status(), 200);
        assert_eq!(header(&response, ALLOW_ORIGIN), None, "{origin}");
        assert_eq!(header(&response, "vary"), Some("origin"));
    }
}

#[tokio::test]
async fn what_changes_something_is_refused_to_other_origins() {
    let server = server().await;
    for origin in [FOREIGN, "null", "https://app.example.evil.example"] {
        for method in ["POST", "PUT", "DELETE"] {
            let response = ask(&server, method, "/healthz", &[("origin", origin)]).await;
            assert_eq!(header(&response, ALLOW_ORIGIN), None);
            let detail = problem(response, 403).await;
            assert!(
                detail.contains("`Origin`") && detail.contains("--cors-origin"),
                "{detail}"
            );
        }
    }
    let twice = [("origin", LISTED), ("origin", LISTED)];
    problem(ask(&server, "POST", "/healthz", &twice).await, 403).await;
}

#[tokio::test]
async fn the_servers_own_pages_and_no_pages_may_change_something() {
    let server = server().await;
    let own = format!("http://{}", server.addr);
    for headers in [
        &[("origin", own.as_str())] as &[_],
        &[("origin", LISTED)],
        &[],
    ] {
        // 405 and not 403: it came past the policy, to a path that knows no POST.
        problem(ask(&server, "POST", "/healthz", headers).await, 405).await;
    }
}

#[tokio::test]
async fn the_ticker_is_for_every_page_and_the_topics_are_not() {
    let server = server().await;
    for path in ["/events", "/events?poll=1", "/events?since=x"] {
        let response = ask(&server, "GET", path, &[("origin", FOREIGN)]).await;
        assert_eq!(header(&response, ALLOW_ORIGIN), Some("*"), "{path}");
        assert_eq!(header(&response, ALLOW_CREDENTIALS), None, "{path}");
    }
    let topics = [
        "/events?topic=ticker",
        "/events?%74opic=a",
        "/events?topic=a&x=y",
        "/events?topic",
    ];
    let resumes = "/sse/connect?user=a&last_event_id=a-1";
    for path in topics.into_iter().chain([resumes]) {
        let response = ask(&server, "GET", path, &[("origin", FOREIGN)]).await;
        assert_eq!(header(&response, ALLOW_ORIGIN), None, "{path}");
        let response = ask(&server, "GET", path, &[("origin", LISTED)]).await;
        assert_eq!(header(&response, ALLOW_ORIGIN), Some(LISTED), "{path}");
    }
    let response = ask(&server, "GET", "/events?topic=a", &[("origin", LISTED)]).await;
    // Where the stream is, when to come back, what to show: no page reads these unless it may.
    let exposed = header(&response, "access-control-expose-headers").unwrap();
    let exposed: Vec<_> = exposed.split(", ").map(str::to_lowercase).collect();
    let sent = [
        "tickertape-last-event-id",
        "retry-after",
        "www-authenticate",
    ];
    assert_eq!(exposed, sent);
}

#[tokio::test]
async fn a_page_that_is_refused_may_read_when_to_come_back() {
    let config = Config {
        cors_origins: vec![LISTED.parse().unwrap()],
        // The first event is the last for a while.
        ..with_limits(Limits {
            client_publishes: Some(1),
            client_burst: 1,
            ..Limits::default()
        })
    };
    let server = Server::with(config).await;
    // Who comes by a proxy is counted.
    let headers = [("origin", LISTED), ("x-forwarded-for", "192.0.2.1")];
    for _ in 0..2 {
        ask(&server, "POST", "/events/a", &headers).await;
    }
    let refused = ask(&server, "POST", "/events/a", &headers).await;
    assert_eq!(refused.status(), 429);
    assert!(header(&refused, "retry-after").is_some());
    let exposed = header(&refused, "access-control-expose-headers").unwrap();
    assert!(exposed.contains("Retry-After"), "{exposed}");
}

#[tokio::test]
async fn a_page_that_says_only_that_it_is_of_another_site_is_told_what_is_right_for_the_route() {
    let server = server().await;
    for (method, path, is_chat) in [
        ("POST", "/events/a", false),
        ("DELETE", "/events/a", false),
        ("GET", "/sse/connect?user=Eve", true),
    ] {
        let refused = ask(&server, method, path, &[("sec-fetch-site", "cross-site")]).await;
        let detail = problem(refused, 403).await;
        assert!(detail.contains("--cors-origin"), "{detail}");
        assert_eq!(detail.contains("chat"), is_chat, "{path}: {detail}");
    }
}

#[tokio::test]
async fn a_preflight_lets_listed_origins_publish() {
    let server = server().await;
    let method = ("access-control-request-method", "POST");
    let response = ask(
        &server,
        "OPTIONS",
        "/post?user=a",
        &[("origin", LISTED), method],
    )
    .await;
    assert_eq!(response.status(), 204);
    assert_eq!(header(&response, ALLOW_ORIGIN), Some(LISTED));
    assert_eq!(header(&response, ALLOW_CREDENTIALS), Some("true"));
    assert_eq!(
        header(&response, "access-control-allow-methods"),
        Some("POST")
    );
    let headers = header(&response, "access-control-allow-headers").unwrap();
    assert!(
        headers.contains("Content-Type") && headers.contains("Idempotency-Key"),
        "{headers}"
    );
    for origin in [FOREIGN, "null"] {
        let asks = [("origin", origin), method];
        let response = ask(&server, "OPTIONS", "/post?user=a", &asks).await;
        assert_eq!(response.status(), 204);
        assert_eq!(header(&response, ALLOW_ORIGIN), None, "{origin}");
        assert_eq!(
            header(&response, "access-control-allow-methods"),
            None,
            "{origin}"
        );
    }
}

#[tokio::test]
async fn a_refused_message_is_not_said() {
    let server = server().await;
    let mut ada = Blocks::of(server.get("/sse/connect?user=Ada").await);
    ada.next_with("event: user").await;
    for (origin, status) in [(FOREIGN, 403), ("null", 403), (LISTED, 200)] {
        let request = server
            .request("POST", "/post?user=a")
            .header("origin", origin)
            .body(origin);
        assert_eq!(request.send().await.unwrap().status(), status);
    }
    assert!(ada.next().await.unwrap().contains(LISTED));
}

#[tokio::test]
async fn a_page_of_another_origin_announces_nobody() {
    let server = server().await;
    let mut ada = Blocks::of(server.get("/sse/connect?user=Ada").await);
    ada.next_with("event: user").await;
    let own = format!("http://{}", server.addr);
    let cross = ("sec-fetch-site", "cross-site");
    for headers in [
        &[("origin", FOREIGN)] as &[_],
        &[("origin", "null")],
        &[("origin", FOREIGN), cross],
        &[cross],
        &[("sec-fetch-site", "same-site")],
    ] {
        let refused = ask(&server, "GET", "/sse/connect?user=Eve", headers).await;
        assert_eq!(header(&refused, ALLOW_ORIGIN), None, "{headers:?}");
        let detail = problem(refused, 403).await;
        assert!(detail.contains("--cors-origin"), "{detail}");
    }
    let resumes = "/sse/connect?user=Eve&last_event_id=earliest";
    let resumed = ask(&server, "GET", resumes, &[("origin", FOREIGN), cross]).await;
    assert_eq!(resumed.status(), 200);
    assert_eq!(header(&resumed, ALLOW_ORIGIN), None);
    // Nobody was announced in between, and all others are.
    for headers in [
        &[("origin", own.as_str()), ("sec-fetch-site", "same-origin")] as &[_],
        &[("origin", LISTED), cross],
        &[("sec-fetch-site", "none")],
        &[("sec-fetch-site", "same-origin")],
        &[],
    ] {
        let asked = ask(&server, "GET", "/sse/connect?user=Bob", headers).await;
        assert_eq!(asked.status(), 200, "{headers:?}");
        let next = ada.next_with("event: user").await;
        assert!(next.contains("\"Bob\""), "{next}");
    }
}
