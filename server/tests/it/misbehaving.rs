//! `/faults/{scenario}`: streams that misbehave as they were asked to.

use server::config::Config;

use crate::support::{Server, problem, within};

/// Head and body of one connection, in HTTP/1.1, as they are on the wire.
async fn connection(server: &Server, path: &str, id: &str) -> (String, Vec<u8>) {
    let request = format!(
        "GET {path} HTTP/1.1\r\nHost: localhost\r\nUser-Agent: test\r\n{id}Connection: close\r\n\r\n"
    );
    let mut stream = server.raw(request).await;
    let mut bytes = Vec::new();
    let read = tokio::io::AsyncReadExt::read_to_end(&mut stream, &mut bytes);
    within(read).await.unwrap();
    let head = bytes.windows(4).position(|at| at == b"\r\n\r\n").unwrap();
    let body = bytes.split_off(head + 4);
    let head = String::from_utf8(bytes).unwrap().to_ascii_lowercase();
    (head, unchunked(&body))
}

/// What the chunks hold, the last of which may be missing.
fn unchunked(mut body: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    while let Some(at) = body.windows(2).position(|at| at == b"\r\n") {
        let size = std::str::from_utf8(&body[..at]).unwrap();
        let size = usize::from_str_radix(size, 16).unwrap();
        bytes.extend_from_slice(&body[at + 2..at + 2 + size]);
        body = &body[at + 2 + size + 2..];
        if size == 0 {
            bytes.extend_from_slice(END);
        }
    }
    bytes
}

/// Stands for the chunk that ends a response in good order.
const END: &[u8] = b"<end>";

#[tokio::test]
async fn what_is_cut_arrives_up_to_there_and_has_no_end() {
    let server = Server::start().await;
    let path = "/faults/cut-in-character?after=1&count=4&interval=0&seed=7";
    let (head, body) = connection(&server, path, "").await;
    assert!(head.starts_with("http/1.1 200 "), "{head}");
    assert!(head.contains("content-type: text/event-stream\r\n"));
    let torn = std::str::from_utf8(&body).unwrap_err();
    assert!(torn.error_len().is_none(), "cut within a character");
    assert_eq!(body[..].iter().filter(|byte| **byte == b'\n').count(), 4);
    let (_, again) = connection(&server, path, "").await;
    assert_eq!(body, again, "the same seed, the same bytes");
    let (_, next) = connection(&server, path, "Last-Event-ID: faults-1\r\n").await;
    assert!(next.starts_with(b"id: faults-2\n"));
    // Here the last event is left: a good end, and then nothing to come back for.
    let (_, last) = connection(&server, path, "Last-Event-ID: faults-3\r\n").await;
    assert!(last.ends_with(END) && last.starts_with(b"id: faults-4\n"));
    let (head, _) = connection(&server, path, "Last-Event-ID: faults-4\r\n").await;
    assert!(head.starts_with("http/1.1 204 "), "{head}");
    let (_, unfinished) = connection(&server, "/faults/unfinished?after=1&interval=0", "").await;
    assert!(unfinished.ends_with("😀\n<end>".as_bytes()));
}

#[tokio::test]
async fn the_first_connections_of_a_run_are_refused_and_who_asks_for_the_head_is_none() {
    let server = Server::start().await;
    let path = "/faults/unavailable?refused=2&status=429&count=1&run=a";
    for _ in 0..3 {
        let head = within(server.request("HEAD", path).send()).await.unwrap();
        assert_eq!(head.status(), 429);
    }
    for _ in 0..2 {
        let response = server.get(path).await;
        assert_eq!(response.headers()["retry-after"], "1");
        problem(response, 429).await;
    }
    assert_eq!(server.get(path).await.status(), 200);
    assert_eq!(server.get("/faults/no-content").await.status(), 204);
    // The faults of an answer are over after so many connections.
    let path = "/faults/content-type?times=1&count=1&run=b&type=none";
    let wrong = server.get(path).await;
    assert!(!wrong.headers().contains_key("content-type"));
    let policy = &wrong.headers()["content-security-policy"];
    assert_eq!(
        policy, "default-src 'none'; sandbox",
        "as a page it is inert"
    );
    let right = server.get(path).await;
    assert_eq!(right.headers()["content-type"], "text/event-stream");
}

#[tokio::test]
async fn who_has_no_ids_to_come_back_with_is_told_when_there_is_no_more() {
    let server = Server::start().await;
    let path = "/faults/no-ids?count=2&interval=0";
    let text = within(server.get(path).await.text()).await.unwrap();
    assert!(text.contains("event 2") && !text.contains("id:"));
    assert_eq!(server.get(path).await.status(), 204);
}

#[tokio::test]
async fn what_is_wrong_with_an_address_is_said() {
    let server = Server::start().await;
    let detail = problem(server.get("/faults/nothing").await, 404).await;
    assert!(
        detail.contains("nothing") && detail.contains("cut-in-event"),
        "{detail}"
    );
    for (path, name) in [
        ("/faults/cut?after=0", "`after`"),
        ("/faults/cut?bytes=1", "`long-line`"),
        ("/faults/cut?with=unfinished", "`cut`"),
        ("/faults/cut?afterr=1", "afterr"),
    ] {
        let detail = problem(server.get(path).await, 400).await;
        assert!(detail.contains(name), "{path}: {detail}");
    }
    let config = Config {
        demo: false,
        ..Config::default()
    };
    let server = Server::with(config).await;
    problem(server.get("/faults/cut").await, 404).await;
}

#[tokio::test]
async fn pages_of_all_origins_may_read_the_streams_and_none_the_page_that_tells_who_does() {
    let server = Server::start().await;
    let ask = async |path: &str, accept: &str| {
        let request = server
            .request("GET", path)
            .header("origin", "https://evil.example");
        within(request.header("accept", accept).send())
            .await
            .unwrap()
    };
    for path in [
        "/faults/cut?count=1",
        "/faults/nothing",
        "/faults/no-content",
    ] {
        let response = ask(path, "text/event-stream").await;
        assert_eq!(
            response.headers()["access-control-allow-origin"],
            "*",
            "{path}"
        );
    }
    let page = ask("/faults/cut?after=2&with=bom", "text/html").await;
    assert_eq!(page.url().path(), "/faults", "after the redirect");
    assert_eq!(page.url().query(), Some("scenario=cut&after=2&with=bom"));
    assert!(!page.headers().contains_key("access-control-allow-origin"));
}
