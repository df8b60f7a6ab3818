//! `/topics?view=plain`.

use server::config::Config;

use crate::support::{Server, within};

/// The HTML of a page that is there.
async fn page(server: &Server, path: &str) -> String {
    let response = server.get(path).await;
    assert_eq!(response.status(), 200, "{path}");
    within(response.text()).await.unwrap()
}

/// The address that a link such as `rel="prev"` leads to.
fn link(html: &str, rel: &str) -> Option<String> {
    let at = html.find(&format!("rel=\"{rel}\""))?;
    let start = html[..at].rfind("<a ")?;
    let rest = html[start..].split_once("href=\"")?.1;
    Some(rest.split('"').next()?.replace("&amp;", "&"))
}

/// The sequence numbers of the events on a page.
fn places(html: &str) -> Vec<u64> {
    let ids = html.split("<li data-id=\"").skip(1);
    let ids = ids.map(|rest| rest.split('"').next().unwrap());
    ids.map(|id| id.rsplit_once('-').unwrap().1.parse().unwrap())
        .collect()
}

async fn filled(events: usize) -> Server {
    let server = Server::without_demo().await;
    for n in 0..events {
        let topic = ["a", "b"][n % 2];
        server
            .post(&format!("/events/{topic}"), format!("event {n};"))
            .await;
    }
    server
}

#[tokio::test]
async fn the_pages_have_each_event_once() {
    let server = filled(500).await;
    let mut back = Vec::new();
    let mut at = Some("/topics?topic=a&view=plain".to_owned());
    let mut oldest = String::new();
    while let Some(path) = at {
        let html = page(&server, &path).await;
        let mut places = places(&html);
        assert!(places.len() <= 100);
        places.extend(back);
        (back, at, oldest) = (places, link(&html, "prev"), path);
    }
    let all: Vec<u64> = (1..500).step_by(2).collect();
    assert_eq!(back, all);
    // And forth again, while more comes.
    server.post("/events/a", "one more").await;
    let (mut forth, mut at) = (Vec::new(), Some(oldest));
    while let Some(path) = at {
        let html = page(&server, &path).await;
        forth.extend(places(&html));
        at = link(&html, "next");
    }
    assert_eq!(forth, [all, vec![501]].concat());
}

#[tokio::test]
async fn long_events_take_pages_of_their_own() {
    let server = Server::without_demo().await;
    for n in 0..10 {
        let data = format!("event {n};{}", "x".repeat(300_000));
        server.post("/events/a", data).await;
    }
    for _ in 0..150 {
        server.post("/events/a", "y".repeat(16_000)).await;
    }
    let (mut back, mut at, mut pages) =
        (Vec::new(), Some("/topics?topic=a&view=plain".to_owned()), 0);
    while let Some(path) = at {
        let html = page(&server, &path).await;
        assert!(html.len() < 2 * 1024 * 1024, "{} bytes", html.len());
        let mut places = places(&html);
        places.extend(back);
        (back, at, pages) = (places, link(&html, "prev"), pages + 1);
        if at.is_none() {
            assert!(html.contains("event 0;xxx") && html.contains("x … (300008 bytes in all)"));
        }
    }
    assert_eq!(back, (1..=160).collect::<Vec<_>>());
    assert_eq!(pages, 3);
}

#[tokio::test]
async fn the_choice_is_applied_and_kept() {
    let server = filled(250).await;
    let html = page(&server, "/topics?topic=*&view=plain&q=EVENT%201&time=local").await;
    assert_eq!(places(&html), (151..=200).collect::<Vec<_>>());
    assert!(html.contains("50 events of 100 on this page that contain “EVENT 1”"));
    let older = link(&html, "prev").unwrap();
    assert!(older.starts_with("/topics?topic=%2A&q=EVENT%201&time=local&view=plain&before="));
    assert_eq!(places(&page(&server, &older).await).len(), 50);
    assert!(html.contains("href=\"/topics?topic=%2A&amp;q=EVENT%201&amp;time=local\""));
}

#[tokio::test]
async fn what_is_gone_is_said_where_it_was() {
    let retention = hub::Retention {
        count: Some(4),
        ..hub::Retention::default()
    };
    let server = Server::with(Config {
        demo: false,
        retention,
        ..Config::default()
    })
    .await;
    for n in 0..6 {
        server.post("/events/a", format!("event {n};")).await;
    }
    let html = page(&server, "/topics?topic=a&view=plain").await;
    let gap = html
        .find("2 events are missing here · no longer kept")
        .unwrap();
    assert!(gap < html.find("event 2;").unwrap());
    let html = page(&server, "/topics?topic=b&view=plain").await;
    assert!(html.contains("No events on this page") && !html.contains("missing"));
}

#[tokio::test]
async fn an_id_that_leads_nowhere_is_said() {
    let server = filled(2).await;
    for (query, status, why) in [
        ("before=x%3Cb%3E", 400, "no id"),
        ("after=zzzzzzzz-1", 404, "of a log"),
        ("at=zzzzzzzz-1", 404, "of a log"),
    ] {
        let answer = server
            .get(&format!("/topics?topic=a&view=plain&{query}"))
            .await;
        assert_eq!(answer.status(), status, "{query}");
        let html = within(answer.text()).await.unwrap();
        assert!(html.contains(why) && html.contains("event 0;"), "{query}");
        assert!(!html.contains("<b>"));
    }
}

#[tokio::test]
async fn what_a_publisher_sends_stays_text() {
    let server = Server::without_demo().await;
    let hostile = [
        "<img src=x onerror=alert(1)>",
        "<script>alert(1)</script></pre><b>bold</b>",
        "\u{1b}[31mred\u{1b}[0m",
        "\u{202e}evil\u{202c} \u{5e9}\u{5dc}\u{5d5}\u{5dd}",
        "{\"broken\": ",
        "🦀👩‍👩‍👧",
    ];
    for data in hostile {
        let path = "/events?topic=%3Cb%3E/x&event=%3Ci%3E";
        assert_eq!(server.post(path, data).await.status(), 200);
    }
    server
        .post("/events?topic=line/x", "z".repeat(1024 * 1024))
        .await;
    let html = page(&server, "/topics?topic=**&view=plain").await;
    for raw in ["<script>alert", "<img", "<b>", "<i>"] {
        assert!(!html.contains(raw), "{raw}");
    }
    assert!(html.contains("&lt;img src=x") && html.contains("🦀👩‍👩‍👧"));
    assert!(html.contains("z … (1048576 bytes in all)"));
    assert_eq!(places(&html).len(), 7);
    // What separates right-to-left text from what stands beside it.
    assert!(html.contains("<pre dir=\"auto\">"));
}
