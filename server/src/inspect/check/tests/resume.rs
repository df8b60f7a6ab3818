//! Clients that come back, and pages of other origins.

use super::*;

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
fn what_comes_twice_is_told_also_where_all_had_come_before() {
    let told = wrong(|asked, stream| {
        say(stream, HEAD);
        numbered(after(asked), stream);
        if after(asked) > 0 {
            beat_once(stream);
            numbered(3, stream);
        }
        beat(stream);
    });
    assert_eq!(told, ["bad resume_repeats"]);
}

#[test]
fn however_much_comes_after_it_what_followed_has_come() {
    let url = serve(|asked, stream| {
        say(stream, HEAD);
        numbered(after(asked), stream);
        if after(asked) > 0 {
            beat_once(stream);
            let more = (5..500).map(|n| format!("id: {n}\ndata: event {n}\n\n"));
            say(stream, &more.collect::<String>());
        }
        beat(stream);
    });
    let (told, _) = findings(&settings(&url));
    assert!(told.contains(&"ok resumes".to_owned()), "{told:?}");
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
fn no_answer_to_who_comes_back_is_not_known() {
    let url = serve(|asked, stream| {
        if after(asked) == 0 {
            good(asked, stream);
        }
    });
    let (told, verdict) = findings(&settings(&url));
    assert!(told.contains(&"note resume_unknown".to_owned()), "{told:?}");
    assert_eq!(verdict.bad, 0);
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
