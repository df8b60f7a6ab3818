//! What was written down of a stream, opened again: captures, exports, transcripts, bytes.

use std::fs;
use std::io::Write;
use std::process::Stdio;

use inspection::limits::CAPTURE;
use inspection::{Connection, Head, Inspection, capture};
use tempfile::{NamedTempFile, TempDir};

use super::*;

/// A stream with something of everything.
const FAULTY: &str = ": hi\n\nid: 7\nevent: \u{1b}[2Ja\ndata: \u{202e}x\ndata: \u{9b}31m\nretry: z\n\nretry: 9\n\n\
    data: data: y\n\ndata: lost";

/// A file with this in it.
fn file(text: impl AsRef<[u8]>) -> NamedTempFile {
    let file = NamedTempFile::new().unwrap();
    fs::write(&file, text).unwrap();
    file
}

fn open(args: &[&str], text: impl AsRef<[u8]>) -> Output {
    let file = file(text);
    inspect(&[args, &[file.path().to_str().unwrap()]].concat())
}

fn piped(args: &[&str], text: &[u8]) -> Output {
    let mut child = tickertape(&[&["inspect"], args, &["-"]].concat())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(text).unwrap();
    drop(stdin);
    child.wait_with_output().unwrap()
}

/// The lines but for bytes and times, in an order of their own: what is found again has its place, and what is not
/// comes at the end.
fn told(output: &Output) -> Vec<String> {
    let text = shown(output);
    let lines = text.lines();
    let lines = lines.filter(|line| {
        ![
            "\"kind\":\"open\"",
            "\"kind\":\"chunk\"",
            "\"kind\":\"closed\"",
        ]
        .iter()
        .any(|kind| line.contains(kind))
    });
    let mut lines: Vec<_> = lines.map(str::to_owned).collect();
    lines.sort();
    lines
}

#[test]
fn what_was_captured_is_told_as_it_was_live() {
    let server = answers(&[FAULTY, "id: 8\ndata: b\n\n"]);
    let again = ["--reconnect", "1", "--resume"];
    let live = inspect(&[&["--json", "--capture", &server.url], &again[..]].concat());
    assert_eq!(live.status.code(), Some(0));
    let codes = shown(&live);
    for code in [
        "framed_twice",
        "retry_not_digits",
        "incomplete_event_at_eof",
        "resume",
    ] {
        assert!(codes.contains(code), "{codes}");
    }
    let opened = open(&["--json"], &live.stdout);
    assert_eq!(told(&opened), told(&live));
    assert_eq!(opened.status.code(), Some(0));
    // And so it is however it comes, and again.
    assert_eq!(piped(&["--json"], &live.stdout).stdout, opened.stdout);
    let again = open(&["--json", "--capture"], &live.stdout);
    assert_eq!(told(&again), told(&live));
    assert_eq!(open(&["--json"], &again.stdout).stdout, opened.stdout);
    assert_eq!(open(&["--strict"], &live.stdout).status.code(), Some(1));
}

#[test]
fn what_json_alone_has_is_told_in_its_order() {
    let server = answers(&[FAULTY, "id: 8\ndata: b\n\n"]);
    let live = inspect(&["--json", "--reconnect", "1", &server.url]);
    let opened = open(&["--json", "--strict"], &live.stdout);
    assert_eq!(shown(&opened), shown(&live));
    assert_eq!(opened.status.code(), Some(1));
}

