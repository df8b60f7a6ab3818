//! `tickertape publish`, against a hub and against servers that do what servers do.

use std::io::{BufRead, Write};
use std::process::{Output, Stdio};

use serde_json::{Value, json};

use crate::program::{start, tickertape};
use crate::scripted::Scripted;
use crate::tail::begin;

/// What it prints and how it ends, with this on its standard input.
fn publish(args: &[&str], input: &[u8]) -> (Option<i32>, String, String) {
    let mut command = tickertape(&[&["publish"], args].concat());
    let mut child = command.stdin(Stdio::piped()).spawn().unwrap();
    // One that refuses its arguments reads nothing.
    let _ = child.stdin.take().unwrap().write_all(input);
    let Output {
        status,
        stdout,
        stderr,
    } = child.wait_with_output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (status.code(), text(stdout), text(stderr))
}

fn answer(status: &str, body: &str) -> String {
    let length = body.len();
    format!("HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}")
}

fn is_safe(text: &str) -> bool {
    !text.contains(|c: char| c.is_control() && c != '\n')
}

#[test]
fn an_event_arrives_as_it_was_given() {
    let (mut server, addr, _out) = start(&["--ephemeral", "--addr", "127.0.0.1:0"]);
    let url = format!("http://{addr}/");
    let topic = "a b/é?x=1&y#z%2F+";
    let (mut tail, mut out) = begin(&[
        &format!("{url}events"),
        "--topic",
        topic,
        "--topic",
        "none",
        "--json",
        "--since",
        "all",
    ]);
    let cases: [(&[&str], &[u8], &str); 5] = [
        (&["--event", "né w", "--retry", "500", "a\tb"], b"", "a\tb"),
        (&[], "two\nlines é\n".as_bytes(), "two\nlines é\n"),
        (&["-"], b"", ""),
        (&["--key", "k 1", "once"], b"", "once"),
        (&["-4.5"], b"", "-4.5"),
    ];
    for (args, input, data) in cases {
        let args = [&[topic, "--url", &url], args].concat();
        let (code, printed, said) = publish(&args, input);
        assert_eq!((code, &*said), (Some(0), ""), "{args:?}");
        let answer: Value = serde_json::from_str(&printed).unwrap();
        let mut line = String::new();
        out.read_line(&mut line).unwrap();
        let event: Value = serde_json::from_str(&line).unwrap();
        assert_eq!(answer, json!({"id": event["id"], "topic": topic}));
        assert_eq!(
            (&event["topic"], &event["data"]),
            (&topic.into(), &data.into())
        );
        let name = if args.contains(&"--event") {
            "né w"
        } else {
            "message"
        };
        assert_eq!(event["event"], name);
    }
    let (_, again, _) = publish(&[topic, "--url", &url, "--key", "k 1", "once"], b"");
    assert!(again.contains("\"duplicate\":true"), "{again}");
    for child in [&mut tail, &mut server] {
        child.kill().unwrap();
        child.wait().unwrap();
    }
}

