//! `POST /topics`: the form that publishes, as a browser without scripts sends it.

use reqwest::Response;
use reqwest::redirect::Policy;
use server::config::Config;
use server::limits::Limits;

use super::{FORM, MIB, value};
use crate::support::{Server, data, problem, within};

/// Sends the form, and follows no redirect.
async fn submit(server: &Server, form: impl Into<String>) -> Response {
    submit_with(server, form, &[]).await
}

async fn submit_with(
    server: &Server,
    form: impl Into<String>,
    headers: &[(&str, &str)],
) -> Response {
    let client = reqwest::Client::builder().redirect(Policy::none());
    let request = client
        .build()
        .unwrap()
        .post(format!("http://{}/topics", server.addr));
    let mut request = request.header("content-type", FORM).body(form.into());
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    within(request.send()).await.unwrap()
}

/// What stands beside a field, as HTML.
fn beside<'a>(html: &'a str, field: &str) -> &'a str {
    let place = html
        .split_once(&format!(" data-for=\"{field}\""))
        .unwrap()
        .1;
    let text = place.split_once('>').unwrap().1;
    text.split_once("</p>").unwrap().0
}

#[tokio::test]
async fn a_form_publishes_and_leads_back_to_its_page() {
    let server = Server::without_demo().await;
    let form = "watching=%2Ftopics%3Ftopic%3Dorders%252F*%26q%3Dpaid%26time%3Dlocal&topic=orders%2F42\
                &event=paid&retry=&data=one%0D%0Atwo+%C3%A9";
    let back = submit(&server, form).await;
    assert_eq!(back.status(), 303);
    let location = value(&back, "location");
    let id = location
        .split("published=")
        .nth(1)
        .unwrap()
        .strip_suffix("#publish")
        .unwrap();
    let rest = format!("/topics?topic=orders%2F%2A&q=paid&time=local&published={id}#publish");
    assert_eq!(location, rest);
    assert_eq!(data(&server, "topic=orders/42").await, ["one\ntwo é"]);
    let html = within(server.get(location.split('#').next().unwrap()).await.text())
        .await
        .unwrap();
    let link = format!("Published as <a href=\"/topics?topic=orders%2F42&amp;at={id}\">{id}</a>");
    assert!(html.contains(&link), "{html}");
    assert!(
        html.contains("name=\"topic\" value=\"orders/42\""),
        "ready for the next"
    );
    // And the link leads to the event.
    let at = server
        .get(&format!("/topics?topic=orders%2F42&at={id}"))
        .await;
    assert_eq!(at.status(), 200);
}

#[tokio::test]
async fn a_form_that_says_no_page_leads_to_its_topics() {
    let server = Server::without_demo().await;
    for watching in [
        "",
        "watching=https%3A%2F%2Felsewhere.example%2F&",
        "watching=%2F%2Felsewhere.example&",
    ] {
        let back = submit(&server, format!("{watching}topic=a%2Fb&data=x")).await;
        let location = value(&back, "location");
        assert!(
            location.starts_with("/topics?topic=a%2Fb&published="),
            "{location}"
        );
    }
}

