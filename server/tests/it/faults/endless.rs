//! Requests that do not end: a gibibyte of body, one line, a head.

use std::io::{Read, Write};
use std::thread;

use super::hub::{Hub, connect};

const GIB: usize = 1 << 30;
/// What a refusal may cost in bytes sent: what the server reads past it, and the buffers of a
/// connection.
const EARLY: usize = 32 << 20;
/// How much more memory the process may have had after all of it: less than one such request.
const FLAT: u64 = 64 << 20;
const ROUNDS: usize = 10;

/// Sends `piece` until a gibibyte is sent or the server has had enough; how much was sent, and what
/// was answered.
fn send_without_end(hub: &Hub, head: &str, piece: &[u8]) -> (usize, String) {
    let mut stream = connect(&hub.addr);
    stream.write_all(head.as_bytes()).unwrap();
    let mut half = stream.try_clone().unwrap();
    thread::scope(|scope| {
        let sending = scope.spawn(move || {
            let mut sent = 0;
            while sent < GIB && half.write_all(piece).is_ok() {
                sent += piece.len();
            }
            sent
        });
        let mut answer = Vec::new();
        // It may end in a reset, as it is refused in the middle.
        let _ = stream.read_to_end(&mut answer);
        (sending.join().unwrap(), String::from_utf8(answer).unwrap())
    })
}

#[test]
fn what_does_not_end_is_refused_early_and_costs_no_memory() {
    let dir = tempfile::tempdir().unwrap();
    let hub = Hub::start(dir.path(), &[]);
    let chunk = [b"10000\r\n" as &[u8], &[b'x'; 0x10000], b"\r\n"].concat();
    let chunked = "Host: localhost\r\nTransfer-Encoding: chunked\r\n\r\n";
    let form = "Content-Type: application/x-www-form-urlencoded";
    let requests = [
        (
            format!("POST /events/a HTTP/1.1\r\n{chunked}"),
            &chunk[..],
            413,
        ),
        (
            format!("POST /events HTTP/1.1\r\n{form}\r\n{chunked}"),
            &chunk,
            413,
        ),
        (format!("POST /lines/a HTTP/1.1\r\n{chunked}"), &chunk, 413),
        (
            format!("POST /events/a HTTP/1.1\r\nHost: localhost\r\nContent-Length: {GIB}\r\n\r\n"),
            &chunk,
            413,
        ),
        (
            "GET /events HTTP/1.1\r\nHost: localhost\r\n".to_owned(),
            b"X-More: more\r\n",
            431,
        ),
        ("GET /events?topic=".to_owned(), &[b'x'; 4096], 431),
        (
            "GET /events HTTP/1.1\r\nX-Long: ".to_owned(),
            &[b'x'; 4096],
            431,
        ),
    ];
    let round = || {
        for (head, piece, status) in &requests {
            let (sent, answer) = send_without_end(&hub, head, piece);
            let begin = format!("HTTP/1.1 {status} ");
            assert!(answer.starts_with(&begin), "{head:.40}: {answer}");
            assert!(sent < EARLY, "{head:.40}: {sent} bytes");
        }
    };
    // The first round fills what a process fills once.
    round();
    let before = hub.peak_memory();
    (0..ROUNDS).for_each(|_| round());
    let grown = hub.peak_memory() - before;
    assert!(grown < FLAT, "{grown} bytes more");
    assert!(before < 4 * FLAT, "{before} bytes");
    assert!(hub.kept("a").is_empty());
}
