//! Requests of which two servers could make something different: what is no one request is
//! refused or ends its connection, so that nothing behind it is taken for another.

use crate::support::{Server, data, read_to_end};

/// What stands behind a request, to be taken for one of its own.
const HIDDEN: &str =
    "POST /events/hidden HTTP/1.1\r\nHost: localhost\r\nContent-Length: 6\r\n\r\nhidden";

/// A chunk that holds what is hidden, and the last chunk.
fn chunks() -> String {
    format!("{:x}\r\n{HIDDEN}\r\n0\r\n\r\n", HIDDEN.len())
}

/// What comes back for a request with these header lines, this body and what is hidden behind.
async fn ask(server: &Server, lines: &str, body: &str) -> String {
    let head = format!("POST /events/seen HTTP/1.1\r\nHost: localhost\r\n{lines}\r\n");
    let mut stream = server.raw(head + body).await;
    read_to_end(&mut stream).await
}

/// The statuses of all answers; one begins where the body of the one before ends.
fn statuses(answer: &str) -> Vec<&str> {
    let answers = answer.split("HTTP/1.").skip(1);
    answers
        .filter_map(|answer| answer.split(' ').nth(1))
        .collect()
}

#[tokio::test]
async fn a_request_whose_length_is_not_certain_is_400_and_ends_its_connection() {
    let server = Server::without_demo().await;
    for lines in [
        "Content-Length: 5\r\nContent-Length: 6\r\n",
        "Content-Length: 5, 6\r\n",
        "Content-Length: 5, 5\r\n",
        "Content-Length: +5\r\n",
        "Content-Length: -5\r\n",
        "Content-Length: 5 5\r\n",
        "Content-Length: 0x5\r\n",
        "Content-Length: 5.0\r\n",
        "Content-Length: \r\n",
        "Content-Length: 99999999999999999999\r\n",
        "Content-Length: \"5\"\r\n",
        "Content-Length : 5\r\n",
        " Content-Length: 5\r\n",
        "Content-Length: 5\r\n 0\r\n",
        "X-A: b\r\n\tc\r\nContent-Length: 5\r\n",
        "Content-Length: 5\0\r\n",
        "Content\0-Length: 5\r\n",
        "Content-Length: 5\rX-A: b\r\n",
        "Transfer-Encoding: xchunked\r\n",
        "Transfer-Encoding: chunkedx\r\n",
        "Transfer-Encoding: chunked, identity\r\n",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n",
        "Transfer-Encoding: chunked;a=b\r\n",
        "Transfer-Encoding: \"chunked\"\r\n",
        "Transfer-Encoding: \x0bchunked\r\n",
        "Transfer-Encoding: identity\r\n",
        "Transfer-Encoding: gzip\r\n",
        "Transfer-Encoding:\r\n",
        "Transfer-Encoding : chunked\r\n",
        "Transfer-Encoding\x0b: chunked\r\n",
        "Transfer-Encoding:\r\n chunked\r\n",
        "Transfer-Encoding: xchunked\r\nContent-Length: 5\r\n",
    ] {
        let body = format!("0\r\n\r\n{HIDDEN}");
        let answer = ask(&server, lines, &body).await;
        assert_eq!(statuses(&answer), ["400"], "{lines:?}: {answer}");
    }
    // The largest number that there is stands for something else within the parser.
    let answer = ask(
        &server,
        &format!("Content-Length: {}\r\n", u64::MAX),
        HIDDEN,
    )
    .await;
    assert_eq!(statuses(&answer), ["431"], "{answer}");
    assert!(data(&server, "topic=**").await.is_empty());
}

#[tokio::test]
async fn of_two_lengths_the_chunks_count_and_the_connection_ends() {
    let server = Server::without_demo().await;
    for lines in [
        "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n",
        "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
        "Content-Length: 5\r\nTransfer-Encoding: chunked\r\nConnection: keep-alive\r\n",
        "content-length: 5\r\nTRANSFER-ENCODING: Chunked\r\n",
    ] {
        // By the length, the body ends before the hidden request; by the chunks it is the data.
        let answer = ask(&server, lines, &chunks()).await;
        assert_eq!(statuses(&answer), ["200"], "{lines:?}: {answer}");
        // By the chunks, the body ends at once; what is hidden behind is not looked at.
        let behind = format!("0\r\n\r\n{HIDDEN}");
        let answer = ask(&server, lines, &behind).await;
        assert_eq!(statuses(&answer), ["200"], "{lines:?}: {answer}");
        assert!(
            answer.to_ascii_lowercase().contains("connection: close"),
            "{answer}"
        );
    }
    assert!(data(&server, "topic=hidden").await.is_empty());
    let seen = data(&server, "topic=seen").await;
    assert_eq!(seen.len(), 8);
    assert!(
        seen.iter()
            .all(|data| data.is_empty() || data.starts_with("POST /events/hidden"))
    );
}

