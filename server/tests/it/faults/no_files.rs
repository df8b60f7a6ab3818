//! A server that can open no more files.

use std::io::{ErrorKind, Write};

use super::hub::{Hub, Stream, connect};

/// Some for the log, and a hundred streams or so.
const FILES: usize = 128;

#[test]
fn streams_go_on_and_the_next_gets_in_once_another_leaves() {
    let dir = tempfile::tempdir().unwrap();
    let hub = Hub::with_files(dir.path(), FILES);
    // A publisher that is there already, as nobody else gets in.
    let mut upload = connect(&hub.addr);
    let head = "POST /lines/a HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n";
    upload.write_all(head.as_bytes()).unwrap();
    let mut streams = Vec::new();
    while !hub.is_out_of(FILES) {
        let mut stream = hub.stream("topic=a", None);
        stream.next_of("hub.open");
        streams.push(stream);
    }
    let waiting = Stream::ask(&hub.addr, "topic=a", None);
    upload.write_all(b"5\r\nfull\n\r\n").unwrap();
    for stream in &mut streams {
        assert_eq!(stream.events(1)[0].1, "full");
    }
    waiting.set_nonblocking(true).unwrap();
    let early = waiting.peek(&mut [0]).map_err(|error| error.kind());
    assert_eq!(early, Err(ErrorKind::WouldBlock), "there is no file for it");
    waiting.set_nonblocking(false).unwrap();
    drop(streams.pop());
    let mut last = Stream::of(waiting);
    last.next_of("hub.open");
    streams.push(last);
    upload.write_all(b"5\r\nroom\n\r\n").unwrap();
    for stream in &mut streams {
        assert_eq!(stream.events(1)[0].1, "room");
    }
    hub.stop();
}
