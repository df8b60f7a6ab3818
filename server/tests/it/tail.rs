//! `tickertape tail`, against servers that do what servers do.

use std::io::{BufRead, BufReader};
use std::process::{Child, ChildStdout, Command, Output, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

use crate::crash::{publish, seq};
use crate::program::{start, tickertape};
use crate::scripted::{STREAM, Scripted};

fn tail(args: &[&str]) -> Output {
    tickertape(&[&["tail"], args].concat()).output().unwrap()
}

/// What a program printed, and how it ended.
fn told(output: Output) -> (Option<i32>, String, String) {
    (
        output.status.code(),
        String::from_utf8(output.stdout).unwrap(),
        String::from_utf8(output.stderr).unwrap(),
    )
}

fn stream(body: &str) -> String {
    format!("{STREAM}{body}")
}

fn refusal(status: &str, more: &str) -> String {
    let body = r#"{"detail":"in these words"}"#;
    let length = body.len();
    format!(
        "HTTP/1.1 {status}\r\nContent-Length: {length}\r\n{more}Connection: close\r\n\r\n{body}"
    )
}

#[test]
fn each_cut_is_resumed_by_id_and_no_event_is_lost_or_doubled() {
    let server = Scripted::new(&[
        // Cut before any event, in the middle of an event, and of a line.
        stream("retry: 100\n\n"),
        stream("id: 1\ndata: a\n\nid: 2\ndata: b\n"),
        stream("id: 2\ndata: b\n\nevent: x\nid: 3\nda"),
        String::new(),
        stream("id: 3\ndata: c\ndata:\n\nid: 4\ndata: d\n\nid: 5\ndata: too many\n\n"),
    ]);
    let (code, out, _) = told(tail(&[&server.url, "--count", "4"]));
    assert_eq!((code, &*out), (Some(0), "a\nb\nc\n\nd\n"));
    for id in ["", "", "1", "2", "2"] {
        let (_, request) = server.next();
        let sent = request
            .lines()
            .find_map(|line| line.strip_prefix("last-event-id: "));
        assert_eq!(sent.unwrap_or_default(), id, "{request}");
        assert!(
            request.contains("accept: text/event-stream\r\n"),
            "{request}"
        );
    }
}

#[test]
fn what_passes_is_tried_again_no_earlier_than_asked() {
    let server = Scripted::new(&[
        stream("retry: 300\n\nid: 1\ndata: a\n\n"),
        refusal("500 Internal Server Error", ""),
        refusal("503 Service Unavailable", "Retry-After: 2\r\n"),
        refusal("429 Too Many Requests", ""),
        stream("data: b\n\n"),
    ]);
    let (code, out, said) = told(tail(&[&server.url, "--count", "2", "-v"]));
    assert_eq!((code, &*out), (Some(0), "a\nb\n"), "{said}");
    let times: Vec<_> = (0..5).map(|_| server.next().0).collect();
    let waits: Vec<_> = times.windows(2).map(|two| two[1] - two[0]).collect();
    for (wait, at_least) in waits.iter().zip([300, 600, 2000, 2400]) {
        assert!(*wait >= Duration::from_millis(at_least), "{waits:?}");
    }
    for words in [
        "connected\n",
        "503 Service Unavailable: in these words",
        "resumed after 1",
    ] {
        assert!(said.contains(words), "{words}: {said}");
    }
}

#[test]
fn what_lasts_ends_it_with_the_servers_words() {
    for (status, exit) in [
        ("400 Bad Request", 65),
        ("401 Unauthorized", 77),
        ("403 Forbidden", 77),
        ("404 Not Found", 65),
        ("304 Not Modified", 76),
    ] {
        // First, and after it was connected.
        for before in [&[] as &[_], &[stream("retry: 100\n\nid: 1\ndata: a\n\n")]] {
            let server = Scripted::new(&[before, &[refusal(status, "")]].concat());
            let (code, _, said) = told(tail(&[&server.url]));
            assert_eq!(code, Some(exit), "{status}: {said}");
            assert!(said.contains(status), "{said}");
            assert!(
                status.starts_with('3') || said.contains("in these words"),
                "{said}"
            );
        }
    }
}

#[test]
fn a_204_is_the_end_and_no_failure_unless_more_was_asked_for() {
    let over = || {
        Scripted::new(&[
            stream("retry: 100\n\nid: 1\ndata: a\n\n"),
            "HTTP/1.1 204 No Content\r\n\r\n".to_owned(),
        ])
    };
    let (code, out, said) = told(tail(&[&over().url]));
    assert_eq!((code, &*out), (Some(0), "a\n"));
    assert!(said.contains("204"), "{said}");
    assert_eq!(tail(&[&over().url, "--count", "2"]).status.code(), Some(69));
}

#[test]
fn what_is_no_event_stream_is_not_printed() {
    for (head, words) in [
        ("Content-Type: text/html\r\n", "text/html"),
        ("", "content type is \"\""),
        (
            "Content-Type: text/event-stream\r\nContent-Encoding: br\r\n",
            "\"br\"",
        ),
    ] {
        let server = Scripted::new(&[format!("HTTP/1.1 200 OK\r\n{head}\r\ndata: x\n\n")]);
        let (code, out, said) = told(tail(&[&server.url]));
        assert_eq!((code, &*out), (Some(76), ""), "{said}");
        assert!(said.contains(words), "{said}");
    }
}

#[test]
fn the_hubs_own_events_are_no_data_and_its_goodbye_is_heeded() {
    let server = Scripted::new(&[
        stream(concat!(
            "event: hub.open\nid: e-1\ndata: {\"epoch\":\"e\"}\n\nevent: hub.beat\nid: e-4\ndata: {}\n\n",
            "id: e-5\ndata: a\n\nevent: hub.close\nretry: 900\ndata: {\"reason\":\"shutdown\",\"retry_after_ms\":900}\n\n",
            "id: e-9\ndata: with it\n\n"
        )),
        stream("event: hub.other\nid: e-6\ndata: b\n\n"),
    ]);
    let (code, out, said) = told(tail(&[&server.url, "--count", "3", "--verbose"]));
    assert_eq!((code, &*out), (Some(0), "a\nwith it\nb\n"));
    assert!(said.contains("closes the stream (shutdown)"), "{said}");
    let (first, _) = server.next();
    let (second, request) = server.next();
    assert!(second - first >= Duration::from_millis(900));
    assert!(request.contains("last-event-id: e-9\r\n"), "{request}");
}

const GAP: &str = "event: hub.gap\nid: e-9\ndata: {\"reason\":\"trimmed\",\"requested\":\"e-1\",\"resumed_after\":\"e-9\",\"missed\":8}\n\n";

#[test]
fn a_gap_is_told_in_words_and_to_programs_and_may_end_it() {
    let serve = || Scripted::new(&[stream(&format!("{GAP}id: e-10\ntopic: t\ndata: a\n\n"))]);
    let (code, out, said) = told(tail(&[&serve().url, "--count", "1"]));
    assert_eq!((code, &*out), (Some(0), "a\n"));
    assert_eq!(
        said,
        "tickertape: gap: 8 events were missed (no longer kept); going on after e-9\n"
    );

    let (code, out, _) = told(tail(&[&serve().url, "--count", "1", "--json"]));
    let lines: Vec<Value> = out
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(code, Some(0));
    assert_eq!(lines[0]["event"], "hub.gap");
    let expected = json!({"id": "e-10", "topic": "t", "event": "message", "data": "a"});
    assert_eq!(lines[1..], [expected]);

    let (code, out, said) = told(tail(&[&serve().url, "--fail-on-gap"]));
    assert_eq!((code, &*out), (Some(1), ""));
    assert!(said.contains("gap: 8 events"), "{said}");
}

#[test]
fn a_server_that_is_not_there_is_said_once_and_waited_for() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let addr = listener.local_addr().unwrap();
    drop(listener);
    let (mut child, _out) = begin(&[&format!("http://{addr}/")]);
    let mut said = String::new();
    let mut err = BufReader::new(child.stderr.take().unwrap());
    err.read_line(&mut said).unwrap();
    assert!(
        said.contains("cannot reach") && said.contains("trying again"),
        "{said}"
    );
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn an_address_that_is_none_is_refused() {
    for (args, status) in [
        (&["127.0.0.1:8080/events"] as &[_], 64),
        (&["ftp://127.0.0.1/"], 64),
        (&[], 64),
        (&["http://127.0.0.1/", "--count", "0"], 64),
        (&["http://127.0.0.1/", "--last-event-id", "a\nb"], 64),
        (&["http://127.0.0.1/", "--since", "1m", "--last", "1"], 64),
    ] {
        let (code, out, said) = told(tail(args));
        assert_eq!((code, &*out), (Some(status), ""), "{args:?}: {said}");
        assert!(said.starts_with("error: "), "{said}");
    }
}

#[test]
fn a_reader_that_has_seen_enough_is_no_error() {
    let events = "data: 0123456789\n\n".repeat(100_000);
    let server = Scripted::new(&[stream(&events)]);
    let (mut child, mut out) = begin(&[&server.url]);
    let mut line = String::new();
    out.read_line(&mut line).unwrap();
    drop(out);
    assert_eq!(line, "0123456789\n");
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

#[test]
fn restarts_of_the_server_lose_and_double_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("log");
    let serve = |addr: &str| start(&["dev", "--data-dir", data.to_str().unwrap(), "--addr", addr]);
    let (mut server, addr, _out) = serve("127.0.0.1:0");
    let url = format!("http://{addr}/events?topic=crash");
    let (mut tail, out) = begin(&[&url, "--json", "--since", "all", "--fail-on-gap"]);

    // One publisher, so that the order of what it was told is the order of the log.
    let (tell, told) = mpsc::channel();
    let enough = Arc::new(AtomicBool::new(false));
    let publisher = thread::spawn({
        let (addr, enough) = (addr.clone(), Arc::clone(&enough));
        move || {
            for n in 0.. {
                let data = n.to_string();
                let Some(id) = publish(&addr, &data) else {
                    thread::sleep(Duration::from_millis(10));
                    continue;
                };
                tell.send((id, data)).unwrap();
                if enough.load(Ordering::Relaxed) {
                    return;
                }
            }
        }
    });
    let mut acknowledged = Vec::new();
    for signal in ["-KILL", "-TERM", "-KILL"] {
        acknowledged.extend(told.iter().take(50));
        let sent = Command::new("kill")
            .args([signal, &server.id().to_string()])
            .status();
        assert!(sent.unwrap().success());
        server.wait().unwrap();
        (server, _, _) = serve(&addr);
    }
    acknowledged.extend(told.iter().take(50));
    enough.store(true, Ordering::Relaxed);
    acknowledged.extend(told.iter());
    publisher.join().unwrap();
    let last = publish(&addr, "last").unwrap();
    acknowledged.push((last.clone(), "last".to_owned()));

    let mut printed = Vec::new();
    for line in out.lines() {
        let event: Value = serde_json::from_str(&line.unwrap()).unwrap();
        let text = |key: &str| event[key].as_str().unwrap().to_owned();
        assert_eq!(text("event"), "message", "{event}");
        printed.push((text("id"), text("data")));
        if printed.last().unwrap().0 == last {
            break;
        }
    }
    for child in [&mut tail, &mut server] {
        child.kill().unwrap();
        child.wait().unwrap();
    }
    let seqs: Vec<u64> = printed.iter().map(|(id, _)| seq(id)).collect();
    assert!(seqs.is_sorted_by(|a, b| a < b), "out of order, or twice");
    // What was printed and not acknowledged was under way when the server went.
    let mut rest = printed.iter();
    for event in &acknowledged {
        assert!(
            rest.any(|printed| printed == event),
            "{event:?} was acknowledged"
        );
    }
    assert!(printed.len() <= acknowledged.len() + 3);
}

/// A tail that goes on, and what it prints.
pub(crate) fn begin(args: &[&str]) -> (Child, BufReader<ChildStdout>) {
    let mut command = tickertape(&[&["tail"], args].concat());
    let mut child = command.stdin(Stdio::null()).spawn().unwrap();
    let out = BufReader::new(child.stdout.take().unwrap());
    (child, out)
}
