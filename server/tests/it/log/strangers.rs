//! What strangers send, in the log of the program: no character of theirs moves a cursor or turns
//! a line around.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::thread;

use crate::program::start;

/// Sends these bytes, and waits for the end of the answer.
fn ask(addr: &str, request: &[u8]) {
    let mut stream = TcpStream::connect(addr).unwrap();
    stream.write_all(request).unwrap();
    let mut answer = Vec::new();
    // A connection that is reset has been answered too.
    let _ = stream.read_to_end(&mut answer);
}

/// A right-to-left override, an isolate, C1's introducer of escapes, a zero-width space.
const HOSTILE: &str = "\u{202e}gpj\u{2066}\u{9b}31m\u{200b}";
/// The same with what only an address can carry: an escape, a bell, a line end.
const ENCODED: &str = "%E2%80%AEgpj%E2%81%A6%C2%9B31m%1B%5B2J%07%0D%0Aforged%00";

#[test]
fn nothing_of_a_stranger_reaches_the_log_raw() {
    for format in ["text", "json"] {
        let flags = [
            "--ephemeral",
            "--addr",
            "127.0.0.1:0",
            "--log",
            "server=trace,hub=trace",
        ];
        let (mut child, addr, _out) = start(&[&flags, &["--log-format", format][..]].concat());
        let mut log = child.stderr.take().unwrap();
        // Read all along, so that a log that is long holds nobody up.
        let log = thread::spawn(move || {
            let mut said = Vec::new();
            log.read_to_end(&mut said).map(|_| said).unwrap()
        });
        for target in [
            format!("/{ENCODED}"),
            format!("/events?topic={ENCODED}"),
            format!("/events?topic=a&last_event_id={ENCODED}&poll=1"),
            format!("/events?topic=a&{ENCODED}=1"),
            format!("/topics/{ENCODED}"),
            format!("/pkg/{ENCODED}"),
            format!("/sse/connect?user={ENCODED}"),
        ] {
            for method in ["GET", "POST", "DELETE", "PURGE"] {
                let lines = "Host: localhost\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";
                ask(
                    &addr,
                    format!("{method} {target} HTTP/1.1\r\n{lines}").as_bytes(),
                );
            }
        }
        for header in [
            "Origin",
            "Host",
            "Last-Event-ID",
            "User-Agent",
            "Referer",
            "Accept",
            "Content-Type",
            "Authorization",
            "Cookie",
            "Forwarded",
            "X-Forwarded-For",
            "Idempotency-Key",
            "traceparent",
        ] {
            let host = if header == "Host" {
                ""
            } else {
                "Host: localhost\r\n"
            };
            let request = format!(
                "POST /events?topic=a HTTP/1.1\r\n{host}{header}: {HOSTILE}\r\n\
                 Connection: close\r\nContent-Length: 1\r\n\r\nx"
            );
            ask(&addr, request.as_bytes());
        }
        let body = format!("{HOSTILE}\u{1b}[2J");
        let request = format!(
            "POST /events?topic=a HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\
             Content-Length: {}\r\n\r\n{body}",
            body.len()
        );
        ask(&addr, request.as_bytes());
        child.kill().unwrap();
        child.wait().unwrap();
        let said = String::from_utf8(log.join().unwrap()).unwrap();
        // The refused origin is one that is told.
        assert!(said.contains("gpj"), "{said}");
        let raw = |c: char| {
            c.is_control() && c != '\n'
                || matches!(c, '\u{200b}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
        };
        let lines = said.lines().filter(|line| line.contains(raw));
        assert_eq!(lines.collect::<Vec<_>>(), [""; 0], "{format}");
        assert!(
            !said.lines().any(|line| line.starts_with("forged")),
            "{said}"
        );
    }
}
