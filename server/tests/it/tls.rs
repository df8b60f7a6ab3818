//! TLS: what is agreed on, what a request by it is told apart by, and when the certificate changes.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use axum::http::Request;
use server::config::Config;
use server::limits::Limits;
use server::tls::{Files, Tls};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::secure::{Authority, Tls1, write_secret};
use crate::support::{Server, read_to_end, with_limits, within};

/// What is promised of a stop. It takes milliseconds.
const EXIT: Duration = Duration::from_secs(10);

const HTTP_1_1: &[&[u8]] = &[b"http/1.1"];

/// One request in HTTP/1.1, and the whole answer.
async fn ask(authority: &Authority, server: &Server, first: &str, lines: &str) -> String {
    let mut stream = authority.connect(server.addr, HTTP_1_1).await;
    let head = format!("{first} HTTP/1.1\r\n{lines}Connection: close\r\n\r\n");
    stream.write_all(head.as_bytes()).await.unwrap();
    end_of(&mut stream).await
}

async fn end_of(stream: &mut Tls1) -> String {
    let mut bytes = Vec::new();
    within(stream.read_to_end(&mut bytes)).await.unwrap();
    String::from_utf8(bytes).unwrap()
}

#[tokio::test]
async fn both_versions_of_tls_and_of_http_are_spoken_on_one_port() {
    let authority = Authority::new();
    let server = authority.serve(Config::default()).await;
    for (offered, agreed) in [
        (
            &[b"h2" as &[u8], b"http/1.1"] as &[&[u8]],
            Some(b"h2" as &[u8]),
        ),
        (&[b"http/1.1"], Some(b"http/1.1")),
        (&[], None),
    ] {
        let stream = authority.connect(server.addr, offered).await;
        assert_eq!(stream.get_ref().1.alpn_protocol(), agreed);
    }
    let answer = ask(&authority, &server, "GET /healthz", "Host: localhost\r\n").await;
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
}

#[tokio::test]
async fn a_stream_over_tls_is_that_of_plain_http() {
    let authority = Authority::new();
    let server = authority.serve(Config::default()).await;
    let path = "GET /sse/time?count=100&interval=1";
    let answer = ask(&authority, &server, path, "Host: localhost\r\n").await;
    assert!(
        answer.contains("content-type: text/event-stream"),
        "{answer}"
    );
    assert_eq!(answer.matches("event: time").count(), 100);
}

#[tokio::test]
async fn plain_http_where_tls_is_spoken_is_400_in_words() {
    let authority = Authority::new();
    let server = authority.serve(Config::default()).await;
    let head = "POST /events/a HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\n\r\nx";
    let answer = read_to_end(&mut server.raw(head).await).await;
    assert!(answer.starts_with("HTTP/1.1 400 "), "{answer}");
    assert!(
        answer.contains("application/problem+json") && answer.contains("https://"),
        "{answer}"
    );
}

#[tokio::test]
async fn a_handshake_that_does_not_end_is_not_waited_for_and_holds_up_nobody() {
    let authority = Authority::new();
    let limits = Limits {
        header_timeout: Duration::from_millis(500),
        ..Limits::default()
    };
    let server = authority.serve(with_limits(limits)).await;
    // Nothing, and the begin of a record that says it is long.
    let slow = [&[] as &[u8], &[0x16, 3, 1, 2, 0, 1]];
    let mut slow_ones = Vec::new();
    for begin in slow {
        slow_ones.push(server.raw(begin).await);
    }
    let answer = ask(&authority, &server, "GET /healthz", "Host: localhost\r\n").await;
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    for mut stream in slow_ones {
        let mut bytes = Vec::new();
        // It may end in a reset, as what was sent was never read.
        let _ = within(stream.read_to_end(&mut bytes)).await;
        assert!(bytes.is_empty(), "{bytes:?}");
    }
}