#[tokio::test]
async fn a_body_in_chunks_that_are_none_is_refused_and_nothing_behind_it_is_read() {
    let server = Server::without_demo().await;
    for body in [
        "x\r\nhello\r\n0\r\n\r\n",
        "-1\r\nhello\r\n0\r\n\r\n",
        "+5\r\nhello\r\n0\r\n\r\n",
        "0x5\r\nhello\r\n0\r\n\r\n",
        "5 5\r\nhello\r\n0\r\n\r\n",
        "\r\nhello\r\n0\r\n\r\n",
        "5\rhello\r\n0\r\n\r\n",
        "5\r\nhelloX0\r\n\r\n",
        "5\r\nhello0\r\n\r\n",
        "5\r\nhello\n0\r\n\r\n",
        "5;a\n=b\r\nhello\r\n0\r\n\r\n",
        "10000000000000005\r\nhello\r\n0\r\n\r\n",
        "5\r\nhello\r\n",
    ] {
        let body = format!("{body}{HIDDEN}");
        let answer = ask(&server, "Transfer-Encoding: chunked\r\n", &body).await;
        let told = statuses(&answer);
        assert!(told == ["400"] || told.is_empty(), "{body:?}: {answer}");
    }
    assert!(data(&server, "topic=**").await.is_empty());
}

#[tokio::test]
async fn extensions_and_trailers_of_chunks_say_nothing_and_have_a_bound() {
    let server = Server::without_demo().await;
    let lines = "Transfer-Encoding: chunked\r\nConnection: close\r\n";
    let body = "5;a=\"b\"\r\nhello\r\n0\r\nContent-Length: 9\r\nX-A: b\r\n\r\n";
    let answer = ask(&server, lines, body).await;
    assert_eq!(statuses(&answer), ["200"], "{answer}");
    let long = "x".repeat(64 << 10);
    for body in [
        format!("5;a={long}\r\nhello\r\n0\r\n\r\n"),
        format!("5\r\nhello\r\n0\r\nX-A: {long}\r\n\r\n"),
    ] {
        let answer = ask(&server, lines, &body).await;
        let told = statuses(&answer);
        assert!(told == ["400"] || told.is_empty(), "{answer}");
    }
    assert_eq!(data(&server, "topic=seen").await, ["hello"]);
}

#[tokio::test]
async fn a_first_line_that_is_none_is_400() {
    let server = Server::without_demo().await;
    for line in [
        "GET  /healthz HTTP/1.1",
        "GET /healthz  HTTP/1.1",
        "GET /healthz HTTP/1.1 ",
        "GET /healthz HTTP/1.1 HTTP/1.1",
        "GET\t/healthz HTTP/1.1",
        "GET /healthz\tHTTP/1.1",
        "GET /health z HTTP/1.1",
        "GET /healthz HTTP/1.2",
        "GET /healthz HTTP/11",
        "GET /healthz http/1.1",
        "GET /healthz",
        "GET /healthz\rX-A: b HTTP/1.1",
        "GET /healthz\0 HTTP/1.1",
        "G\x01T /healthz HTTP/1.1",
        "GET healthz HTTP/1.1",
        "GET ../healthz HTTP/1.1",
        "PRI * HTTP/2.0",
    ] {
        let mut stream = server
            .raw(format!(
                "{line}\r\nHost: localhost\r\nConnection: close\r\n\r\n"
            ))
            .await;
        let answer = read_to_end(&mut stream).await;
        let told = statuses(&answer);
        assert!(
            told.len() <= 1 && !answer.contains(" 200 "),
            "{line:?}: {answer}"
        );
    }
}

#[tokio::test]
async fn a_header_that_would_begin_another_line_forges_none() {
    let server = Server::without_demo().await;
    // What a client sends comes back in words, in addresses and in headers; none of it as a line.
    for path in [
        "/events/a%0D%0ASet-Cookie:%20x=y?last_event_id=%0D%0ASet-Cookie:%20x=y&poll=1",
        "/events?topic=a&last_event_id=a%0D%0A%0D%0Adata:%20forged&poll=1",
        "/nowhere%0D%0ASet-Cookie:%20x=y",
        "/topics/a%0D%0ASet-Cookie:%20x=y",
        "/chat?user=a%0D%0ASet-Cookie:%20x=y",
    ] {
        for accept in ["text/event-stream", "text/html"] {
            let head = format!(
                "GET {path} HTTP/1.1\r\nHost: localhost\r\nAccept: {accept}\r\nConnection: close\r\n\r\n"
            );
            let answer = read_to_end(&mut server.raw(head).await).await;
            let (head, _) = answer.split_once("\r\n\r\n").unwrap();
            assert!(
                !head
                    .lines()
                    .any(|line| line.to_ascii_lowercase().starts_with("set-cookie: x=y")),
                "{path}: {head}"
            );
        }
    }
    // Nor is a form of the console sent on to another line.
    let form = "topic=a%0D%0ASet-Cookie:%20x=y&data=b";
    let head = format!(
        "POST /topics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\
         Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{form}",
        form.len()
    );
    let answer = read_to_end(&mut server.raw(head).await).await;
    let (head, _) = answer.split_once("\r\n\r\n").unwrap();
    assert!(
        !head.contains("\nSet-Cookie: x=y") && !head.contains("\nset-cookie: x=y"),
        "{head}"
    );
    assert!(data(&server, "topic=**").await.is_empty());
}

#[tokio::test]
async fn one_request_behind_another_is_answered_in_its_order() {
    // What is no smuggling: two whole requests in one piece.
    let server = Server::without_demo().await;
    let first = "POST /events/first HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\nfirst";
    let second = HIDDEN.replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n");
    let answer = read_to_end(&mut server.raw(format!("{first}{second}")).await).await;
    assert_eq!(statuses(&answer), ["200", "200"], "{answer}");
    assert_eq!(data(&server, "topic=**").await, ["first", "hidden"]);
}
