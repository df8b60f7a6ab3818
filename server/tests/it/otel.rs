//! Traces, in a build with the feature `otel`: `cargo test -p server --features otel otel`.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::Command;
use std::sync::mpsc;
use std::time::Duration;

use crate::program::{ask, start};

/// A collector on loopback: the head and the body of each request that it gets.
fn collector() -> (String, mpsc::Receiver<(String, Vec<u8>)>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let addr = listener.local_addr().unwrap();
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            // Kept open by who sends: one after the other.
            let mut stream = stream.unwrap();
            while let Some(request) = read(&mut stream) {
                let answer = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
                stream.write_all(answer.as_bytes()).unwrap();
                if sender.send(request).is_err() {
                    return;
                }
            }
        }
    });
    (format!("http://{addr}"), receiver)
}

fn read(stream: &mut TcpStream) -> Option<(String, Vec<u8>)> {
    let (mut head, mut byte) = (Vec::new(), [0]);
    while !head.ends_with(b"\r\n\r\n") {
        stream.read_exact(&mut byte).ok()?;
        head.push(byte[0]);
    }
    let head = String::from_utf8(head).unwrap().to_ascii_lowercase();
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length: "));
    let mut body = vec![0; length.expect(&head).trim().parse().unwrap()];
    stream.read_exact(&mut body).ok()?;
    Some((head, body))
}

fn stop(child: &mut std::process::Child) {
    let pid = child.id().to_string();
    Command::new("kill").args(["-TERM", &pid]).status().unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

#[test]
fn requests_publishes_and_syncs_are_exported_and_nothing_that_a_client_sent() {
    const SECRET: &str = "hunter2";
    let dir = tempfile::tempdir().unwrap();
    let (endpoint, requests) = collector();
    let dir = dir.path().to_str().unwrap();
    let args = ["dev", "--data-dir", dir, "--addr", "127.0.0.1:0"];
    let traced = ["--otlp-endpoint", &endpoint, "--log", "trace"];
    let (mut child, addr, _) = start(&[&args[..], &traced].concat());
    let headers = format!(
        "Host: localhost\r\nAuthorization: Bearer {SECRET}\r\nCookie: a={SECRET}\r\n\
         Idempotency-Key: {SECRET}\r\nContent-Length: 7\r\n\r\n{SECRET}"
    );
    let answer = ask(
        &addr,
        &format!("POST /events/{SECRET}?event={SECRET} HTTP/1.0\r\n{headers}"),
    );
    assert!(answer.starts_with("HTTP/1.0 200 "), "{answer}");
    ask(
        &addr,
        &format!("GET /nowhere/{SECRET}?ticket={SECRET} HTTP/1.0\r\n{headers}"),
    );
    stop(&mut child);
    let mut exported = Vec::new();
    while let Ok((head, body)) = requests.recv_timeout(Duration::from_secs(1)) {
        assert!(head.starts_with("post /v1/traces http/1.1"), "{head}");
        assert!(
            head.contains("content-type: application/x-protobuf"),
            "{head}"
        );
        exported.extend(body);
    }
    let exported = String::from_utf8_lossy(&exported).into_owned();
    for part in [
        "tickertape",
        "POST /events/{*topic}",
        "GET unmatched",
        "http.route",
        "http.response.status_code",
        "publish",
        "sync",
    ] {
        assert!(exported.contains(part), "{part}: {exported:?}");
    }
    assert!(!exported.contains(SECRET), "{exported:?}");
    assert!(!exported.contains("127.0.0.1"), "{exported:?}");
}

#[test]
fn without_a_collector_the_server_works_and_says_once_that_traces_are_lost() {
    let (mut child, addr, _) = start(&[
        "dev",
        "--ephemeral",
        "--addr",
        "127.0.0.1:0",
        // Nothing listens at the port of discard.
        "--otlp-endpoint",
        "http://127.0.0.1:9",
    ]);
    for _ in 0..3 {
        let answer = ask(&addr, "GET /healthz HTTP/1.0\r\n\r\n");
        assert!(answer.ends_with("ok\n"), "{answer}");
    }
    stop(&mut child);
    let mut said = String::new();
    let mut errors = child.stderr.take().unwrap();
    errors.read_to_string(&mut said).unwrap();
    assert_eq!(said.matches("traces cannot be sent").count(), 1, "{said}");
}
