//! `POST`, `PUT` and `DELETE` of `/events`.

use serde_json::{Value, json};

use crate::support::{Blocks, FORM, JSON, Server, answer, data, field, problem, send};

#[tokio::test]
async fn a_publish_that_is_tried_again_with_its_key_is_stored_once() {
    let server = Server::without_demo().await;
    let first = answer(server.post("/events/a?key=k", "x").await).await;
    assert_eq!(first.as_object().unwrap().len(), 2, "{first}");
    let mut again = vec![server.post("/events/a?key=k", "x").await];
    again.push(send(&server, "/events", FORM, "topic=a&data=x&key=k").await);
    again.push(
        send(
            &server,
            "/events",
            JSON,
            json!({"topic":"a","data":"x","key":"k"}).to_string(),
        )
        .await,
    );
    let header = server
        .request("PUT", "/events?topic=a")
        .header("idempotency-key", "k");
    again.push(header.body("x").send().await.unwrap());
    let header = server
        .request("POST", "/events")
        .header("idempotency-key", "k");
    let form = header.header("content-type", FORM).body("topic=a&data=x");
    again.push(form.send().await.unwrap());
    for again in again {
        let expected = json!({"id": first["id"], "topic": "a", "duplicate": true});
        assert_eq!(answer(again).await, expected);
    }
    let detail = problem(server.post("/events/a?key=k", "y").await, 422).await;
    assert!(
        detail.contains("`key`") && detail.contains("another body"),
        "{detail}"
    );
    let elsewhere = answer(server.post("/events/b?key=k", "y").await).await;
    assert_ne!(elsewhere["id"], first["id"]);
    let two = server
        .request("POST", "/events/a?key=k")
        .header("idempotency-key", "l");
    let detail = problem(two.body("x").send().await.unwrap(), 400).await;
    assert!(detail.contains("`Idempotency-Key`"), "{detail}");
    assert_eq!(data(&server, "topic=**").await, ["x", "y"]);
}

#[tokio::test]
async fn an_array_is_stored_whole_or_not_at_all() {
    let server = Server::without_demo().await;
    let events: Vec<Value> = (0..1000)
        .map(|n| json!({"topic": format!("t/{}", n % 3), "data": n}))
        .collect();
    let accepted = answer(send(&server, "/events", JSON, json!(events).to_string()).await).await;
    let accepted = accepted.as_array().unwrap();
    assert_eq!(accepted.len(), 1000);
    assert_eq!(accepted[4]["topic"], "t/1");
    let expected: Vec<String> = (0..1000).map(|n| n.to_string()).collect();
    assert_eq!(data(&server, "topic=t/*").await, expected);
    let many = json!(vec![json!({"topic": "b"}); 1001]);
    for (body, status, word) in [
        (
            json!([{"topic": "b"}, {"topic": "b*"}]),
            400,
            "event 2 of the array: `topic`",
        ),
        (
            json!([{"topic": "b"}, {"topic": ["b"]}]),
            400,
            "event 2 of the array: `topic`",
        ),
        (
            json!([{"topic": "b", "key": "k"}]),
            400,
            "event 1 of the array: `key`",
        ),
        (json!([{"topic": "b"}, 5]), 400, "event 2 of the array"),
        (
            json!([{"topic": "b"}, {"topic": "b", "data": "x".repeat(1024 * 1024 + 1)}]),
            413,
            "`data`",
        ),
        (json!([]), 400, "1 to 1,000"),
        (many, 400, "1 to 1000"),
    ] {
        let detail = problem(
            send(&server, "/events", JSON, body.to_string()).await,
            status,
        )
        .await;
        assert!(detail.contains(word), "{detail}, not {word}");
    }
    let keyed = server
        .request("POST", "/events")
        .header("idempotency-key", "k");
    let keyed = keyed
        .header("content-type", JSON)
        .body("[{\"topic\":\"b\"}]");
    let detail = problem(keyed.send().await.unwrap(), 400).await;
    assert!(detail.contains("`key`"), "{detail}");
    assert!(data(&server, "topic=b").await.is_empty());
}

