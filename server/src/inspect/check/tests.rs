//! Servers of every kind, and what the check says of them.

mod delivery;
mod head;
mod hostile;
mod idle;
mod resume;

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::LazyLock;
use std::sync::mpsc::{Receiver, channel};
use std::thread::{self, sleep};

use serde_json::Value;

use super::*;
use crate::client::trust::Trust;

/// What is watched in these tests: long enough for a stream to show what it does.
const TIME: Duration = Duration::from_millis(900);
/// How much quiet is too much in them.
const SILENCE: Duration = Duration::from_millis(600);
/// How much is some.
const QUIET: Duration = Duration::from_millis(400);
/// More than that, and less than is watched.
const MORE_QUIET: Duration = Duration::from_millis(500);

const HEAD: &str = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\
    Cache-Control: no-cache, no-transform\r\nX-Accel-Buffering: no\r\nConnection: close\r\n\r\n";

/// A server that answers each connection as a test says, and its address.
fn serve(answer: impl Fn(&str, &mut TcpStream) + Send + Sync + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/events", listener.local_addr().unwrap());
    let answer = std::sync::Arc::new(answer);
    thread::spawn(move || {
        for stream in listener.incoming() {
            let answer = std::sync::Arc::clone(&answer);
            thread::spawn(move || {
                let mut stream = stream.unwrap();
                let mut asked = Vec::new();
                let mut byte = [0];
                while !asked.ends_with(b"\r\n\r\n") {
                    if stream.read(&mut byte).unwrap_or(0) == 0 {
                        return;
                    }
                    asked.push(byte[0]);
                }
                let asked = String::from_utf8(asked).unwrap().to_ascii_lowercase();
                answer(&asked, &mut stream);
            });
        }
    });
    url
}

/// Sends a text; a client that is gone is the test's own doing.
fn say(stream: &mut TcpStream, text: &str) {
    let _ = stream.write_all(text.as_bytes());
}

/// Keeps the connection open until the client closes it.
fn hold(stream: &mut TcpStream) {
    let _ = stream.read(&mut [0]);
}

/// The value of a header of a request.
fn header<'a>(asked: &'a str, name: &str) -> Option<&'a str> {
    asked
        .lines()
        .find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
}

/// Answers with an event stream of numbered events, as a good server does: those after the id
/// that a client brings, a beat, and then nothing.
fn good(asked: &str, stream: &mut TcpStream) {
    say(stream, HEAD);
    say(stream, ": hello\nretry: 1000\n\n");
    numbered(after(asked), stream);
    beat(stream);
}

fn after(asked: &str) -> u64 {
    header(asked, "last-event-id").map_or(0, |id| id.parse().unwrap())
}

fn numbered(after: u64, stream: &mut TcpStream) {
    for n in after + 1..=4 {
        say(stream, &format!("id: {n}\ndata: event {n}\n\n"));
    }
}

/// A comment, in a piece of its own.
fn beat_once(stream: &mut TcpStream) {
    sleep(Duration::from_millis(50));
    say(stream, ": beat\n\n");
}

/// A comment, again and again, until the client is gone.
fn beat(stream: &mut TcpStream) {
    while stream.write_all(b": beat\n\n").is_ok() {
        sleep(Duration::from_millis(100));
    }
}

/// What shows nothing.
static NOTHING: LazyLock<Trust> = LazyLock::new(Trust::default);

fn settings(url: &str) -> Settings<'_> {
    let stream = Stream {
        headers: &[],
        url,
        trust: &NOTHING,
    };
    Settings {
        quiet: QUIET,
        silence: SILENCE,
        progress: |_| (),
        ..Settings::new(stream, Format::Json, TIME)
    }
}

/// Each finding as `level code`, and the verdict.
fn findings(settings: &Settings<'_>) -> (Vec<String>, Verdict) {
    let mut out = Vec::new();
    let verdict = run(settings, &mut out).unwrap();
    let lines = String::from_utf8(out).unwrap();
    let mut lines: Vec<Value> = lines
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let last = lines.pop().unwrap();
    assert_eq!(last["kind"], "verdict");
    assert_eq!(last["bad"], verdict.bad);
    assert_eq!(last["ok"], verdict.bad == 0);
    let told = lines.iter().map(|line| {
        assert_eq!(line["kind"], "check");
        let (level, code) = (line["level"].as_str(), line["code"].as_str());
        let word = format!("{} {}", level.unwrap(), code.unwrap());
        // Whatever is wrong comes with what to do.
        let is_wrong = ["warn", "bad"].contains(&level.unwrap());
        assert!(!is_wrong || line["change"].is_string(), "{line}");
        word
    });
    (told.collect(), verdict)
}

/// What is wrong, or to be looked at, with what this server sends.
fn wrong(answer: impl Fn(&str, &mut TcpStream) + Send + Sync + 'static) -> Vec<String> {
    let url = serve(answer);
    let (mut told, _) = findings(&settings(&url));
    told.retain(|word| word.starts_with("bad") || word.starts_with("warn"));
    told
}

/// Runs a test's cases beside each other: each waits most of its time.
fn all<T: Send>(cases: impl IntoIterator<Item = T>, case: impl Fn(T) + Sync) {
    thread::scope(|scope| {
        for one in cases {
            scope.spawn(|| case(one));
        }
    });
}

/// Answers with this head in place of a good one, and then as a good server.
fn with_head(head: &str) -> Vec<String> {
    let head = head.to_owned();
    wrong(move |asked, stream| {
        say(stream, &head);
        numbered(after(asked), stream);
        beat(stream);
    })
}
