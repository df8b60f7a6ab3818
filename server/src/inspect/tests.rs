mod asked;
mod redirect;
mod returns;

use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use clap::Parser;
use serde_json::{Value, json};

use super::*;

#[derive(Parser)]
struct Cli {
    #[command(flatten)]
    inspect: InspectArgs,
}

fn args(line: &[&str]) -> InspectArgs {
    Cli::try_parse_from([&["inspect"], line].concat())
        .unwrap()
        .inspect
}

/// Answers one request with these pieces, and gives what was asked.
fn serve(pieces: &[&str]) -> (String, JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/events", listener.local_addr().unwrap());
    let pieces: Vec<String> = pieces.iter().map(ToString::to_string).collect();
    let server = thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let asked = request(&mut stream);
        for piece in pieces {
            stream.write_all(piece.as_bytes()).unwrap();
        }
        asked
    });
    (url, server)
}

/// A request with its body, in lower case.
fn request(stream: &mut TcpStream) -> String {
    let mut asked = Vec::new();
    let mut byte = [0];
    while !asked.ends_with(b"\r\n\r\n") {
        stream.read_exact(&mut byte).unwrap();
        asked.push(byte[0]);
    }
    let head = String::from_utf8_lossy(&asked).to_ascii_lowercase();
    let length = head.split_once("content-length: ").map(|(_, rest)| rest);
    let length = length.and_then(|rest| rest.lines().next()?.parse().ok());
    let mut body = vec![0; length.unwrap_or_default()];
    stream.read_exact(&mut body).unwrap();
    asked.extend(body);
    String::from_utf8(asked).unwrap().to_ascii_lowercase()
}

const HEAD: &str = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\
    Cache-Control: no-cache\r\nX-Accel-Buffering: no\r\n\r\n";

fn lines(args: &InspectArgs) -> (Vec<Value>, u64) {
    let mut out = Vec::new();
    let violations = inspect(args, &mut out).unwrap();
    let lines = out.split(|b| *b == b'\n').filter(|line| !line.is_empty());
    (
        lines
            .map(|line| serde_json::from_slice(line).unwrap())
            .collect(),
        violations,
    )
}

#[test]
fn a_stream_comes_out_as_json_lines() {
    let (url, server) = serve(&[
        HEAD,
        "id: 7\nretry: 2\nda",
        "ta: a\ndata: b\n\nevent: x\ndata\n\n",
    ]);
    let (lines, violations) = lines(&args(&[&url, "--json"]));
    assert_eq!(
        lines,
        [
            json!({"kind": "event", "event": "message", "data": "a\nb", "id": "7"}),
            json!({"kind": "event", "event": "x", "data": "", "id": "7"}),
            json!({"kind": "end", "last_event_id": "7", "retry": 2}),
        ]
    );
    assert_eq!(violations, 0);
    let asked = server.join().unwrap();
    assert!(asked.contains("accept: text/event-stream\r\n"), "{asked}");
    assert!(asked.contains("accept-encoding: identity\r\n"), "{asked}");
    assert!(!asked.contains("last-event-id"), "{asked}");
}

#[test]
fn the_id_given_is_sent_and_is_what_events_inherit() {
    let (url, server) = serve(&[HEAD, "data: x\n\n"]);
    let (lines, _) = lines(&args(&[&url, "--json", "--last-event-id", "k-9"]));
    assert_eq!(
        lines[0],
        json!({"kind": "event", "event": "message", "data": "x", "id": "k-9"})
    );
    assert_eq!(lines.last().unwrap()["last_event_id"], "k-9");
    assert!(server.join().unwrap().contains("last-event-id: k-9\r\n"));
}

#[test]
fn a_server_that_ignores_the_id_is_found() {
    let (url, _server) = serve(&[HEAD, "id: 1\ndata: x\n\n"]);
    let (lines, violations) = lines(&args(&[&url, "--json", "--last-event-id", "9"]));
    assert_eq!((&lines[0]["code"], violations), (&json!("id_went_back"), 0));
}

