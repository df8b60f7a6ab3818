//! `tickertape inspect`, as a program: captures, resumes, reconnects, colours, its exit status.

use std::process::Output;

use inspection::{Inspection, capture};
use serde_json::Value;

use crate::program::tickertape;
use crate::scripted::{STREAM, Scripted};

mod written;

const FOUR: &str = "id: 1\ndata: a\n\nid: 2\ndata: b\n\nid: 3\ndata: c\n\nid: 4\ndata: d\n\n";

fn inspect(args: &[&str]) -> Output {
    tickertape(&[&["inspect"], args].concat())
        .env_remove("NO_COLOR")
        .output()
        .unwrap()
}

fn shown(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn answers(bodies: &[&str]) -> Scripted {
    let answers: Vec<String> = bodies
        .iter()
        .map(|body| format!("{STREAM}{body}"))
        .collect();
    Scripted::new(&answers)
}

fn codes(inspection: &Inspection) -> Vec<&str> {
    let told = inspection.told().iter();
    told.map(|told| told.finding.code.as_ref()).collect()
}

#[test]
fn a_capture_has_the_head_the_bytes_and_their_times() {
    let server = answers(&["id: 7\ndata: \u{202e}x\nretry: z\n\ndata: lost"]);
    let output = inspect(&["--json", "--capture", &server.url]);
    let read = capture::read(&output.stdout).unwrap();
    let connection = read.connections().next().unwrap();
    assert_eq!(connection.url, server.url);
    assert_eq!(connection.status, Some(200));
    assert_eq!(connection.end, "ended by the server");
    assert!(connection.wall.is_some() && connection.lasted.is_some());
    assert_eq!(read.events()[0].data, "\u{202e}x");
    assert!(read.events()[0].at.is_some());
    assert_eq!(read.bytes(0, 5), b"id: 7");
    let expected = [
        "cache_control",
        "x_accel_buffering",
        "retry_not_digits",
        "incomplete_event_at_eof",
    ];
    assert_eq!(codes(&read), expected);
    // All else is as without it.
    let server = answers(&[FOUR]);
    let plain = shown(&inspect(&["--json", &server.url]));
    let kinds = plain.lines().map(|line| {
        let line: Value = serde_json::from_str(line).unwrap();
        line["kind"].as_str().unwrap().to_owned()
    });
    assert_eq!(
        kinds.collect::<Vec<_>>(),
        [
            "diagnostic",
            "diagnostic",
            "event",
            "event",
            "event",
            "event",
            "end"
        ]
    );
}

#[test]
fn what_it_prints_without_bytes_can_be_read_too() {
    let server = answers(&[FOUR]);
    let output = inspect(&["--json", &server.url]);
    let read = capture::read(&output.stdout).unwrap();
    assert_eq!(read.events().len(), 4);
    assert_eq!(read.connections().next().unwrap().next_id, "4");
}

#[test]
fn a_resume_is_tried_with_an_id_that_was_seen_and_judged() {
    let cases = [
        (
            "id: 3\ndata: c\n\nid: 4\ndata: d\n\n",
            "\n      60 · note resumes",
            0,
        ),
        (FOUR, "\n      60 ! violation resume_repeats", 1),
        (
            "id: 9\ndata: z\n\n",
            "violation resume_ignored: coming back after an event, none of the 2 that followed \
             it came, but others: the server ignores Last-Event-ID",
            1,
        ),
    ];
    for (answer, words, status) in cases {
        let server = answers(&[FOUR, answer]);
        let output = inspect(&["--resume", "--strict", &server.url]);
        let text = shown(&output);
        assert!(text.contains(words), "{text}");
        assert_eq!(output.status.code(), Some(status), "{text}");
        server.next();
        let (_, second) = server.next();
        assert!(second.contains("last-event-id: 2\r\n"), "{second}");
        assert!(text.lines().last().unwrap().contains("events: 4"), "{text}");
    }
}

#[test]
fn it_comes_back_as_a_browser_would_with_the_newest_id() {
    let server = answers(&["retry: 1\n\nid: 5\ndata: a\n\n", "id: 6\ndata: b\n\n"]);
    let text = shown(&inspect(&["--reconnect", "1", &server.url]));
    let (_, first) = server.next();
    let (_, second) = server.next();
    assert!(!first.contains("last-event-id"), "{first}");
    assert!(second.contains("last-event-id: 5\r\n"), "{second}");
    assert!(
        text.contains("again ■ in 0.0 s, with Last-Event-ID 5"),
        "{text}"
    );
    assert!(
        text.lines().last().unwrap().contains("last event id 6"),
        "{text}"
    );
}

#[test]
fn a_stream_that_goes_on_is_read_for_so_long_and_not_blamed_for_the_cut() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let server = std::thread::spawn(move || {
        use std::io::{Read, Write};
        let (mut stream, _) = listener.accept().unwrap();
        stream
            .write_all(format!("{STREAM}id: 1\ndata: a\n\ndata: half").as_bytes())
            .unwrap();
        // Until the other side has seen enough.
        let _ = stream.read_to_end(&mut Vec::new());
    });
    let output = inspect(&["--for", "1s", "--strict", &url]);
    let text = shown(&output);
    assert_eq!(output.status.code(), Some(0), "{text}");
    assert!(text.contains("events: 1, violations: 0;"), "{text}");
    server.join().unwrap();
}

#[test]
fn colours_are_for_terminals_and_who_asks_for_them() {
    let of = |flags: &[&str]| {
        let server = answers(&["data: \u{1b}[2J\nretry: z\n\n"]);
        shown(&inspect(&[flags, &[&server.url]].concat()))
    };
    assert!(!of(&[]).contains('\u{1b}'));
    assert!(!of(&["--color", "never"]).contains('\u{1b}'));
    let coloured = of(&["--color", "always"]);
    assert!(
        coloured.contains("\u{1b}[1m\u{1b}[31m! violation retry_not_digits\u{1b}[0m"),
        "{coloured:?}"
    );
    assert!(!coloured.contains("\u{1b}[2J"), "{coloured:?}");
}

#[test]
fn heads_bytes_and_times_are_shown_on_request() {
    let server = answers(&[FOUR]);
    let text = shown(&inspect(&["--show", "headers,bytes,times", &server.url]));
    for words in [
        "    head ■ 200 after ",
        "│ content-type: text/event-stream",
        "       0 ≡ bytes: 60 after ",
        "00000000 69 64 3a 20 31 0a 64 61  74 61 3a 20 61 0a 0a 69  id: 1·data: a··i",
        " ▸ message  id 1  +",
        "   times ■ between events: median 0 ms",
    ] {
        assert!(text.contains(words), "{words}\n{text}");
    }
}

#[test]
fn a_page_of_html_is_said_to_be_no_stream() {
    let server = answers(&["<!doctype html><p>x"]);
    let text = shown(&inspect(&[&server.url]));
    assert!(text.contains("violation html_body"), "{text}");
}

#[test]
fn what_needs_a_server_is_refused_of_standard_input() {
    for flags in [&["--resume"][..], &["--reconnect", "1"]] {
        let output = inspect(&[flags, &["-"]].concat());
        assert_eq!(output.status.code(), Some(64));
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(said.contains("asks a server; give its address"), "{said}");
    }
    for wrong in [&["--capture"][..], &["--show", "all"], &["--for", "1ms"]] {
        let output = inspect(&[wrong, &["http://127.0.0.1:1/"]].concat());
        assert_eq!(output.status.code(), Some(64), "{wrong:?}");
    }
}