#[tokio::test]
async fn a_handshake_that_is_under_way_counts_as_a_connection() {
    let authority = Authority::new();
    let limits = Limits {
        connections: 1,
        spares: 0,
        ..Limits::default()
    };
    let server = authority.serve(with_limits(limits)).await;
    let slow = server.raw([0x16]).await;
    let mut asking = Box::pin(ask(
        &authority,
        &server,
        "GET /healthz",
        "Host: localhost\r\n",
    ));
    let early = tokio::time::timeout(Duration::from_millis(100), &mut asking).await;
    assert!(early.is_err(), "the bound does not hold");
    drop(slow);
    assert!(asking.await.starts_with("HTTP/1.1 200 "));
}

#[tokio::test]
async fn a_stop_does_not_wait_for_a_handshake() {
    let authority = Authority::new();
    let limits = Limits {
        header_timeout: Duration::from_secs(3600),
        stop_timeout: Duration::from_secs(3600),
        ..Limits::default()
    };
    let mut server = authority.serve(with_limits(limits)).await;
    let mut slow = server.raw([0x16]).await;
    // It is taken up by then.
    ask(&authority, &server, "GET /healthz", "Host: localhost\r\n").await;
    server.ask_to_stop();
    server.stopped().await;
    let _ = within(slow.read_u8()).await;
}

#[tokio::test]
async fn a_page_of_its_own_is_one_of_https_and_no_other() {
    let authority = Authority::new();
    let server = authority.serve(Config::default()).await;
    let host = format!("localhost:{}", server.addr.port());
    for (origin, site, status) in [
        (format!("https://{host}"), "", 405),
        (format!("http://{host}"), "", 403),
        ("https://evil.example".to_owned(), "", 403),
        // The name by which a proxy is asked.
        ("https://hub.example".to_owned(), "same-origin", 405),
        ("https://hub.example".to_owned(), "same-site", 403),
        ("null".to_owned(), "same-origin", 403),
        ("null".to_owned(), "", 403),
    ] {
        let lines = format!("Host: {host}\r\nOrigin: {origin}\r\nSec-Fetch-Site: {site}\r\n");
        // 405 and not 403: it came past the policy, to a path that knows no POST.
        let answer = ask(&authority, &server, "POST /healthz", &lines).await;
        let begin = format!("HTTP/1.1 {status} ");
        assert!(answer.starts_with(&begin), "{origin} {site}: {answer}");
    }
    let twice = "Sec-Fetch-Site: same-origin\r\nSec-Fetch-Site: same-origin\r\n";
    let lines = format!("Host: {host}\r\nOrigin: https://hub.example\r\n{twice}");
    let answer = ask(&authority, &server, "POST /healthz", &lines).await;
    assert!(answer.starts_with("HTTP/1.1 403 "), "{answer}");
}

#[tokio::test]
async fn what_the_browser_says_of_the_page_opens_no_way_around_the_name() {
    let authority = Authority::new();
    let server = authority.serve(Config::default()).await;
    // What a page sends that had its own name rebound to this server.
    let lines =
        "Host: evil.example\r\nOrigin: https://evil.example\r\nSec-Fetch-Site: same-origin\r\n";
    let answer = ask(&authority, &server, "POST /events/a", lines).await;
    assert!(answer.starts_with("HTTP/1.1 421 "), "{answer}");
}

#[tokio::test]
async fn commands_to_copy_name_the_scheme() {
    let authority = Authority::new();
    let server = authority.serve(Config::default()).await;
    let answer = ask(&authority, &server, "GET /learn", "Host: localhost:1\r\n").await;
    assert!(
        answer.contains("https://localhost:1/") && !answer.contains("http://localhost:1/"),
        "{answer}"
    );
}

/// The program with a certificate of this authority, as `line` starts it; and its address.
fn program(authority: &Authority, line: &str) -> (Child, SocketAddr) {
    program_with(&authority.files(1), line)
}

