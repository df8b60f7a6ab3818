//! What the server says of its work on standard error: and what it never says.

mod strangers;

use std::fs::File;
use std::io::{BufRead, BufReader, Read, Seek, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};

use axum::http::Request;
use serde_json::Value;

use crate::program::tickertape;
use crate::secure::Authority;
use crate::support::within;

/// A started program, and what it has said.
struct Program {
    child: Child,
    addr: String,
    said: File,
}

impl Program {
    fn start(args: &[&str]) -> Self {
        let said = tempfile::tempfile().unwrap();
        let mut child = tickertape(args)
            .stderr(said.try_clone().unwrap())
            .stdin(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        out.read_line(&mut line).unwrap();
        let addr = line.trim_end().split_once("://");
        let addr = addr.expect(&line).1.to_owned();
        Self { child, addr, said }
    }

    /// One request as it is, with the whole answer.
    fn ask(&self, head: impl AsRef<[u8]>, body: &str) -> String {
        let mut stream = TcpStream::connect(&self.addr).unwrap();
        stream.write_all(head.as_ref()).unwrap();
        let length = format!("Host: localhost\r\nContent-Length: {}\r\n\r\n", body.len());
        stream.write_all((length + body).as_bytes()).unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        String::from_utf8_lossy(&answer).into_owned()
    }

    /// Stops it as an operator does; all that it has said.
    fn stop(mut self) -> String {
        let pid = self.child.id().to_string();
        Command::new("kill").args(["-TERM", &pid]).status().unwrap();
        assert_eq!(self.child.wait().unwrap().code(), Some(0));
        self.said.rewind().unwrap();
        let mut said = String::new();
        self.said.read_to_string(&mut said).unwrap();
        said
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // One that has ended already needs neither.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

const DEV: [&str; 4] = ["dev", "--ephemeral", "--addr", "127.0.0.1:0"];

#[test]
fn as_json_it_is_one_object_a_line_with_what_matters_of_start_and_stop() {
    let program = Program::start(&[&DEV[..], &["--log-format", "json"]].concat());
    let addr = program.addr.clone();
    program.ask("POST /events/a HTTP/1.0\r\n", "x");
    let said = program.stop();
    let lines: Vec<Value> = said
        .lines()
        .map(|line| serde_json::from_str(line).expect(line))
        .collect();
    for line in &lines {
        for part in ["timestamp", "level", "target", "message"] {
            assert!(line[part].is_string(), "{part}: {line}");
        }
    }
    let of = |message| {
        let found = lines.iter().find(|line| line["message"] == message);
        found.unwrap_or_else(|| panic!("no {message}: {said}"))
    };
    let started = of("started");
    assert_eq!(started["addr"], addr);
    assert_eq!(started["version"], env!("CARGO_PKG_VERSION"));
    assert!(of("stopped")["published"].as_u64().unwrap() >= 1);
    assert_eq!(of("stopping")["level"], "INFO");
}

#[test]
fn a_request_is_logged_for_who_asks_for_it_and_without_its_query() {
    let quiet = Program::start(&DEV);
    quiet.ask("GET /events/a?poll=1 HTTP/1.0\r\n", "");
    assert!(!quiet.stop().contains("/events/a"));
    let log = ["--log-format", "json", "--log", "server::access=debug"];
    let program = Program::start(&[&DEV[..], &log].concat());
    program.ask("GET /events/a%1b%5B31m?poll=1 HTTP/1.0\r\n", "");
    program.ask("GET /nowhere HTTP/1.0\r\n", "");
    let said = program.stop();
    let lines: Vec<Value> = said
        .lines()
        .map(|line| serde_json::from_str(line).expect(line))
        .collect();
    let [first, second] = &lines[..] else {
        panic!("two requests: {said}");
    };
    assert_eq!(first["target"], "server::access");
    assert_eq!(first["method"], "GET");
    // Percent-encoded, as it was sent: a topic is a path here.
    assert_eq!(first["path"], "/events/a%1b%5B31m");
    assert_eq!(
        (&first["status"], &second["status"]),
        (&400.into(), &404.into())
    );
    assert!(first["took_ms"].as_f64().unwrap() >= 0.0);
    assert!(second["bytes"].as_u64().unwrap() > 50);
}

#[test]
fn what_is_refused_is_told_once_and_not_as_often_as_it_happens() {
    let program = Program::start(&[&DEV[..], &["--log-format", "json"]].concat());
    for _ in 0..20 {
        let answer = program.ask("GET / HTTP/1.0\r\nHost: evil.example\r\n", "");
        assert!(answer.starts_with("HTTP/1.0 400 "), "two hosts: {answer}");
        let mut stream = TcpStream::connect(&program.addr).unwrap();
        stream
            .write_all(b"GET / HTTP/1.0\r\nHost: evil.example\r\n\r\n")
            .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.0 421 "), "{answer}");
    }
    let said = program.stop();
    let lines: Vec<Value> = said
        .lines()
        .map(|line| serde_json::from_str(line).expect(line))
        .filter(|line: &Value| line["message"] == "requests are refused")
        .collect();
    assert_eq!(lines.len(), 1, "{said}");
    assert_eq!(
        (&lines[0]["reason"], &lines[0]["status"]),
        (&"host".into(), &421.into())
    );
    assert!(!said.contains("evil.example"), "{said}");
}

#[test]
fn names_that_reach_the_log_steer_no_terminal_and_turn_no_text() {
    for format in ["text", "json"] {
        let log = ["--log", "trace", "--log-format", format];
        let program = Program::start(&[&DEV[..], &log].concat());
        let evil = "\u{202e}evil\u{9b}31m\u{2066}";
        for head in [
            format!("POST /events/a HTTP/1.0\r\nOrigin: https://{evil}\r\n"),
            format!("GET /events/{evil}?poll=1 HTTP/1.0\r\n"),
            format!("GET /events?topic={evil}&poll=1 HTTP/1.0\r\n"),
            "GET /events/%e2%80%ae%1b%5b2J?poll=1 HTTP/1.0\r\n".to_owned(),
        ] {
            program.ask(head, "x");
        }
        let said = program.stop();
        let steers = |c: char| c != '\n' && c.is_control() || hub::is_bidi_control(c);
        let found: String = said.chars().filter(|c| steers(*c)).collect();
        assert_eq!(found, "", "{format}: {said:?}");
        assert!(said.contains("refused a page of the origin"), "{said}");
    }
}

/// Wherever a secret may stand in a request, at the most that is ever logged.
#[test]
fn no_payload_no_token_and_no_ticket_is_ever_logged() {
    const SECRET: &str = "hunter2hunter3hunter4hunter5hunter6";
    let dir = tempfile::tempdir().unwrap();
    let key = dir.path().join("key");
    std::fs::write(&key, SECRET).unwrap();
    let args = [
        "serve",
        "--ephemeral",
        "--demo",
        "--addr",
        "127.0.0.1:0",
        "--public-read",
        "**",
        "--public-write",
        "**",
        "--jwt-key",
        key.to_str().unwrap(),
    ];
    for format in ["text", "json"] {
        let log = [
            "--log",
            "trace,hyper=trace,h2=trace,rustls=trace",
            "--log-format",
            format,
        ];
        let program = Program::start(&[&args[..], &log].concat());
        let form = "Content-Type: application/x-www-form-urlencoded\r\n";
        let json = "Content-Type: application/json\r\n";
        let lines = "Content-Type: application/x-ndjson\r\n";
        let data = format!("topic=a&data={SECRET}");
        let object = format!(r#"{{"topic":"a","data":"{SECRET}"}}"#);
        let broken = format!(r#"{{"topic":"a","data":"{SECRET}""#);
        let nul = format!("{SECRET}\0");
        for (head, body) in [
            ("POST /events/a HTTP/1.0\r\n".to_owned(), SECRET),
            ("POST /events/a HTTP/1.0\r\n".to_owned(), &nul),
            (format!("POST /events/a?key={SECRET} HTTP/1.0\r\n"), "x"),
            (format!("POST /events/a?event={SECRET} HTTP/1.0\r\n"), "x"),
            (format!("POST /events/a?retry={SECRET} HTTP/1.0\r\n"), "x"),
            (format!("POST /events HTTP/1.0\r\n{form}"), &data),
            (format!("POST /events HTTP/1.0\r\n{json}"), &object),
            (format!("POST /events HTTP/1.0\r\n{json}"), &broken),
            (format!("POST /lines HTTP/1.0\r\n{lines}"), &broken),
            ("PUT /lines/a HTTP/1.0\r\n".to_owned(), SECRET),
            (format!("POST /post?user={SECRET} HTTP/1.0\r\n"), SECRET),
            (
                format!("GET /events?topic=a&poll=1&ticket={SECRET} HTTP/1.0\r\n"),
                "",
            ),
            (
                format!("GET /events?topic=a&poll=1&{SECRET}=1 HTTP/1.0\r\n"),
                "",
            ),
            (format!("GET /api/stats?ticket={SECRET} HTTP/1.0\r\n"), ""),
            (bearing(&format!("Authorization: Bearer {SECRET}")), ""),
            (bearing(&format!("Authorization: Basic {SECRET}")), ""),
            (bearing(&format!("Cookie: __Host-tickertape={SECRET}")), ""),
            (bearing(&format!("Idempotency-Key: {SECRET}")), ""),
            (bearing(&format!("Last-Event-ID: {SECRET}")), ""),
            (bearing(&format!("{SECRET}: x")), ""),
            (format!("{SECRET} / HTTP/1.0\r\n"), ""),
        ] {
            program.ask(head, body);
        }
        let said = program.stop();
        assert!(said.contains("/api/stats"), "requests are logged: {said}");
        let found: Vec<_> = said
            .lines()
            .filter(|line| line.contains("hunter3"))
            .collect();
        assert!(found.is_empty(), "{format}: {found:#?}");
    }
}

fn bearing(header: &str) -> String {
    format!("GET /events?topic=a&poll=1 HTTP/1.0\r\n{header}\r\n")
}

/// What the crates of HTTP/2 and TLS say in detail is not for us to know.
#[tokio::test]
async fn by_http2_no_header_is_logged_either() {
    const SECRET: &str = "hunter2";
    let authority = Authority::new();
    let files = authority.files(1);
    let paths = [&files.cert, &files.key].map(|path| path.to_str().unwrap());
    let tls = ["--tls-cert", paths[0], "--tls-key", paths[1]];
    let log = ["--log", "trace,h2=trace,hyper=trace,rustls=trace"];
    let program = Program::start(&[&DEV[..], &tls, &log].concat());
    let (send, connection) = authority.http2(program.addr.parse().unwrap()).await;
    let connection = tokio::spawn(connection);
    let request = Request::get(format!(
        "https://localhost/events?topic=a&poll=1&ticket={SECRET}"
    ));
    let request = request
        .header("authorization", format!("Bearer {SECRET}"))
        .header("cookie", format!("a={SECRET}"));
    let mut send = within(send.ready()).await.unwrap();
    let (response, _) = send.send_request(request.body(()).unwrap(), true).unwrap();
    within(response).await.unwrap();
    connection.abort();
    within(connection).await.unwrap_err();
    let said = program.stop();
    assert!(said.contains("/events"), "{said}");
    assert!(!said.contains(SECRET), "{said}");
}
