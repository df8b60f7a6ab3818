//! `/lines`: live uploads.

use reqwest::Response;
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::support::{Blocks, Server, answer, data, field, problem, read_until, within};

const NDJSON: &str = "application/x-ndjson";

async fn put(server: &Server, path: &str, body: impl Into<reqwest::Body>) -> Response {
    within(server.request("PUT", path).body(body).send())
        .await
        .unwrap()
}

async fn ndjson(server: &Server, body: &str) -> Response {
    let request = server
        .request("POST", "/lines")
        .header("content-type", NDJSON);
    within(request.body(body.to_owned()).send()).await.unwrap()
}

/// An upload under way, piece by piece.
struct Upload(TcpStream);

impl Upload {
    async fn begin(server: &Server, path: &str) -> Self {
        let head =
            format!("PUT {path} HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n");
        Self(server.raw(head).await)
    }

    async fn send(&mut self, piece: &str) {
        let chunk = format!("{:x}\r\n{piece}\r\n", piece.len());
        within(self.0.write_all(chunk.as_bytes())).await.unwrap();
    }

    /// What is answered, once this has come.
    async fn end(mut self) -> String {
        within(self.0.write_all(b"0\r\n\r\n")).await.unwrap();
        read_until(&mut self.0, "}").await
    }
}

#[tokio::test]
async fn a_line_is_an_event_before_the_upload_ends() {
    let server = Server::without_demo().await;
    let mut blocks = Blocks::of(server.get("/events/build").await);
    blocks.next_with("event: hub.open").await;
    let mut upload = Upload::begin(&server, "/lines/build").await;
    let mut ids = Vec::new();
    for (piece, data) in [
        ("one\ntw", "one"),
        ("o\r", ""),
        ("\nthr", "two"),
        ("ee\n\nlast", "three"),
    ] {
        upload.send(piece).await;
        if !data.is_empty() {
            let block = blocks.next().await.unwrap();
            assert_eq!(field(&block, "data"), data);
            ids.push(field(&block, "id").to_owned());
        }
    }
    assert!(blocks.next().await.unwrap().ends_with("\ndata:"));
    let answer = upload.end().await;
    let last = blocks.next().await.unwrap();
    assert_eq!(field(&last, "data"), "last");
    let expected = format!(
        r#"{{"count":5,"first":"{}","last":"{}"}}"#,
        ids[0],
        field(&last, "id")
    );
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    assert!(answer.ends_with(&expected), "{answer}, not {expected}");
}

#[tokio::test]
async fn what_can_be_refused_is_refused_before_the_body() {
    let server = Server::without_demo().await;
    for (path, status, word) in [
        ("/lines/a*", 400, "`topic`"),
        ("/lines/", 400, "`topic`"),
        ("/lines?topic=a&topic=b", 400, "`topic`"),
        ("/lines/a?key=k", 400, "`key`"),
        ("/lines/a?event=hub.x", 400, "`event`"),
        ("/lines/a?retry=1", 400, "`retry`"),
        ("/lines/a?limit=1", 400, "limit"),
        ("/lines?event=x", 400, "`topic`"),
    ] {
        // The client waits for `100 Continue`, and gets the refusal in its place.
        let head = format!(
            "PUT {path} HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nTransfer-Encoding: chunked\r\n\r\n"
        );
        let answer = read_until(&mut server.raw(head).await, "}").await;
        assert!(
            answer.starts_with(&format!("HTTP/1.1 {status} ")),
            "{path}: {answer}"
        );
        assert!(answer.contains(word), "{path}: {answer}");
    }
    let text = server
        .request("POST", "/lines")
        .header("content-type", "text/plain");
    let detail = problem(text.body("a\n").send().await.unwrap(), 415).await;
    assert!(
        detail.contains("x-ndjson") && detail.contains("`Content-Type`"),
        "{detail}"
    );
    let keyed = server
        .request("POST", "/lines/a")
        .header("idempotency-key", "k");
    let detail = problem(keyed.body("a\n").send().await.unwrap(), 400).await;
    assert!(detail.contains("`key`"), "{detail}");
    assert!(data(&server, "limit=10000&topic=**").await.is_empty());
}

#[tokio::test]
async fn one_that_asks_first_is_told_to_go_on() {
    let server = Server::without_demo().await;
    let head = "PUT /lines/a HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n";
    let mut stream = server.raw(head).await;
    let go_on = read_until(&mut stream, "\r\n\r\n").await;
    assert_eq!(go_on, "HTTP/1.1 100 Continue\r\n\r\n");
    stream.write_all(b"a\nb\n").await.unwrap();
    assert!(read_until(&mut stream, "}").await.contains("\"count\":2"));
}

#[tokio::test]
async fn the_lines_before_a_refused_one_stay() {
    let server = Server::without_demo().await;
    let body = [b"one\ntwo\nth\xffree\nfour\n" as &[u8]].concat();
    let response = put(&server, "/lines/a", body).await;
    assert_eq!(response.status(), 400);
    let body: Value = serde_json::from_slice(&response.bytes().await.unwrap()).unwrap();
    let detail = body["detail"].as_str().unwrap();
    assert!(
        detail.contains("line 3") && detail.contains("before it: 2") && detail.contains("byte 2"),
        "{detail}"
    );
    assert_eq!((&body["line"], &body["stored"]), (&3.into(), &2.into()));
    assert_eq!(data(&server, "limit=10000&topic=**").await, ["one", "two"]);
    let nul = put(&server, "/lines/a", "three\n\0").await;
    let detail = problem(nul, 400).await;
    assert!(
        detail.contains("line 2") && detail.contains("`data`"),
        "{detail}"
    );
    assert_eq!(
        data(&server, "limit=10000&topic=**").await,
        ["one", "two", "three"]
    );
}