/// The same with the certificate of these files.
pub(crate) fn program_with(files: &Files, line: &str) -> (Child, SocketAddr) {
    let program = env!("CARGO_BIN_EXE_tickertape");
    let line = format!("{line} exec {program} --ephemeral --addr 127.0.0.1:0 \"$@\"");
    let mut child = Command::new("sh")
        .args(["-c", &line, "sh", "--tls-cert"])
        .arg(&files.cert)
        .arg("--tls-key")
        .arg(&files.key)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    let out = child.stdout.take().unwrap();
    BufReader::new(out).read_line(&mut line).unwrap();
    let addr = line
        .trim_end()
        .strip_prefix("Tickertape is at https://")
        .expect(&line);
    (child, addr.parse().unwrap())
}

#[tokio::test]
async fn out_of_descriptors_it_recovers_with_tls_too() {
    let authority = Authority::new();
    let (mut child, addr) = program(&authority, "ulimit -n 24;");
    // They have begun no handshake, and hold their descriptors.
    let idle: Vec<_> = (0..40)
        .map(|_| std::net::TcpStream::connect(addr).unwrap())
        .collect();
    let mut waiting = Box::pin(authority.connect(addr, HTTP_1_1));
    let early = tokio::time::timeout(Duration::from_millis(100), &mut waiting).await;
    assert!(early.is_err(), "there is no descriptor for it");
    drop(idle);
    let mut stream = waiting.await;
    let head = "GET /healthz HTTP/1.0\r\n\r\n";
    stream.write_all(head.as_bytes()).await.unwrap();
    assert!(end_of(&mut stream).await.starts_with("HTTP/1.0 200 "));
    child.kill().unwrap();
    child.wait().unwrap();
}

#[tokio::test]
async fn a_signal_ends_the_program_and_all_streams_by_both_versions() {
    let authority = Authority::new();
    let (mut child, addr) = program(&authority, "");
    let mut older = authority.connect(addr, HTTP_1_1).await;
    let head = "GET /events?topic=a HTTP/1.1\r\nHost: localhost\r\n\r\n";
    older.write_all(head.as_bytes()).await.unwrap();
    within(older.read_u8()).await.unwrap();
    let (mut send, connection) = authority.http2(addr).await;
    tokio::spawn(connection);
    let request = Request::get("https://localhost/events?topic=a");
    let (response, _) = send.send_request(request.body(()).unwrap(), true).unwrap();
    let mut newer = within(response).await.unwrap().into_body();
    // One that has not got so far.
    let mut handshake = tokio::net::TcpStream::connect(addr).await.unwrap();
    handshake.write_all(&[0x16]).await.unwrap();

    let pid = child.id().to_string();
    let sent = Command::new("kill").args(["-TERM", &pid]).status().unwrap();
    assert!(sent.success());
    let asked = Instant::now();
    let text = end_of(&mut older).await;
    assert!(
        text.contains("event: hub.close\n") && text.contains("shutdown"),
        "{text}"
    );
    let mut text = Vec::new();
    while let Some(piece) = within(newer.data()).await {
        text.extend_from_slice(&piece.unwrap());
    }
    let text = String::from_utf8(text).unwrap();
    assert!(
        text.contains("event: hub.close\n") && text.contains("shutdown"),
        "{text}"
    );
    assert_eq!(child.wait().unwrap().code(), Some(0));
    assert!(asked.elapsed() < EXIT, "{:?}", asked.elapsed());
}

