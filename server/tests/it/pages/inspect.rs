//! The inspector's page, as the server writes it.

use super::value;
use crate::support::{Server, within};

#[tokio::test]
async fn the_form_is_filled_and_what_is_in_the_address_stays_text() {
    let server = Server::start().await;
    let path = "/inspect?url=%22%3E%3Cb%3Ex&last_event_id=%3Cb%3Ey&method=PUT&reconnect=1";
    let page = server.get(path).await;
    assert_eq!(page.status(), 200);
    let html = within(page.text()).await.unwrap();
    assert!(html.contains("value=\"&quot;&gt;&lt;b&gt;x\""), "{html}");
    assert!(!html.contains("<b>"), "{html}");
    assert!(html.contains("<option selected>PUT"), "{html}");
    assert!(html.contains("--last-event-id '&lt;b&gt;y'"), "{html}");
    let long = format!("/inspect?url=/{}", "x".repeat(5_000));
    let html = within(server.get(&long).await.text()).await.unwrap();
    assert!(
        !html.contains("value=\"/xxxx"),
        "an address that is too long is not filled in"
    );
}

#[tokio::test]
async fn this_page_alone_reads_streams_of_other_servers_and_loads_the_inspector() {
    let server = Server::start().await;
    for (path, is_inspector) in [("/inspect", true), ("/", false), ("/nowhere", false)] {
        let request = server.request("GET", path).header("accept", "text/html");
        let page = within(request.send()).await.unwrap();
        let policy = value(&page, "content-security-policy").to_owned();
        let others = policy.contains("connect-src 'self' http: https:;");
        assert_eq!(others, is_inspector, "{path}: {policy}");
        assert!(policy.contains("script-src 'nonce-"), "{policy}");
        let html = within(page.text()).await.unwrap();
        assert_eq!(html.contains("/inspector/page.js"), is_inspector, "{path}");
        assert_eq!(
            html.contains("/pkg/tickertape.wasm"),
            !is_inspector,
            "{path}"
        );
    }
}

#[tokio::test]
async fn it_is_there_for_everyone_and_offers_what_the_hub_has() {
    let server = Server::start().await;
    let html = within(server.get("/inspect").await.text()).await.unwrap();
    assert!(html.contains("/inspect?url=%2Fsse%2Ftime"), "{html}");
    assert!(
        html.contains("href=\"/inspect\" aria-current=\"page\""),
        "{html}"
    );
}
