//! The overview: the topics, searched and sorted.

use super::MIB;
use crate::support::{Server, within};

/// The page at this address, and the topics in its table, in order.
async fn overview(server: &Server, path: &str) -> (String, Vec<String>) {
    let html = within(server.get(path).await.text()).await.unwrap();
    let body = html.split_once("<tbody>").unwrap().1;
    let body = body.split_once("</tbody>").unwrap().0;
    let keys = body.split("data-key=\"").skip(1);
    let keys = keys.map(|rest| rest.split('"').next().unwrap().to_owned());
    (html.clone(), keys.collect())
}

#[tokio::test]
async fn the_overview_of_nothing_says_how_to_begin() {
    let server = Server::without_demo().await;
    let (html, topics) = overview(&server, "/").await;
    assert!(topics.is_empty());
    for words in [
        "data-shows=\"nothing\"",
        "No events yet",
        "curl -d hello",
        "curl -T -",
        "new EventSource",
        "when this page was made",
    ] {
        assert!(html.contains(words), "{words}");
    }
    // There is no stream to follow the clock by.
    assert!(!html.contains("/sse/time"));
}

#[tokio::test]
async fn the_overview_has_a_page_of_topics_and_where_the_others_are() {
    let server = Server::without_demo().await;
    let events: Vec<_> = (0..205)
        .map(|n| format!("{{\"topic\":\"t{n:03}\",\"data\":\"x\"}}"))
        .collect();
    let request = server.request("POST", "/events");
    let request = request.header("content-type", "application/json");
    let stored = within(request.body(format!("[{}]", events.join(","))).send()).await;
    assert_eq!(stored.unwrap().status(), 200);
    let (html, topics) = overview(&server, "/").await;
    assert_eq!((topics.len(), topics[99].as_str()), (100, "t099"));
    assert!(html.contains("100 of 205 topics; 105 more: search finds them"));
    assert!(html.contains("href=\"/?after=t099\""), "{html}");
    let (_, topics) = overview(&server, "/?after=t199").await;
    assert_eq!((topics.len(), topics[0].as_str()), (5, "t200"));
    let (html, topics) = overview(&server, "/?q=T20&after=").await;
    assert_eq!(topics, ["t200", "t201", "t202", "t203", "t204"]);
    assert!(html.contains("5 of 205 topics contain this") && html.contains("value=\"T20\""));
    let (html, topics) = overview(&server, "/?q=nowhere").await;
    assert!(topics.is_empty() && html.contains("data-shows=\"no-match\""));
    // What cannot be read is as if not chosen.
    for path in ["/?sort=size", "/?x=1", "/?q=a&q=b"] {
        assert_eq!(overview(&server, path).await.1.len(), 100, "{path}");
    }
}

#[tokio::test]
async fn the_overview_sorts_by_newest_event_and_keeps_the_search() {
    let server = Server::without_demo().await;
    for topic in ["a/1", "b", "a/2"] {
        server.post(&format!("/events/{topic}"), "x").await;
    }
    let (html, topics) = within(async {
        // Who leads is known once the hub has handed out what was published.
        loop {
            let page = overview(&server, "/?q=a/&sort=last").await;
            if page.1[0] == "a/2" {
                return page;
            }
        }
    })
    .await;
    assert_eq!(topics, ["a/2", "a/1"]);
    assert!(html.contains("aria-sort=\"descending\""));
    assert!(html.contains("href=\"/?q=a%2F&amp;sort=rate\""), "{html}");
    assert!(html.contains("name=\"sort\" value=\"last\""), "{html}");
}

#[tokio::test]
async fn an_overview_is_bounded_whatever_the_topics_are_called() {
    let server = Server::without_demo().await;
    let hostile = "%22%3E%3Cimg%20src=x%3E";
    for n in 0..110 {
        let topic = format!("{hostile}{n:0>900}");
        assert_eq!(
            server
                .post(&format!("/events?topic={topic}"), "x")
                .await
                .status(),
            200
        );
    }
    let html = within(server.get("/").await.text()).await.unwrap();
    assert!(html.len() < MIB, "{} bytes", html.len());
    assert!(!html.contains("<img") && html.contains("&lt;img"));
}