#[tokio::test]
async fn what_is_refused_stands_beside_its_field_and_nothing_typed_is_lost() {
    let server = Server::without_demo().await;
    server.post("/events/a", "what is there").await;
    for (field, form, why) in [
        (
            "topic",
            "topic=a*b&event=e%22&retry=1000&data=%3Cb%3Ewords",
            "holds a `*`",
        ),
        (
            "topic",
            "topic=&event=e%22&retry=1000&data=%3Cb%3Ewords",
            "empty",
        ),
        (
            "event",
            "topic=a&event=hub.x%22&retry=1000&data=%3Cb%3Ewords",
            "the hub&#x27;s own|the hub's own",
        ),
        (
            "retry",
            "topic=a&event=e%22&retry=soon%22&data=%3Cb%3Ewords",
            "digits",
        ),
        (
            "data",
            "topic=a&event=e%22&retry=1000&data=%3Cb%3Ewords%00",
            "NUL",
        ),
        ("data", "topic=a&data=%FF%3Cb%3Ewords", "not UTF-8"),
        ("data", "topic=a&data=%3Cb%3Ewords&data=2", "twice"),
        ("form", "topic=a&key=+&data=%3Cb%3Ewords", "`key`"),
        (
            "topic",
            "topic=&data=%3C/textarea%3E%3Cb%3E%0D%0A%3Cb%3Ewords",
            "empty",
        ),
    ] {
        let page = submit(&server, format!("watching=%2Ftopics%3Ftopic%3Da&{form}")).await;
        assert_eq!(page.status(), 400, "{form}");
        let html = within(page.text()).await.unwrap();
        assert!(
            why.split('|').any(|why| beside(&html, field).contains(why)),
            "{form}: {}",
            beside(&html, field)
        );
        for other in ["topic", "event", "retry", "data", "form"] {
            let is_empty = !beside(&html, other).contains(' ');
            assert_eq!(is_empty, other != field, "{form}: {other}");
        }
        if !form.contains("&data=2") {
            assert!(html.contains("&lt;b>words"), "{form}: the data is there");
        }
        for typed in [
            "value=\"a*b\"",
            "value=\"e&quot;\"",
            "value=\"soon&quot;\"",
            "value=\"1000\"",
        ] {
            let raw = typed
                .replace("&quot;", "%22")
                .replace("value=", "")
                .replace('"', "");
            if form.contains(&format!("={raw}&")) {
                assert!(html.contains(typed), "{form}: {typed}");
            }
        }
        assert!(html.contains("what is there"), "the page that it stood in");
        assert!(!html.contains("<b>"));
    }
    assert_eq!(
        data(&server, "topic=**").await,
        ["what is there"],
        "nothing was stored"
    );
}

#[tokio::test]
async fn the_largest_event_fits_into_a_form() {
    let server = Server::without_demo().await;
    let form = format!("topic=a&event=x&data={}", "%3D".repeat(MIB));
    assert_eq!(submit(&server, form).await.status(), 303);
    assert_eq!(data(&server, "topic=a").await[0].len(), MIB);
}

#[tokio::test]
async fn a_form_that_is_too_large_is_413_in_words() {
    let server = Server::without_demo().await;
    server.post("/events/a", "what is there").await;
    let too_large = "`data` is larger than 1048576 bytes";
    let page = submit(&server, format!("topic=a&data={}", "x".repeat(MIB + 1))).await;
    assert_eq!(page.status(), 413);
    let html = within(page.text()).await.unwrap();
    assert!(beside(&html, "data").contains(too_large));
    assert!(html.contains(&"x".repeat(MIB + 1)), "nothing typed is lost");
    // One that is not even read comes back to the page that it came from.
    let referer = format!("http://{}/topics?topic=a", server.addr);
    let form = format!("topic=a&data={}", "%3D".repeat(MIB + 100_000));
    let page = submit_with(&server, form, &[("referer", &referer)]).await;
    assert_eq!(page.status(), 413);
    let html = within(page.text()).await.unwrap();
    assert!(beside(&html, "data").contains(too_large) && html.contains("what is there"));
    assert_eq!(data(&server, "topic=a").await, ["what is there"]);
}

#[tokio::test]
async fn the_limit_is_that_of_the_settings() {
    let limits = Limits {
        event: 10,
        ..Limits::default()
    };
    let server = Server::with(Config {
        limits,
        demo: false,
        ..Config::default()
    })
    .await;
    assert_eq!(
        submit(&server, "topic=a&data=0123456789").await.status(),
        303
    );
    assert_eq!(
        submit(&server, "topic=a&data=0123456789x").await.status(),
        413
    );
}

#[tokio::test]
async fn a_page_of_another_origin_publishes_nothing() {
    let server = Server::without_demo().await;
    for path in ["/topics", "/theme"] {
        for origin in ["https://evil.example", "null"] {
            let request = server.request("POST", path).header("origin", origin);
            let request = request.header("content-type", FORM);
            let form = "topic=a&data=forged&theme=dark&back=/";
            let answer = within(request.body(form).send()).await.unwrap();
            assert_eq!(value(&answer, "set-cookie"), "");
            problem(answer, 403).await;
        }
    }
    assert!(data(&server, "topic=**").await.is_empty());
    let own = format!("http://{}", server.addr);
    let sent = submit_with(&server, "topic=a&data=own", &[("origin", &own)]).await;
    assert_eq!(sent.status(), 303);
}

#[tokio::test]
async fn what_is_no_form_is_refused() {
    let server = Server::without_demo().await;
    let request = server
        .request("POST", "/topics")
        .header("content-type", "text/plain");
    let answer = within(request.body("topic=a&data=x").send()).await.unwrap();
    problem(answer, 415).await;
}
