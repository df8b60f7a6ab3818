//! Peers that vanish: by a reset, or without a word.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::time::Duration;

use socket2::SockRef;

use super::hub::{Hub, Stream, connect};

const RESETS: usize = 1_000;

/// Closed by a reset, not by an end.
fn reset(stream: TcpStream) {
    SockRef::from(&stream)
        .set_linger(Some(Duration::ZERO))
        .unwrap();
}

/// Ends once the server holds no more descriptors than before: the one thing that is waited for.
pub(crate) fn wait_for(hub: &Hub, descriptors: usize) {
    // Far longer than it takes; what hangs has to end, too.
    for _ in 0..3_000 {
        if hub.descriptors() <= descriptors {
            return;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    panic!("{} descriptors, not {descriptors}", hub.descriptors());
}

#[test]
fn a_thousand_resets_anywhere_leave_no_descriptor_and_no_panic() {
    let dir = tempfile::tempdir().unwrap();
    let mut hub = Hub::start(dir.path(), &[]);
    let id = hub.publish("a", "x");
    let before = hub.descriptors();
    let head = "POST /lines/a HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n";
    for n in 0..RESETS {
        let mut stream = connect(&hub.addr);
        let begun = match n % 5 {
            0 => "",
            1 => "GET /events?topic=a HTTP/1.1\r\nHo",
            2 => "POST /events/b HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99\r\n\r\nhalf",
            3 => &format!("{head}5\r\nhalf "),
            _ => &format!(
                "GET /events?topic=a HTTP/1.1\r\nHost: localhost\r\nLast-Event-ID: {id}\r\n\r\n"
            ),
        };
        stream.write_all(begun.as_bytes()).unwrap();
        if n % 5 == 4 {
            // It is a stream by now.
            stream.read_exact(&mut [0; 12]).unwrap();
        }
        reset(stream);
    }
    // Streams learn of it when there is something to send, or by the peer's reset.
    hub.publish("a", "y");
    wait_for(&hub, before);
    let said = hub.said();
    assert!(!said.contains("panicked"), "{said}");
    assert_eq!(hub.kept("a"), ["x", "y"]);
}

#[test]
fn peers_that_end_their_side_and_stay_are_let_go() {
    let dir = tempfile::tempdir().unwrap();
    let hub = Hub::start(dir.path(), &[]);
    // It has opened by now what it opens for itself.
    hub.publish("a", "x");
    let before = hub.descriptors();
    let mut streams: Vec<_> = (0..100)
        .map(|_| Stream::ask(&hub.addr, "topic=a", None))
        .collect();
    for stream in &mut streams {
        // It is served, and then half-open.
        stream.read_exact(&mut [0; 12]).unwrap();
        stream.shutdown(Shutdown::Write).unwrap();
    }
    wait_for(&hub, before);
    drop(streams);
}