#[test]
fn an_answer_that_does_not_come_is_waited_for_as_long_as_is_said() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let (lines, violations) = lines(&args(&[&url, "--json", "--for", "1s"]));
    assert_eq!((&lines[0]["code"], violations), (&json!("no_answer"), 1));
}

#[test]
fn a_retry_of_any_size_is_a_number() {
    let digits = "9".repeat(40);
    let (url, _server) = serve(&[HEAD, &format!("retry: {digits}\n\n")]);
    let mut out = Vec::new();
    inspect(&args(&[&url, "--json"]), &mut out).unwrap();
    let last = String::from_utf8(out).unwrap();
    let expected = format!(r#"{{"kind":"end","last_event_id":"","retry":{digits}}}"#);
    assert_eq!(last.lines().last(), Some(&*expected));
}

#[test]
fn a_status_ends_it_and_its_words_are_quoted() {
    let (url, _server) =
        serve(&["HTTP/1.1 404 Not Found\r\nContent-Length: 19\r\n\r\n{\"detail\":\"no demo\"}"]);
    let (lines, violations) = lines(&args(&[&url, "--json"]));
    assert_eq!(
        (lines.len(), &lines[0]["code"], violations),
        (3, &json!("status"), 1)
    );
    let detail = lines[0]["detail"].as_str().unwrap();
    assert!(detail.contains("404 Not Found"), "{detail}");
    assert_eq!(lines[1]["code"], "body");
    let detail = lines[1]["detail"].as_str().unwrap();
    assert!(
        detail.contains("because of status") && detail.contains("no demo"),
        "{detail}"
    );
}

#[test]
fn what_is_quoted_is_of_the_finding_that_stopped_the_reading() {
    let head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Encoding: br\r\n";
    let (url, _server) = serve(&[head, "Content-Length: 4\r\n\r\ncode"]);
    let (lines, _) = lines(&args(&[&url, "--json"]));
    let codes: Vec<&Value> = lines.iter().map(|line| &line["code"]).collect();
    let expected = [
        "content_encoding",
        "cache_control",
        "x_accel_buffering",
        "body",
    ];
    assert_eq!(codes[..4], expected);
    let detail = lines[3]["detail"].as_str().unwrap();
    assert!(
        detail.contains("content_encoding") && detail.contains("\"code\""),
        "{detail}"
    );
}

#[test]
fn a_status_is_told_before_its_body_has_come() {
    // The server sends no byte of the body before it has seen the status in the output.
    let (seen, wait) = std::sync::mpsc::channel();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let server = thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let head = "HTTP/1.1 500 Internal Server Error\r\nContent-Length: 4000\r\n\r\n";
        stream.write_all(head.as_bytes()).unwrap();
        wait.recv_timeout(Duration::from_secs(20))
            .expect("the status, in the output");
        stream.write_all(b"oh").unwrap();
        // The rest never comes, and is not waited for.
        let mut request = Vec::new();
        let _ = stream.read_to_end(&mut request);
    });
    let mut watch = Watch(seen, "500", Vec::new());
    inspect(&args(&[&url]), &mut watch).unwrap();
    let shown = String::from_utf8(watch.2).unwrap();
    assert!(shown.contains("it begins \"oh\""), "{shown}");
    drop(server);
}

/// An output that tells when a text has been written and flushed.
struct Watch(std::sync::mpsc::Sender<()>, &'static str, Vec<u8>);

impl Write for Watch {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.2.extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        if String::from_utf8_lossy(&self.2).contains(self.1) {
            let _ = self.0.send(());
        }
        Ok(())
    }
}