#[test]
fn bad_input_is_refused_in_words_and_leaves_no_trace() {
    let (mut server, addr, _out) = start(&["--ephemeral", "--addr", "127.0.0.1:0"]);
    let url = format!("http://{addr}");
    let long_topic = "t".repeat(1025);
    let long_name = "e".repeat(129);
    let too_large = vec![b'x'; (1 << 20) + 1];
    let far_too_large = vec![b'x'; (64 << 20) + 1];
    let cases: &[(&[&str], &[u8], i32, &str)] = &[
        (&[], b"", 64, "TOPIC"),
        (&["", "x"], b"", 64, "TOPIC"),
        (&["a*", "x"], b"", 64, "TOPIC"),
        (&["/a", "x"], b"", 64, "TOPIC"),
        (&["a\u{202e}", "x"], b"", 64, "TOPIC"),
        (&[&long_topic, "x"], b"", 64, "1,024 bytes"),
        (&["a", "x", "--event", "hub.open"], b"", 64, "--event"),
        (&["a", "x", "--event", "a\nb"], b"", 64, "--event"),
        (&["a", "x", "--event", &long_name], b"", 64, "--event"),
        (&["a", "x", "--retry", "1"], b"", 64, "--retry"),
        (&["a", "x", "--retry", "soon"], b"", 64, "--retry"),
        (&["a", "x", "--key", ""], b"", 64, "--key"),
        (&["a", "x", "--key", " k"], b"", 64, "--key"),
        (&["a", "x", "--lines"], b"", 64, "--lines"),
        (&["a", "--key", "k", "--lines"], b"", 64, "--key"),
        (&["a", "x", "--url", "hub:80"], b"", 64, "--url"),
        (&["a", "x", "--url", "http://h/?q"], b"", 64, "--url"),
        (&["a", "x", "y"], b"", 64, "y"),
        (&["a", "--evnt", "x"], b"", 64, "--evnt"),
        (&["a"], b"a\xffb", 65, "not UTF-8 from byte 1"),
        (&["a"], b"a\0", 65, "NUL"),
        (&["a"], &too_large, 65, "1048576"),
        (&["a"], &far_too_large, 65, "64 MiB"),
        (&["a", "--lines"], b"a\0\n", 65, "line 1"),
    ];
    for (args, input, status, words) in cases {
        // The last --url would count.
        let mut all = args.to_vec();
        if !args.contains(&"--url") {
            all.extend(["--url", &url]);
        }
        let (code, out, said) = publish(&all, input);
        let shown = args
            .iter()
            .map(|arg| arg.chars().take(20).collect::<String>());
        let shown: Vec<_> = shown.collect();
        assert_eq!((code, &*out), (Some(*status), ""), "{shown:?}: {said}");
        assert!(said.contains(words) && is_safe(&said), "{shown:?}: {said}");
    }
    let (code, out, _) = publish(&["a", "--lines", "--url", &url], b"");
    let empty = "{\"count\":0,\"first\":null,\"last\":null}\n";
    assert_eq!((code, &*out), (Some(0), empty));
    let poll = crate::program::ask(
        &addr,
        "GET /events?topic=a&poll=1&since=all HTTP/1.0\r\nHost: localhost\r\n\r\n",
    );
    assert!(poll.contains("\"events\":[]"), "{poll}");
    server.kill().unwrap();
    server.wait().unwrap();
}

#[test]
fn lines_are_published_as_they_arrive() {
    let (mut server, addr, _out) = start(&["--ephemeral", "--addr", "127.0.0.1:0"]);
    let url = format!("http://{addr}");
    let (mut tail, mut out) = begin(&[&format!("{url}/events/build"), "--since", "all"]);
    let mut command = tickertape(&["publish", "build", "--lines", "--url", &url]);
    let mut child = command.stdin(Stdio::piped()).spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    let mut next = || {
        let mut line = String::new();
        out.read_line(&mut line).unwrap();
        line
    };
    input.write_all(b"one\r\ntw").unwrap();
    assert_eq!(next(), "one\n");
    input.write_all(b"o\n\n").unwrap();
    assert_eq!((next(), next()), ("two\n".to_owned(), "\n".to_owned()));
    input.write_all(b"last").unwrap();
    drop(input);
    assert_eq!(next(), "last\n");
    let output = child.wait_with_output().unwrap();
    let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(
        (output.status.code(), &answer["count"]),
        (Some(0), &json!(4))
    );
    assert!(
        answer["first"].as_str() < answer["last"].as_str(),
        "{answer}"
    );

    let many: String = (0..50_000).map(|n| format!("line {n}\n")).collect();
    let (code, answer, _) = publish(&["build", "--lines", "--url", &url], many.as_bytes());
    assert_eq!(code, Some(0));
    assert!(answer.contains("\"count\":50000"), "{answer}");
    for n in 0..50_000 {
        assert_eq!(next(), format!("line {n}\n"));
    }

    // The lines of the requests before are counted, too.
    let bad = format!("{}\nbad\0\nafter\n", "x\n".repeat(600_000));
    let (code, out, said) = publish(&["build", "--lines", "--url", &url], bad.as_bytes());
    assert_eq!((code, &*out), (Some(65), ""), "{said}");
    let words = "line 600002 was refused (events stored before it: 600001): `data` holds a NUL";
    assert!(said.contains(words), "{said}");
    for child in [&mut tail, &mut server] {
        child.kill().unwrap();
        child.wait().unwrap();
    }
}

