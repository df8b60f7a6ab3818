//! Light or dark.

use reqwest::Response;
use reqwest::redirect::Policy;

use super::{FORM, value};
use crate::support::{Server, problem, within};

async fn choose(server: &Server, form: &str) -> Response {
    let client = reqwest::Client::builder().redirect(Policy::none());
    let request = client
        .build()
        .unwrap()
        .post(format!("http://{}/theme", server.addr));
    let request = request.header("content-type", FORM).body(form.to_owned());
    within(request.send()).await.unwrap()
}

#[tokio::test]
async fn a_theme_is_remembered_and_leads_back() {
    let server = Server::start().await;
    let back = choose(
        &server,
        "theme=dark&back=%2Ftopics%3Ftopic%3Da%252Fb%26q%3Dx",
    )
    .await;
    assert_eq!(back.status(), 303);
    assert_eq!(value(&back, "location"), "/topics?topic=a%2Fb&q=x");
    let cookie = value(&back, "set-cookie");
    assert_eq!(cookie, "theme=dark; Path=/; Max-Age=31536000; SameSite=Lax");
}

#[tokio::test]
async fn nobody_is_led_elsewhere() {
    let server = Server::start().await;
    for back in [
        "",
        "%2F%2Felsewhere.example",
        "https%3A%2F%2Felsewhere.example",
        "%2F%5Celsewhere.example",
        "%2F%09%2Felsewhere.example",
        "%2F%0D%0ALocation%3A+x",
        "%FF",
    ] {
        let answer = choose(&server, &format!("theme=light&back={back}")).await;
        assert_eq!(
            (answer.status().as_u16(), value(&answer, "location")),
            (303, "/"),
            "{back}"
        );
    }
    let encoded = choose(&server, "theme=light&back=%2F%C3%A9+%22%3C").await;
    assert_eq!(value(&encoded, "location"), "/%C3%A9%20%22%3C");
}

#[tokio::test]
async fn a_theme_that_is_none_is_refused() {
    let server = Server::start().await;
    for form in [
        "",
        "theme=blue&back=/",
        "theme=%3Cb%3E",
        "theme=dark%0D%0Ax",
    ] {
        let detail = problem(choose(&server, form).await, 400).await;
        assert!(detail.contains("give system, light or dark"), "{detail}");
    }
    let large = format!("theme=dark&back={}", "x".repeat(20_000));
    problem(choose(&server, &large).await, 413).await;
}

#[tokio::test]
async fn every_page_is_rendered_in_the_theme() {
    let server = Server::start().await;
    for path in [
        "/",
        "/topics?topic=a&q=%22x",
        "/learn",
        "/inspect?url=/events",
        "/chat",
        "/topics?topic=a&view=plain",
    ] {
        for (cookie, html, scheme) in [
            (
                "a=b; theme=dark",
                "<html lang=\"en\" data-theme=\"dark\">",
                "dark",
            ),
            (
                "theme=light",
                "<html lang=\"en\" data-theme=\"light\">",
                "light",
            ),
            ("theme=system", "<html lang=\"en\">", "light dark"),
            ("theme=\"><script>", "<html lang=\"en\">", "light dark"),
        ] {
            let request = server.request("GET", path).header("cookie", cookie);
            let page = within(request.send()).await.unwrap();
            let page = within(page.text()).await.unwrap();
            assert!(page.contains(html), "{path}: {}", &page[..200]);
            assert!(page.contains(&format!("name=\"color-scheme\" content=\"{scheme}\"")));
            let form = page.split_once("action=\"/theme\"").unwrap().1;
            let pressed = form.split("aria-pressed=\"true\"").count() - 1;
            assert_eq!(pressed, 1, "{path}");
            let back = path.replace('&', "&amp;");
            assert!(
                page.contains(&format!("name=\"back\" value=\"{back}\"")),
                "{path}"
            );
        }
    }
}

#[tokio::test]
async fn a_form_that_is_refused_keeps_the_theme() {
    let server = Server::start().await;
    for (path, form) in [("/topics", "topic=&data=x"), ("/chat", "user=")] {
        let request = server.request("POST", path).header("cookie", "theme=dark");
        let request = request.header("content-type", FORM).body(form);
        let page = within(request.send()).await.unwrap();
        assert_eq!(page.status(), 400);
        let page = within(page.text()).await.unwrap();
        assert!(page.contains("data-theme=\"dark\""), "{path}");
    }
}