#[test]
fn a_connection_that_breaks_is_told_with_what_came_before() {
    let head = HEAD.replace("Connection: close", "Transfer-Encoding: chunked");
    let (url, _server) = serve(&[&head, "9\r\ndata: x\n\n\r\n", "5\r\nda"]);
    let (lines, violations) = lines(&args(&[&url, "--json"]));
    let codes: Vec<&Value> = lines
        .iter()
        .map(|l| l.get("code").unwrap_or(&l["kind"]))
        .collect();
    let expected = [
        "event",
        "cut_off",
        "incomplete_event_at_eof",
        "no_ids",
        "end",
    ];
    assert_eq!(codes, expected);
    assert_eq!(violations, 2);
}

#[test]
fn the_readable_form_is_harmless_and_marks_violations() {
    let body = ": hi\nevent: \u{1b}[2Ja\ndata: \u{202e}x\ndata: y\nretry: z\n\n";
    let (url, _server) = serve(&[HEAD, body]);
    let mut out = Vec::new();
    inspect(&args(&[&url]), &mut out).unwrap();
    let shown = String::from_utf8(out).unwrap();
    assert!(!shown.contains(['\u{1b}', '\u{202e}']), "{shown:?}");
    let lines: Vec<&str> = shown.lines().collect();
    assert_eq!(
        lines[..5],
        [
            "       0 · note comment: a comment; clients ignore it (HTML 9.2.5)",
            "      37 ! violation retry_not_digits: the retry \"z\" is not ASCII digits; it is ignored (HTML 9.2.6)",
            "       0 ▸ \\u{1b}[2Ja",
            "         │ \\u{202e}x",
            "         │ y",
        ]
    );
    assert!(lines[6].contains("events: 1, violations: 1;"), "{shown}");
}

#[test]
fn an_event_is_told_before_the_next_byte_is_waited_for() {
    // The server sends the end only after it has seen the event in the output.
    let (seen, wait) = std::sync::mpsc::channel();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let server = thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        stream.write_all(HEAD.as_bytes()).unwrap();
        stream.write_all(b"data: now\r\r").unwrap();
        wait.recv_timeout(Duration::from_secs(20))
            .expect("the event, in the output");
    });
    inspect(&args(&[&url]), &mut Watch(seen, "now", Vec::new())).unwrap();
    server.join().unwrap();
}

#[test]
fn a_closed_output_is_no_error() {
    struct Closed;
    impl Write for Closed {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::BrokenPipe.into())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let (url, _server) = serve(&[HEAD, "retry: x\n\n"]);
    assert_eq!(inspect(&args(&[&url]), &mut Closed).unwrap(), 1);
    let (url, _server) = serve(&[HEAD, "data: x\n\n"]);
    assert_eq!(inspect(&args(&[&url, "--json"]), &mut Closed).unwrap(), 0);
}

#[test]
fn an_unreachable_server_is_named_with_what_would_be_right() {
    let port = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let url = format!("http://127.0.0.1:{port}/");
    let secret = format!("{url}?token=S3CRET");
    let failure = inspect(&args(&[&secret]), &mut Vec::new()).unwrap_err();
    assert_eq!(failure.status, 69);
    assert!(!failure.to_string().contains("S3CRET"), "{failure}");
    let words = failure.to_string();
    assert!(
        words.contains(&url) && words.contains("check that the server runs"),
        "{words}"
    );
}

#[test]
fn a_wrong_argument_is_refused_before_anything_is_read() {
    for wrong in [
        &["localhost:8080"][..],
        &["ftp://x/"],
        &["/events"],
        &["-", "--last-event-id", "a\nb"],
        &["http://a/", "--method", "CONNECT"],
        &["http://a/", "--header", "no colon"],
        &["http://a/", "--body", "@/nowhere"],
        &["http://a/", "--check", "--body", "x"],
    ] {
        assert!(
            Cli::try_parse_from([&["inspect"], wrong].concat()).is_err(),
            "{wrong:?}"
        );
    }
    assert_eq!(args(&["-"]).target, Target::Stdin);
}