#[test]
fn an_export_of_the_page_is_told_with_what_it_has_cut() {
    let mut page = Inspection::default();
    let event = format!("id: 1\ndata: {}\n\n", "x".repeat(1 << 20));
    page.open(Connection {
        url: "http://h/?token=S3CRET".into(),
        method: "GET".into(),
        ..Connection::default()
    });
    page.head(
        Head {
            status: 404,
            ..Head::default()
        },
        Some(1.0),
    );
    (0..6).for_each(|_| page.feed(event.as_bytes(), Some(2.0), false));
    page.close("ended by the server", Some(3.0));
    let output = open(&["--strict"], capture::write(&page));
    let text = shown(&output);
    assert_eq!(output.status.code(), Some(1));
    let words = [
        "    open ■ http://h/?token=…, without Last-Event-ID",
        "violation status: ",
        "     cut ■ the first bytes are not in the capture: ",
        "  closed ■ ended by the server after 3 ms",
        "     end ■ events: 3, violations: 1; last event id 1; retry never set",
    ];
    for words in words {
        assert!(text.contains(words), "{words}");
    }
    // What it is written down as again has its places.
    let again = open(&["--json", "--capture"], capture::write(&page));
    let read = capture::read(&again.stdout).unwrap();
    assert_eq!(
        read.events(),
        capture::read(capture::write(&page).as_bytes())
            .unwrap()
            .events()
    );
}

#[test]
fn what_curl_printed_is_read_without_what_was_sent() {
    let verbose = "* Trying 127.0.0.1\n> GET / HTTP/1.1\n> Authorization: S3CRET\n>\n< HTTP/1.1 200 OK\n\
                   < Content-Type: text/plain\n<\ndata: x\n\n* Connection #0 left intact\n";
    let plain = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\ndata: x\n\n";
    for text in [verbose, plain] {
        let opened = open(&["--strict", "--show", "headers"], text);
        let told = shown(&opened);
        assert_eq!(opened.status.code(), Some(1), "{told}");
        assert!(told.contains("    head ■ 200\n"), "{told}");
        assert!(told.contains("violation content_type"), "{told}");
        assert!(told.contains("      0 ▸ message\n"), "{told}");
        assert!(
            !told.contains("S3CRET") && !told.contains("unknown_field"),
            "{told}"
        );
        assert_eq!(
            piped(&["--strict", "--show", "headers"], text.as_bytes()).stdout,
            opened.stdout
        );
    }
}

#[test]
fn bytes_alone_are_a_stream_from_a_file_as_from_a_pipe() {
    let opened = open(&[], FAULTY);
    assert_eq!(opened.stdout, piped(&[], FAULTY.as_bytes()).stdout);
    let text = shown(&opened);
    assert!(text.contains("violation incomplete_event_at_eof"), "{text}");
    assert!(
        text.contains("events: 2, violations: 2; last event id 7; retry 9 ms"),
        "{text}"
    );
    let json = "{\"model\":\"x\"}\n";
    assert!(shown(&open(&[], json)).contains("violation json_body"));
    let resumed = shown(&open(&["--last-event-id", "9"], "id: 3\ndata: x\n\n"));
    assert!(resumed.contains("note id_went_back"), "{resumed}");
}

#[test]
fn nothing_of_a_capture_reaches_the_terminal_raw() {
    let hostile = "\\u001b[2J\\u009b31m\\u202e";
    let head = format!(
        "\"url\":\"http://{hostile}\",\"last_event_id\":\"{hostile}\",\"status\":200,\"headers\":[[\"{hostile}\",\"{hostile}\"]]"
    );
    let lines = [
        format!("{{\"kind\":\"open\",{head}}}"),
        format!(
            "{{\"kind\":\"event\",\"event\":\"{hostile}\",\"data\":\"{hostile}\",\"id\":\"{hostile}\"}}"
        ),
        format!(
            "{{\"kind\":\"diagnostic\",\"code\":\"{hostile}\",\"offset\":0,\"detail\":\"{hostile}\"}}"
        ),
        format!("{{\"kind\":\"closed\",\"at_ms\":1,\"how\":\"{hostile}\"}}"),
        "{\"kind\":\"open\"}".to_owned(),
        format!("{{\"kind\":\"end\",\"last_event_id\":\"{hostile}\",\"retry\":9}}"),
    ];
    let wrong = [
        (format!("{{\"kind\":\"{hostile}\"}}"), "line 7: the kind"),
        (
            format!("{{\"kind\":\"end\",\"retry\":\"{hostile}\"}}"),
            "line 7: invalid type",
        ),
    ];
    for flags in [
        &["--show", "headers,bytes,times"][..],
        &["--json"],
        &["--json", "--capture"],
    ] {
        for (wrong, why) in &wrong {
            let output = open(flags, [&lines.join("\n"), &**wrong].join("\n"));
            let said = String::from_utf8(output.stderr.clone()).unwrap();
            assert!(said.contains(why), "{said}");
            for text in [shown(&output), said] {
                assert!(!text.contains(['\u{1b}', '\u{9b}', '\u{202e}']), "{text:?}");
                assert!(text.contains("31m"), "{text}");
            }
        }
    }
}