#[test]
fn lines_go_on_once_a_server_that_was_there_is_back() {
    let (mut server, addr, _out) = start(&["--ephemeral", "--addr", "127.0.0.1:0"]);
    let url = format!("http://{addr}");
    let (mut tail, mut out) = begin(&[&format!("{url}/events/build"), "--since", "all"]);
    let mut command = tickertape(&["publish", "build", "--lines", "--url", &url]);
    let mut child = command.stdin(Stdio::piped()).spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    input.write_all(b"one\n").unwrap();
    let mut line = String::new();
    out.read_line(&mut line).unwrap();
    assert_eq!(line, "one\n");
    // A stop answers what it has stored.
    let pid = server.id().to_string();
    std::process::Command::new("kill")
        .arg(pid)
        .status()
        .unwrap();
    server.wait().unwrap();
    tail.kill().unwrap();
    tail.wait().unwrap();
    input.write_all(b"two\n").unwrap();
    drop(input);
    let (mut server, _, _out) = start(&["--ephemeral", "--addr", &addr]);
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(0), "{said}");
    let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(answer["count"], 2, "{answer}");
    server.kill().unwrap();
    server.wait().unwrap();
}

#[test]
fn what_the_server_says_decides_the_exit_status() {
    for (status, exit) in [
        ("400 Bad Request", 65),
        ("413 Payload Too Large", 65),
        ("401 Unauthorized", 77),
        ("403 Forbidden", 77),
        ("429 Too Many Requests", 75),
        ("503 Service Unavailable", 75),
        ("507 Insufficient Storage", 75),
        ("500 Internal Server Error", 76),
        ("504 Gateway Timeout", 76),
    ] {
        let body = r#"{"detail":"in these\u001b[2J words"}"#;
        let server = Scripted::new(&[answer(status, body)]);
        let (code, out, said) = publish(&["a", "x", "--url", &server.url], b"");
        assert_eq!((code, &*out), (Some(exit), ""), "{status}: {said}");
        assert!(
            said.contains("in these\\u{1b}[2J words") && said.contains(status),
            "{said}"
        );
        let (_, request) = server.next();
        assert!(
            request.starts_with("POST /prefix/events?topic=a HTTP/1.1\r\n"),
            "{request}"
        );
        assert!(request.ends_with("\r\n\r\nx"), "{request}");
    }
}

#[test]
fn without_a_key_an_answer_that_does_not_come_leaves_the_outcome_unknown() {
    for answers in [
        String::new(),
        answer("200 OK", "<html>"),
        answer("200 OK", "{\"id\":1").replace("Length: 7", "Length: 9"),
    ] {
        let server = Scripted::new(&[answers]);
        let (code, out, said) = publish(&["a", "x", "--url", &server.url], b"");
        assert_eq!((code, &*out), (Some(76), ""), "{said}");
        assert!(
            said.contains("is not known") && said.contains("--key"),
            "{said}"
        );
    }
    let server = Scripted::new(&[String::new()]);
    let (code, _, said) = publish(&["a", "--lines", "--url", &server.url], b"1\n2\n3");
    assert_eq!(code, Some(76), "{said}");
    assert!(
        said.contains("lines 1 to 2 are stored is not known"),
        "{said}"
    );
}

#[test]
fn with_a_key_it_is_tried_again_a_few_times() {
    let server = Scripted::new(&[
        String::new(),
        answer("503 Service Unavailable", ""),
        answer("200 OK", r#"{"id":"e-1","topic":"a","duplicate":true}"#),
    ]);
    let (code, out, said) = publish(&["a", "x", "--key", "k/1", "--url", &server.url], b"");
    assert_eq!(code, Some(0), "{said}");
    assert!(out.contains("\"id\":\"e-1\""), "{out}");
    for _ in 0..3 {
        let (_, request) = server.next();
        assert!(request.contains("?topic=a&key=k%2F1 "), "{request}");
    }

    let server = Scripted::new(&vec![String::new(); 9]);
    let (code, _, said) = publish(&["a", "x", "--key", "k", "--url", &server.url], b"");
    assert_eq!(code, Some(76));
    assert!(said.contains("with this key is safe"), "{said}");
    assert_eq!(server.requests(), 5);
}

#[test]
fn a_server_that_is_not_there_is_69() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let addr = listener.local_addr().unwrap();
    drop(listener);
    let url = format!("http://{addr}");
    for args in [
        &["a", "x"] as &[_],
        &["a", "--lines"],
        &["a", "x", "--key", "k"],
    ] {
        let (code, _, said) = publish(&[args, &["--url", &url]].concat(), b"x");
        assert_eq!(code, Some(69), "{args:?}: {said}");
        assert!(said.contains("cannot reach"), "{said}");
    }
    let mut command = tickertape(&["publish", "a", "x"]);
    let output = command.env("TICKERTAPE_URL", &url).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains(&addr.to_string()), "{said}");
}