#[tokio::test]
async fn one_that_breaks_off_leaves_its_whole_lines() {
    let server = Server::without_demo().await;
    let mut blocks = Blocks::of(server.get("/events/a").await);
    let mut upload = Upload::begin(&server, "/lines/a").await;
    upload.send("one\nhal").await;
    blocks.next_with("data: one").await;
    upload.0.shutdown().await.unwrap();
    let mut rest = Vec::new();
    within(upload.0.read_to_end(&mut rest)).await.unwrap();
    assert_eq!(data(&server, "limit=10000&topic=**").await, ["one"]);
}

#[tokio::test]
async fn an_endless_line_is_refused_as_soon_as_it_is_too_long() {
    let server = Server::without_demo().await;
    let mut upload = Upload::begin(&server, "/lines/a").await;
    upload.send("first\n").await;
    let longest = "x".repeat(1024 * 1024);
    upload.send(&format!("{longest}\r\n")).await;
    upload.send(&longest).await;
    upload.send("xx").await;
    // It has not ended, nor has the upload.
    let answer = read_until(&mut upload.0, "}").await;
    assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");
    assert!(
        answer.contains("line 3 was refused (events stored before it: 2)"),
        "{answer}"
    );
    assert_eq!(
        data(&server, "limit=10000&topic=**").await,
        ["first", &longest]
    );
}

#[tokio::test]
async fn an_upload_may_be_empty_and_may_be_long() {
    let server = Server::without_demo().await;
    let empty = answer(put(&server, "/lines/a", "").await).await;
    assert_eq!(
        empty,
        serde_json::json!({"count": 0, "first": null, "last": null})
    );
    let lines: Vec<String> = (0..5000).map(|n| n.to_string()).collect();
    let long = answer(put(&server, "/lines?topic=a&event=n", lines.join("\n")).await).await;
    assert_eq!(long["count"], 5000);
    assert_eq!(data(&server, "limit=10000&topic=**").await, lines);
}

#[tokio::test]
async fn objects_go_where_they_say() {
    let server = Server::without_demo().await;
    let body = "{\"topic\":\"a\",\"data\":{\"x\": 1},\"event\":\"error\"}\n\r\n{\"topic\":\"b\"}";
    let response = ndjson(&server, body).await;
    assert!(
        response.headers()["warning"]
            .to_str()
            .unwrap()
            .contains("onerror")
    );
    assert_eq!(answer(response).await["count"], 2);
    assert_eq!(
        data(&server, "limit=10000&topic=**").await,
        ["{\"x\":1}", ""]
    );
    for (line, word) in [
        ("{\"topic\":\"b\",\"key\":\"k\"}", "`key`"),
        ("{\"topic\":[\"b\"]}", "`topic`"),
        ("{\"data\":\"x\"}", "`topic`"),
        ("[\"b\"]", "object"),
        ("x", "object"),
    ] {
        let body = format!("\n{{\"topic\":\"c\"}}\n{line}\n");
        let detail = problem(ndjson(&server, &body).await, 400).await;
        assert!(
            detail.contains("line 3 was refused (events stored before it: 1)")
                && detail.contains(word),
            "{line}: {detail}"
        );
    }
    assert_eq!(data(&server, "limit=10000&topic=**").await.len(), 7);
}

#[tokio::test]
async fn a_stop_ends_an_upload_and_says_how_far_it_came() {
    let mut server = Server::without_demo().await;
    let mut blocks = Blocks::of(server.get("/events/a").await);
    let mut upload = Upload::begin(&server, "/lines/a").await;
    upload.send("one\ntw").await;
    blocks.next_with("data: one").await;
    server.ask_to_stop();
    let answer = read_until(&mut upload.0, "}").await;
    assert!(answer.starts_with("HTTP/1.1 503 "), "{answer}");
    assert!(
        answer.contains("line 2 was refused (events stored before it: 1)"),
        "{answer}"
    );
    drop(upload);
    server.stopped().await;
}

#[tokio::test]
async fn lines_that_never_end_are_bounded_for_all_uploads_together() {
    const ALL: usize = 64;
    let server = Server::without_demo().await;
    let line = vec![b'x'; 1024 * 1024];
    let head = format!(
        "POST /lines/a HTTP/1.1\r\nHost: {}\r\nContent-Length: 2000000\r\n\r\n",
        server.addr
    );
    let mut stalled = Vec::new();
    for _ in 0..ALL {
        let mut upload = server.raw(&head).await;
        within(upload.write_all(&line)).await.unwrap();
        stalled.push(upload);
    }
    // Whichever comes last is refused; the others wait for the end of their line.
    let mut refused = server.raw(&head).await;
    // The refusal may come before all is sent.
    let _ = within(refused.write_all(&line)).await;
    stalled.push(refused);
    let (answer, at, _) = within(futures::future::select_all(
        stalled
            .iter_mut()
            .map(|upload| Box::pin(read_until(upload, "}"))),
    ))
    .await;
    assert!(answer.starts_with("HTTP/1.1 503 "), "upload {at}: {answer}");
    assert!(answer.contains("too many large bodies"), "{answer}");
    let small = server.post("/lines/a", "one\ntwo\n").await;
    assert_eq!(small.status(), 200);
}