/// A server on which a reader that stops is slow after a moment, and is told so for long.
async fn with_slow_reader(authority: &Authority, goodbye: Duration) -> (Server, Tls1) {
    let limits = Limits {
        write_timeout: Duration::from_millis(400),
        goodbye,
        ..Limits::default()
    };
    let server = authority
        .serve(Config {
            demo: false,
            limits,
            ..Config::default()
        })
        .await;
    let mut stopped = authority.connect(server.addr, HTTP_1_1).await;
    let head = "GET /events/t HTTP/1.0\r\nHost: localhost\r\n\r\n";
    stopped.write_all(head.as_bytes()).await.unwrap();
    within(stopped.read_u8()).await.unwrap();
    // More than the kernel holds for a connection, in events that each take less than a batch.
    let lines = format!("{}\n", "x".repeat(60_000)).repeat(256);
    let length = lines.len();
    let lines =
        format!("Host: localhost\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{lines}");
    let mut upload = authority.connect(server.addr, HTTP_1_1).await;
    let head = format!("POST /lines/t HTTP/1.1\r\n{lines}");
    within(upload.write_all(head.as_bytes())).await.unwrap();
    assert!(end_of(&mut upload).await.starts_with("HTTP/1.1 200 "));
    // Nothing tells from outside that a time has passed but its passing.
    tokio::time::sleep(Duration::from_millis(1200)).await;
    (server, stopped)
}

#[tokio::test]
async fn a_reader_over_tls_that_stopped_is_told_when_it_comes_back_in_time() {
    let authority = Authority::new();
    let (_server, mut stopped) = with_slow_reader(&authority, Duration::from_secs(60)).await;
    let rest = end_of(&mut stopped).await;
    let close = rest.split_once("event: hub.close\n").expect("a goodbye").1;
    assert!(close.contains(r#""reason":"slow""#), "{close}");
}

#[tokio::test]
async fn a_reader_over_tls_that_stopped_for_too_long_is_cut_off() {
    let authority = Authority::new();
    let (_server, mut stopped) = with_slow_reader(&authority, Duration::from_millis(100)).await;
    let mut bytes = Vec::new();
    // In the middle of a record, or by a reset.
    let end = within(stopped.read_to_end(&mut bytes)).await;
    assert!(end.is_err(), "{} bytes, and a good end", bytes.len());
}

#[tokio::test]
async fn browsers_are_told_to_stay_with_https_where_that_is_asked_for() {
    let authority = Authority::new();
    let tls = Tls::open(authority.files(1)).unwrap();
    for (age, sent) in [(None, false), (Some(Duration::from_secs(86_400)), true)] {
        let tls = Some(tls.clone().with_hsts(age));
        let server = Server::with(Config {
            tls,
            ..Config::default()
        })
        .await;
        for path in ["GET /healthz", "GET /nowhere"] {
            let answer = ask(&authority, &server, path, "Host: localhost\r\n").await;
            let header = "\r\nstrict-transport-security: max-age=86400\r\n";
            assert_eq!(answer.contains(header), sent, "{answer}");
        }
    }
}

#[tokio::test]
async fn a_certificate_that_changes_is_read_again_and_a_broken_one_is_not_used() {
    let authority = Authority::new();
    let limits = Limits {
        certificate_look: Duration::from_millis(10),
        ..Limits::default()
    };
    let server = authority.serve(with_limits(limits)).await;
    let first = authority.shown_at(server.addr).await;
    let mut stream = authority.connect(server.addr, HTTP_1_1).await;
    let head = "GET /sse/time?count=0&interval=1 HTTP/1.1\r\nHost: localhost\r\n\r\n";
    stream.write_all(head.as_bytes()).await.unwrap();
    within(stream.read_u8()).await.unwrap();

    // Its key is that of another: it is not used.
    let cert = authority.dir().join("cert.pem");
    let key = authority.dir().join("key.pem");
    let (new_cert, new_key) = authority.sign(2);
    std::fs::write(&cert, &new_cert).unwrap();
    // Nothing tells from outside that it was looked at but time; that it was not used is seen at once.
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(authority.shown_at(server.addr).await, first);

    write_secret(&key, &new_key);
    within(async {
        while authority.shown_at(server.addr).await == first {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    })
    .await;
    // The stream goes on under the certificate that it began with.
    let mut bytes = [0; 4096];
    for _ in 0..10 {
        within(stream.read_exact(&mut bytes)).await.unwrap();
    }
}
