use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::LazyLock;
use std::sync::mpsc::{Receiver, channel};
use std::thread::{self, sleep};

use serde_json::Value;

use super::*;
use crate::client::credential::Credential;

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

/// A comment, again and again, until the client is gone.
fn beat(stream: &mut TcpStream) {
    while stream.write_all(b": beat\n\n").is_ok() {
        sleep(Duration::from_millis(100));
    }
}

/// What shows nothing.
static NOTHING: LazyLock<Credential> = LazyLock::new(Credential::default);

fn settings(url: &str) -> Settings<'_> {
    let stream = Stream {
        url,
        credential: &NOTHING,
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

#[test]
fn of_a_good_server_nothing_is_said_but_that() {
    let url = serve(good);
    let (told, verdict) = findings(&settings(&url));
    let expected = [
        "ok answered",
        "ok content_type",
        "ok cache_control",
        "ok x_accel_buffering",
        "note http1",
        "ok delivered_at_once",
        "ok lives",
        "note heartbeat_unknown",
        "ok retry",
        "ok resumes",
    ];
    assert_eq!(told, expected);
    assert_eq!(
        verdict,
        Verdict {
            bad: 0,
            warnings: 0
        }
    );
}

#[test]
fn a_status_is_told_with_what_to_do() {
    for status in [
        "204 No Content",
        "404 Not Found",
        "500 Oh",
        "502 Bad Gateway",
    ] {
        let head = format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        assert_eq!(with_head(&head), ["bad status"], "{status}");
    }
}

#[test]
fn each_flaw_of_the_head_is_told() {
    let cases = [
        ("event-stream", "plain", "bad content_type"),
        (
            "event-stream",
            "event-stream; charset=latin1",
            "bad charset",
        ),
        ("no-cache, no-transform", "max-age=60", "warn cache_control"),
        ("Buffering: no", "Buffering: yes", "warn x_accel_buffering"),
    ];
    all(cases, |(good, bad, expected)| {
        assert_eq!(with_head(&HEAD.replace(good, bad)), [expected], "{bad}");
    });
}

#[test]
fn a_redirect_is_followed_and_told() {
    let url = serve(good);
    let there = url.clone();
    let told = wrong(move |_, stream| {
        let length = "Content-Length: 0\r\nConnection: close";
        say(
            stream,
            &format!("HTTP/1.1 302 Found\r\nLocation: {there}\r\n{length}\r\n\r\n"),
        );
    });
    assert_eq!(told, ["warn redirect"]);
}

#[test]
fn a_redirect_in_a_loop_is_no_answer() {
    let url = serve(|_, stream| {
        let head = "HTTP/1.1 302 Found\r\nLocation: /events\r\nContent-Length: 0\r\n";
        say(stream, &format!("{head}Connection: close\r\n\r\n"));
    });
    let failure = run(&settings(&url), &mut Vec::new()).unwrap_err();
    assert_eq!(failure.status, 69);
    assert!(failure.to_string().contains("redirect"), "{failure}");
}

/// A good server's answer, handed on only when so many bytes are there, or the end is: as a proxy
/// does that buffers. With a head of its own, or with the server's, which is held back too.
fn buffered(whole_head: bool) -> impl Fn(&str, &mut TcpStream) {
    move |asked, stream| {
        if asked.starts_with("head") {
            return say(stream, HEAD);
        }
        if !whole_head {
            say(stream, HEAD);
        }
        hold(stream);
    }
}

#[test]
fn a_proxy_that_holds_back_all_is_found_by_head() {
    assert_eq!(wrong(buffered(true)), ["bad buffered"]);
}

#[test]
fn a_body_that_is_held_back_is_sure_of_a_tickertape_and_a_guess_of_others() {
    let told = wrong(buffered(false));
    assert_eq!(told[0], "warn nothing_came");
    let told = wrong(|_, stream| {
        say(
            stream,
            &HEAD.replace("Connection", "Tickertape-Last-Event-ID: e-7\r\nConnection"),
        );
        hold(stream);
    });
    assert_eq!(told[0], "bad buffered");
}

#[test]
fn events_that_were_made_apart_and_come_together_were_held_back() {
    let told = wrong(|asked, stream| {
        say(stream, HEAD);
        say(stream, ": hello\n\n");
        let mut piece = String::new();
        for n in after(asked) + 1..=6 {
            let time = chrono::Utc::now().to_rfc3339();
            piece += &format!("id: {n}\ndata: {{\"time\":\"{time}\"}}\n\n");
            sleep(Duration::from_millis(110));
        }
        say(stream, &piece);
        beat(stream);
    });
    assert_eq!(told[0], "bad buffered");
}

#[test]
fn bursts_of_what_says_no_time_are_to_be_looked_at() {
    let url = serve(|asked, stream| {
        say(stream, HEAD);
        say(stream, "id: 1\ndata: a\n\n");
        sleep(Duration::from_millis(2100));
        numbered(after(asked).max(1), stream);
        hold(stream);
    });
    let settings = Settings {
        time: Duration::from_millis(2400),
        silence: Duration::from_secs(5),
        ..settings(&url)
    };
    let (told, verdict) = findings(&settings);
    assert!(told.contains(&"warn bursts".to_owned()), "{told:?}");
    assert_eq!(verdict.warnings, 1);
}

#[test]
fn what_was_there_before_comes_at_once_and_rightly() {
    let told = wrong(|asked, stream| {
        say(stream, HEAD);
        for n in after(asked) + 1..=6 {
            let time = "2026-01-01T00:00:0".to_owned() + &n.to_string() + "Z";
            say(stream, &format!("id: {n}\ndata: {time}\n\n"));
        }
        beat(stream);
    });
    assert_eq!(told, [""; 0]);
}

/// Answers as a server that compresses where a client lets it: after so long, or never.
fn compressing(delay: Option<Duration>) -> impl Fn(&str, &mut TcpStream) {
    move |asked, stream| {
        if header(asked, "accept-encoding")
            .unwrap()
            .contains("identity")
        {
            return good(asked, stream);
        }
        say(
            stream,
            &HEAD.replace("Connection", "Content-Encoding: gzip\r\nConnection"),
        );
        // The head of a compressor, which says nothing.
        say(stream, "\u{1f}0123456789");
        let Some(delay) = delay else {
            return hold(stream);
        };
        sleep(delay);
        say(stream, "and more than the head of a compressor");
        hold(stream);
    }
}

#[test]
fn a_stream_that_is_compressed_is_told_and_worse_where_it_is_held_back() {
    let cases = [
        (Some(Duration::ZERO), "warn compressed"),
        (None, "bad compressed_held_back"),
    ];
    all(cases, |(delay, expected)| {
        assert_eq!(wrong(compressing(delay)), [expected]);
    });
}

#[test]
fn a_compressor_that_holds_back_the_head_too_is_found() {
    let told = wrong(|asked, stream| {
        match header(asked, "accept-encoding")
            .unwrap()
            .contains("identity")
        {
            true => good(asked, stream),
            false => hold(stream),
        }
    });
    assert_eq!(told, ["bad compressed_held_back"]);
}

#[test]
fn what_is_compressed_unasked_is_not_read() {
    let told = with_head(&HEAD.replace("Connection", "Content-Encoding: br\r\nConnection"));
    assert_eq!(told, ["bad content_encoding"]);
}

/// Cuts after a quiet, at the end of a whole response or in the middle of one.
fn cutting(is_whole: bool) -> impl Fn(&str, &mut TcpStream) {
    move |asked, stream| {
        let head = match is_whole {
            true => HEAD.to_owned(),
            false => HEAD.replace("Connection: close", "Content-Length: 10000"),
        };
        say(stream, &head);
        numbered(after(asked), stream);
        sleep(MORE_QUIET);
    }
}

#[test]
fn a_cut_after_a_quiet_is_told() {
    all([true, false], |is_whole| {
        assert_eq!(
            wrong(cutting(is_whole)),
            ["bad cut_when_idle"],
            "{is_whole}"
        );
    });
}

#[test]
fn an_end_while_events_come_is_no_cut_but_a_break_is_one() {
    let whole = |asked: &str, stream: &mut TcpStream| {
        say(stream, HEAD);
        numbered(after(asked), stream);
    };
    assert_eq!(wrong(whole), [""; 0]);
    let broken = |asked: &str, stream: &mut TcpStream| {
        say(
            stream,
            &HEAD.replace("Connection: close", "Content-Length: 10000"),
        );
        numbered(after(asked), stream);
    };
    assert_eq!(wrong(broken), ["bad cut_off"]);
}

#[test]
fn an_end_that_the_server_announced_is_no_cut() {
    let url = serve(|asked, stream| {
        say(stream, HEAD);
        numbered(after(asked), stream);
        let close = r#"{"reason":"shutdown","retry_after_ms":900}"#;
        say(
            stream,
            &format!("event: hub.close\nid: 4\ndata: {close}\n\n"),
        );
        sleep(MORE_QUIET);
    });
    let settings = Settings {
        silence: 2 * TIME,
        ..settings(&url)
    };
    let (told, verdict) = findings(&settings);
    assert!(told.contains(&"note ended".to_owned()), "{told:?}");
    assert_eq!(verdict.bad, 0);
}

#[test]
fn a_stream_without_a_heartbeat_is_told() {
    let told = wrong(|asked, stream| {
        say(stream, HEAD);
        numbered(after(asked), stream);
        hold(stream);
    });
    assert_eq!(told, ["bad no_heartbeat"]);
}

#[test]
fn a_heartbeat_is_told_by_its_kind() {
    let cases = [
        (": beat\n\n", "a comment after 0.5"),
        ("event: ping\ndata: {}\n\n", "an event after 0.5"),
    ];
    all(cases, |(text, word)| {
        let url = serve(move |asked, stream| {
            say(stream, HEAD);
            numbered(after(asked), stream);
            sleep(MORE_QUIET);
            while stream.write_all(text.as_bytes()).is_ok() {
                sleep(MORE_QUIET);
            }
        });
        let mut out = Vec::new();
        let settings = Settings {
            silence: 2 * TIME,
            format: Format::Text,
            ..settings(&url)
        };
        run(&settings, &mut out).unwrap();
        let shown = String::from_utf8(out).unwrap();
        let line = shown
            .lines()
            .find(|line| line.starts_with("ok    heartbeat:"));
        assert!(line.unwrap_or_default().contains(word), "{shown}");
    });
}

#[test]
fn a_server_that_ignores_the_id_is_told() {
    let told = wrong(|asked, stream| {
        say(stream, HEAD);
        if header(asked, "last-event-id").is_none() {
            numbered(0, stream);
        }
        beat(stream);
    });
    assert_eq!(told, ["bad resume_ignored"]);
}

#[test]
fn a_server_that_repeats_everything_is_told() {
    let told = wrong(|_, stream| {
        say(stream, HEAD);
        numbered(0, stream);
        beat(stream);
    });
    assert_eq!(told, ["bad resume_repeats"]);
}

#[test]
fn a_resume_with_a_hole_in_it_is_told() {
    let told = wrong(|asked, stream| {
        say(stream, HEAD);
        match after(asked) {
            0 => numbered(0, stream),
            _ => numbered(3, stream),
        }
        beat(stream);
    });
    assert_eq!(told, ["bad resume_incomplete"]);
}

#[test]
fn a_gap_after_an_id_that_has_just_come_is_told() {
    let told = wrong(|asked, stream| {
        say(stream, HEAD);
        match after(asked) {
            0 => numbered(0, stream),
            _ => say(
                stream,
                "event: hub.gap\nid: 4\ndata: {\"reason\":\"trimmed\"}\n\n",
            ),
        }
        beat(stream);
    });
    assert_eq!(told, ["bad resume_gap"]);
}

#[test]
fn a_refusal_of_an_id_is_told() {
    let told = wrong(|asked, stream| match after(asked) {
        0 => good(asked, stream),
        _ => say(
            stream,
            "HTTP/1.1 400 No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
        ),
    });
    assert_eq!(told, ["bad resume_refused"]);
}

#[test]
fn events_without_ids_are_told() {
    let told = wrong(|_, stream| {
        say(stream, HEAD);
        say(stream, "data: a\n\ndata: b\n\n");
        beat(stream);
    });
    assert_eq!(told, ["warn no_ids"]);
}

/// A Tickertape on which nothing happens but elsewhere: its newest id goes on.
fn quiet_tickertape(asked: &str, stream: &mut TcpStream, drops_the_id: bool) {
    let cursor = match header(asked, "last-event-id") {
        Some(id) if !drops_the_id => id,
        Some(_) => "e-9",
        None => "e-7",
    };
    let own = format!("Tickertape-Last-Event-ID: {cursor}\r\nConnection");
    say(stream, &HEAD.replace("Connection", &own));
    say(
        stream,
        &format!("event: hub.open\nid: {cursor}\ndata: {{}}\n\n"),
    );
    beat(stream);
}

#[test]
fn a_quiet_tickertape_shows_by_its_head_whether_the_id_arrives() {
    assert_eq!(
        wrong(|asked, stream| quiet_tickertape(asked, stream, false)),
        [""; 0]
    );
    let dropped = wrong(|asked, stream| quiet_tickertape(asked, stream, true));
    assert_eq!(dropped, ["bad resume_ignored"]);
}

#[test]
fn a_page_of_another_origin_is_let_in_or_not() {
    let cases = [
        ("", "bad origin_refused"),
        (
            "Access-Control-Allow-Origin: https://other.example\r\n",
            "bad origin_refused",
        ),
        (
            "Access-Control-Allow-Origin: https://app.example\r\n",
            "ok origin_allowed",
        ),
        ("Access-Control-Allow-Origin: *\r\n", "ok origin_allowed"),
    ];
    all(cases, |(allowed, expected)| {
        let url = serve(move |asked, stream| {
            if header(asked, "origin").is_none() {
                return good(asked, stream);
            }
            assert_eq!(header(asked, "origin"), Some("https://app.example"));
            say(
                stream,
                &HEAD.replace("Connection", &format!("{allowed}Connection")),
            );
            hold(stream);
        });
        let settings = Settings {
            origin: Some("https://app.example"),
            ..settings(&url)
        };
        let (told, _) = findings(&settings);
        assert_eq!(told.last().map(String::as_str), Some(expected), "{allowed}");
    });
}

#[test]
fn what_the_stream_itself_says_wrongly_is_told() {
    let cases = [
        ("retry: 0\n\n", "bad retry"),
        ("retry: 99999999999999999999\n\n", "bad retry"),
        ("event: hub.news\ndata: x\n\n", "warn hub_event_unknown"),
        ("Data: x\n\n", "bad violations"),
    ];
    all(cases, |(text, expected)| {
        let told = wrong(move |asked, stream| {
            say(stream, HEAD);
            say(stream, text);
            numbered(after(asked), stream);
            beat(stream);
        });
        assert!(told.contains(&expected.to_owned()), "{text:?}: {told:?}");
    });
}

#[test]
fn nothing_of_a_stranger_reaches_the_terminal_raw() {
    let url = serve(|_, stream| {
        say(
            stream,
            &HEAD.replace("no-cache, no-transform", "no-cache; \u{9b}31m\u{202e}"),
        );
        say(
            stream,
            "event: hub.\u{1b}[2J\u{202e}\ndata: x\n\n\u{1b}]0;x\u{7}: y\n\n",
        );
        say(stream, "event: hub.close\ndata: \u{1b}[2J\n\n");
    });
    for format in [Format::Text, Format::Json] {
        let mut out = Vec::new();
        let settings = Settings {
            format,
            ..settings(&url)
        };
        run(&settings, &mut out).unwrap();
        let shown = String::from_utf8(out).unwrap();
        assert!(shown.contains("hub_event_unknown"), "{shown}");
        let raw = ['\u{1b}', '\u{7}', '\u{9b}', '\u{202e}'];
        assert!(!shown.contains(raw), "{shown:?}");
    }
}

/// Checks a hostile server, which may not hold the check up: a hang shows as one.
fn hostile(answer: impl Fn(&str, &mut TcpStream) + Send + Sync + 'static) -> Vec<String> {
    let (tell, told) = channel();
    thread::spawn(move || tell.send(wrong(answer)));
    in_time(&told)
}

fn in_time<T>(told: &Receiver<T>) -> T {
    told.recv_timeout(Duration::from_secs(30))
        .expect("it hangs")
}

#[test]
fn a_server_that_never_answers_is_not_waited_for() {
    assert_eq!(hostile(|_, stream| hold(stream)), ["bad no_answer"]);
}

#[test]
fn a_head_that_does_not_end_is_not_waited_for_nor_kept() {
    let slow = hostile(|_, stream| {
        say(stream, "HTTP/1.1 200 OK\r\n");
        while stream.write_all(b"X-A: b\r\n").is_ok() {
            sleep(Duration::from_millis(100));
        }
    });
    assert_eq!(slow, ["bad no_answer"]);
    let url = serve(|_, stream| {
        say(stream, "HTTP/1.1 200 OK\r\nX-A: ");
        while stream.write_all(&[b'x'; 1 << 16]).is_ok() {}
    });
    let failure = run(&settings(&url), &mut Vec::new()).unwrap_err();
    assert_eq!(failure.status, 69);
}

#[test]
fn a_flood_is_let_go_of() {
    let cases = ["x".repeat(1 << 16), "id: 1\ndata: x\n\n".repeat(1 << 12)];
    all(cases, |piece| {
        let told = hostile(move |_, stream| {
            say(stream, HEAD);
            while stream.write_all(piece.as_bytes()).is_ok() {}
        });
        assert!(told.contains(&"warn flood".to_owned()), "{told:?}");
    });
}

#[test]
fn a_server_that_cannot_be_reached_is_a_failure_and_no_finding() {
    let port = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let url = format!("http://127.0.0.1:{port}/");
    let mut out = Vec::new();
    let failure = run(&settings(&url), &mut out).unwrap_err();
    assert_eq!((failure.status, out.len()), (69, 0));
}

#[test]
fn the_readable_form_is_a_line_a_finding_and_a_verdict() {
    let url = serve(|_, stream| {
        say(stream, HEAD);
        numbered(0, stream);
        beat(stream);
    });
    let mut out = Vec::new();
    let settings = Settings {
        format: Format::Text,
        ..settings(&url)
    };
    run(&settings, &mut out).unwrap();
    let shown = String::from_utf8(out).unwrap();
    let lines: Vec<&str> = shown.lines().collect();
    assert!(
        lines[0].starts_with("ok    answered: 200 after "),
        "{shown}"
    );
    assert_eq!(lines[1], "ok    content_type: text/event-stream");
    let last = lines[lines.len() - 2];
    assert!(
        last.starts_with("bad   resume_repeats: ") && last.contains(" ▸ the server: "),
        "{last}"
    );
    assert_eq!(lines[lines.len() - 1], "verdict: 1 thing to mend");
}
