use std::io;
use std::net::TcpListener;

use clap::Parser as _;

use super::output::Format;
use super::*;

#[derive(clap::Parser)]
struct Cli {
    #[command(flatten)]
    tail: TailArgs,
}

/// What is printed of connections that bring this and then stay open and quiet.
fn follow_quiet(bodies: &[&str]) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let bodies: Vec<String> = bodies.iter().map(ToString::to_string).collect();
    thread::spawn(move || {
        let mut open = Vec::new();
        for body in bodies {
            let (mut stream, _) = listener.accept().unwrap();
            let head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n";
            stream.write_all(head.as_bytes()).unwrap();
            for piece in body.split_inclusive('|') {
                stream
                    .write_all(piece.trim_end_matches('|').as_bytes())
                    .unwrap();
                if piece.ends_with('|') {
                    // Some silences long.
                    thread::sleep(5 * SHORT);
                }
            }
            open.push(stream);
        }
        thread::park();
    });
    let mut out = Vec::new();
    let output = Output {
        format: Format::Raw,
        talks: false,
        out: &mut out,
        err: &mut io::sink(),
    };
    let args = Cli::try_parse_from(["tail", &url, "--count", "2"]).unwrap();
    assert_eq!(Tail::new(&args.tail, SHORT, output).follow().unwrap(), 0);
    String::from_utf8(out).unwrap()
}

const SHORT: Duration = Duration::from_millis(40);

#[test]
fn a_hub_that_goes_silent_is_left_and_asked_again() {
    for beat in ["hub.open", "hub.beat"] {
        let first = format!("retry: 100\nid: 1\nevent: {beat}\ndata: {{}}\n\ndata: a\n\n");
        assert_eq!(follow_quiet(&[&first, "data: b\n\n"]), "a\nb\n");
    }
}

#[test]
fn a_server_without_heartbeats_may_be_quiet() {
    // A second connection would bring another event.
    assert_eq!(
        follow_quiet(&["data: a\n\n|data: b\n\n", "data: c\n\n"]),
        "a\nb\n"
    );
}

#[test]
fn retry_after_is_seconds_or_a_date() {
    let now = DateTime::parse_from_rfc3339("2026-11-21T10:00:00Z")
        .unwrap()
        .to_utc();
    let read = |value: &str| {
        let mut headers = HeaderMap::new();
        headers.insert(header::RETRY_AFTER, value.parse().unwrap());
        retry_after(&headers, now).map(|after| after.as_secs())
    };
    assert_eq!(read("120"), Some(120));
    assert_eq!(read("Sat, 21 Nov 2026 10:01:30 GMT"), Some(90));
    assert_eq!(read("Sat, 21 Nov 2026 09:00:00 GMT"), Some(0));
    assert_eq!(read("soon"), None);
}