#[test]
fn what_is_no_capture_is_named_with_what_would_be_right() {
    let directory = TempDir::new().unwrap();
    let nowhere = directory.path().join("none").to_str().unwrap().to_owned();
    let of = |args: &[&str]| {
        let output = inspect(args);
        (
            output.status.code(),
            String::from_utf8(output.stderr).unwrap(),
        )
    };
    let (status, said) = of(&[&nowhere]);
    assert_eq!(status, Some(64), "{said}");
    assert!(
        said.contains("or a file, of which there is none with this name"),
        "{said}"
    );
    let (status, said) = of(&[directory.path().to_str().unwrap()]);
    assert_eq!(status, Some(64), "{said}");
    assert!(said.contains("is a directory"), "{said}");
    for (text, words) in [
        ("", "it is empty"),
        ("{\"kind\":\"odd\"}", "line 1: the kind \"odd\" is unknown"),
        (
            "{\"kind\":\"verdict\"}",
            "line 1: this is what --check prints",
        ),
        ("\n{\"kind\":\"event\"}\n{", "line 3: "),
    ] {
        let output = open(&[], text);
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(65), "{said}");
        assert!(said.contains(words), "{said}");
    }
}

#[test]
fn what_asks_a_server_is_refused_of_what_was_written_down() {
    let capture = file("data: x\n\n");
    let path = capture.path().to_str().unwrap();
    for flags in [
        &["--check"][..],
        &["--resume"],
        &["--reconnect", "1"],
        &["--method", "POST"],
        &["--header", "a: b"],
        &["--body", "x"],
    ] {
        for target in [path, "-"] {
            let output = inspect(&[flags, &[target]].concat());
            let said = String::from_utf8(output.stderr).unwrap();
            assert_eq!(output.status.code(), Some(64), "{said}");
            let words = format!("{} asks a server; give its address", flags[0]);
            assert!(said.contains(&words), "{said}");
        }
    }
    let lines = open(&["--last-event-id", "7"], "{\"kind\":\"open\"}\n");
    assert_eq!(lines.status.code(), Some(64));
}

#[test]
fn a_line_of_a_capture_is_bounded_and_all_else_is_read_however_long() {
    let line = format!("{{\"kind\":\"event\",\"data\":\"{}", "x".repeat(CAPTURE));
    let output = open(&[], line);
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(65), "{said}");
    let words = "a line of it is over 64 MiB, the most that is read";
    assert!(said.contains(words), "{said}");
    let bytes = format!(":{}\n\n", "x".repeat(1 << 20)).repeat(65);
    let chunk = capture::chunk_line(None, &bytes.as_bytes()[..1 << 20]);
    let lines = format!("{{\"kind\":\"open\"}}\n{}", format!("{chunk}\n").repeat(49));
    assert!(bytes.len() > CAPTURE && lines.len() > CAPTURE);
    let curls = format!("HTTP/1.1 200 OK\n\n{bytes}");
    for text in [bytes, lines, curls] {
        let output = open(&[], text);
        assert_eq!(output.status.code(), Some(0), "{output:?}");
        assert!(shown(&output).contains("events: 0, violations: "));
    }
}
