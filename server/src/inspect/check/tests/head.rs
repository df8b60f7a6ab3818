//! What the head of a response says.

use super::*;

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
