//! How fast a client publishes.

use reqwest::redirect::Policy;

use super::{ONE, TWO, behind_a_proxy, limits, of, publish, sent};
use crate::support::{FORM, JSON, Server, answer, problem, within};

/// So slow that nothing is filled in while a test runs: an event in a quarter of an hour would be slower than
/// the least that can be set, so bursts are large beside what a second gives.
async fn server(burst: u32) -> Server {
    behind_a_proxy(limits(100, 1, burst)).await
}

/// Empties a client's bucket, and what a second may have filled in.
async fn exhaust(server: &Server) {
    let many = format!(
        "[{}]",
        vec!["{\"topic\":\"spent\",\"data\":\"\"}"; 1_000].join(",")
    );
    let batch = of(server, ONE, "POST", "/events")
        .header("content-type", JSON)
        .body(many);
    assert_eq!(sent(batch).await.status(), 200);
}

#[tokio::test]
async fn beyond_its_burst_a_client_is_refused_and_told_when_and_others_are_not() {
    let server = server(5).await;
    let mut statuses = Vec::new();
    for _ in 0..20 {
        statuses.push(publish(&server, ONE).await);
    }
    let taken = statuses.iter().filter(|status| **status == 200).count();
    let refused = statuses.iter().filter(|status| **status == 429).count();
    // Some seconds may have gone by.
    assert!(
        taken >= 5 && refused > 0 && taken + refused == 20,
        "{statuses:?}"
    );
    assert_eq!(publish(&server, TWO).await, 200);
    let kept = crate::support::data(&server, "topic=a").await;
    assert_eq!(kept.len(), taken + 1, "what was refused left no trace");
}

#[tokio::test]
async fn every_way_to_publish_counts_and_says_429_with_the_time() {
    let server = server(5).await;
    exhaust(&server).await;
    let object = "{\"topic\":\"a\",\"data\":\"x\"}";
    for (method, path, kind, body) in [
        ("POST", "/events/a", "text/plain", "x"),
        ("PUT", "/events?topic=a", "text/plain", "x"),
        ("POST", "/events", FORM, "topic=a&data=x"),
        ("POST", "/events", JSON, object),
        ("POST", "/events", JSON, &format!("[{object},{object}]")),
        ("DELETE", "/events/a", "text/plain", ""),
        ("POST", "/post?user=a", "text/plain", "x"),
    ] {
        let request = of(&server, ONE, method, path).header("content-type", kind);
        let response = sent(request.body(body.to_owned())).await;
        let seconds = response.headers()["retry-after"]
            .to_str()
            .unwrap()
            .to_owned();
        // 995 more than there were, and one.
        assert!(
            (900..=996).contains(&seconds.parse::<u32>().unwrap()),
            "{path}: {seconds}"
        );
        let said = problem(response, 429).await;
        assert!(said.contains("faster than one may"), "{path}: {said}");
    }
    assert!(crate::support::data(&server, "topic=a").await.is_empty());
    // Whoever only reads is not concerned.
    answer(sent(of(&server, ONE, "GET", "/events/a?poll=1")).await).await;
}

#[tokio::test]
async fn the_pages_forms_count_and_come_back_as_pages_with_what_was_typed() {
    let server = server(5).await;
    exhaust(&server).await;
    let client = reqwest::Client::builder()
        .redirect(Policy::none())
        .build()
        .unwrap();
    for (path, form) in [
        ("/topics", "topic=a&data=what+was+typed"),
        ("/chat", "user=a&msg=what+was+typed"),
    ] {
        let request = client.post(format!("http://{}{path}", server.addr));
        let request = request.header(super::FOR, ONE).header("content-type", FORM);
        let response = within(request.body(form).send()).await.unwrap();
        assert_eq!(response.status(), 429, "{path}");
        assert!(response.headers().contains_key("retry-after"), "{path}");
        let page = response.text().await.unwrap();
        assert!(
            page.contains("what was typed") && page.contains("faster than one may"),
            "{path}"
        );
    }
}

#[tokio::test]
async fn who_joins_the_chat_too_often_is_told_so_in_the_stream() {
    let server = server(5).await;
    exhaust(&server).await;
    let connect = of(&server, ONE, "GET", "/sse/connect?user=a");
    assert!(super::says_overload(sent(connect).await).await);
    let lines =
        of(&server, ONE, "GET", "/sse/connect?user=a").header("accept", "application/x-ndjson");
    problem(sent(lines).await, 429).await;
    // Who comes back announces nobody.
    let said = of(&server, TWO, "POST", "/post?user=b").body("x");
    assert_eq!(sent(said).await.status(), 200);
    let again = of(
        &server,
        ONE,
        "GET",
        "/sse/connect?user=a&last_event_id=earliest",
    );
    assert!(!super::says_overload(sent(again).await).await);
}

#[tokio::test]
async fn a_batch_counts_its_events_and_is_not_too_large() {
    let server = server(5).await;
    exhaust(&server).await;
    assert_eq!(publish(&server, ONE).await, 429);
    assert_eq!(
        crate::support::data(&server, "topic=spent&limit=10000")
            .await
            .len(),
        1_000
    );
}

#[tokio::test]
async fn an_upload_is_slowed_and_never_refused() {
    let server = behind_a_proxy(limits(100, 100, 1)).await;
    let lines = "line\n".repeat(60);
    let stored = answer(sent(of(&server, ONE, "PUT", "/lines/a").body(lines)).await).await;
    assert_eq!(stored["count"], 60);
}

#[tokio::test]
async fn an_upload_that_is_made_to_wait_ends_with_the_server_and_says_how_far_it_came() {
    let mut server = server(1).await;
    let upload = of(&server, ONE, "PUT", "/lines/a").body("line\n".repeat(10_000));
    let upload = tokio::spawn(sent(upload));
    while crate::support::data(&server, "topic=a").await.is_empty() {}
    server.ask_to_stop();
    let refused = upload.await.unwrap();
    let text = refused.text().await.unwrap();
    assert!(
        text.contains("\"status\":503") && text.contains("the server stops"),
        "{text}"
    );
    server.stopped().await;
}
