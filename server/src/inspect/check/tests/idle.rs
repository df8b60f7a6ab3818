//! Cuts, ends and heartbeats.

use super::*;

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
        (": beat\n\n", "a comment after "),
        ("event: ping\ndata: {}\n\n", "an event after "),
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