#[tokio::test]
async fn a_name_that_fires_a_browsers_own_handlers_is_warned_of() {
    let server = Server::without_demo().await;
    for (body, warned) in [
        (json!({"topic": "a", "event": "error"}), vec!["onerror"]),
        (
            json!([{"topic": "a", "event": "open"}, {"topic": "a", "event": "error"}]),
            vec!["onerror", "onopen"],
        ),
        (json!({"topic": "a", "event": "opened"}), vec![]),
    ] {
        let response = send(&server, "/events", JSON, body.to_string()).await;
        let warnings: Vec<_> = response.headers().get_all("warning").iter().collect();
        assert_eq!(warnings.len(), warned.len(), "{body}");
        for (warning, word) in warnings.iter().zip(warned) {
            let text = warning.to_str().unwrap();
            assert!(text.starts_with("299 ") && text.contains(word), "{text}");
        }
    }
    let raw = server.post("/events/a?event=error", "x").await;
    assert!(raw.headers().contains_key("warning"));
}

#[tokio::test]
async fn a_form_takes_what_it_knows() {
    let server = Server::without_demo().await;
    let form = "submit=1&topic=a%2Fb&data=caf%C3%A9+%2B+1%0D%0A2&event=&x=%FF";
    let accepted = answer(
        send(
            &server,
            "/events",
            "application/X-WWW-form-urlencoded; charset=utf-8",
            form,
        )
        .await,
    )
    .await;
    assert_eq!(accepted["topic"], "a/b");
    assert_eq!(data(&server, "topic=a/b").await, ["café + 1\n2"]);
    let detail = problem(send(&server, "/events", FORM, "topic=a&topic=b").await, 400).await;
    assert!(detail.contains("`topic` is there twice"), "{detail}");
}

#[tokio::test]
async fn a_topic_that_is_deleted_is_gone_and_said_to_be() {
    let server = Server::without_demo().await;
    let first = answer(server.post("/events/a/b", "secret").await).await;
    server.post("/events/a/b", "secret too").await;
    server.post("/events/a/c", "kept").await;
    let delete = |path: &str| server.request("DELETE", path).send();
    let forgotten = answer(delete("/events/a/b").await.unwrap()).await;
    assert_eq!(forgotten, json!({"topic": "a/b", "events": 2}));
    assert_eq!(data(&server, "topic=a/*").await, ["kept"]);
    let id = first["id"].as_str().unwrap();
    let mut back = Blocks::of(server.get(&format!("/events/a/b?last_event_id={id}")).await);
    let gap = back.next_with("event: hub.gap").await;
    let gap: Value = serde_json::from_str(field(&gap, "data")).unwrap();
    assert_eq!(
        (&gap["reason"], &gap["missed"]),
        (&"deleted".into(), &1.into())
    );
    let again = answer(delete("/events?topic=a/b").await.unwrap()).await;
    assert_eq!(again["events"], 0);
    // Also at the end of a poll, once, and not again to who goes on from its cursor.
    let mut cursor = id.rsplit_once('-').unwrap().0.to_owned() + "-0";
    for gaps in [["hub.gap"].as_slice(), &[]] {
        let path = format!("/events/a/b?poll=1&last_event_id={cursor}");
        let poll = answer(server.get(&path).await).await;
        let events = poll["events"].as_array().unwrap();
        let names: Vec<_> = events.iter().map(|event| &event["event"]).collect();
        assert_eq!(names, gaps);
        cursor = poll["cursor"].as_str().unwrap().to_owned();
    }
    for path in [
        "/events",
        "/events/**",
        "/events/a?key=k",
        "/events?topic=a&topic=b",
    ] {
        problem(delete(path).await.unwrap(), 400).await;
    }
    assert_eq!(data(&server, "topic=a/*").await, ["kept"]);
}
