//! Bytes that come as they are sent, or are held back.

use super::*;

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
