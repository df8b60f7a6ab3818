//! What streams say wrongly, and servers that mean harm.

use super::*;

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
fn what_is_no_stream_or_wrongly_framed_is_told_as_without_check() {
    let cases = [
        ("<!doctype html><p>x\n", "bad html_body"),
        ("<?xml version=\"1.0\"?><rss/>\n", "bad xml_body"),
        ("{\"model\":\"x\"}\n{\"model\":\"y\"}\n", "bad json_body"),
        ("d\0a\0t\0a\0:\0x\0\n\0\n\0", "bad utf16_body"),
        ("data: data: x\ndata:\n\n", "warn framed_twice"),
        ("data: [object Object]\n\n", "warn data_unwritten"),
        ("data: {}\ndata: {}\n\n", "warn events_joined"),
        ("data: x\\n\\n\n\n", "warn escaped_line_end"),
    ];
    all(cases, |(body, expected)| {
        let told = wrong(move |_, stream| {
            say(stream, HEAD);
            // Twice is told once.
            say(stream, &format!("{body}{body}"));
            beat(stream);
        });
        let told = told.iter().filter(|told| *told == expected);
        assert_eq!(told.count(), 1, "{body:?}");
    });
}

#[test]
fn what_says_to_be_no_stream_is_named_by_its_body_too() {
    let told = wrong(|_, stream| {
        say(stream, &HEAD.replace("event-stream", "html"));
        say(stream, "<!doctype html><p>x");
        hold(stream);
    });
    assert_eq!(told, ["bad content_type", "bad html_body"]);
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
