//! Readers that take nothing, or a byte now and then.

use std::io::{Cursor, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use super::hub::{Hub, Stream};

/// More than the kernel's buffers on both sides of a connection and the server's own hold, so that
/// a reader that takes nothing is behind.
const EVENTS: usize = 400;
const BYTES: usize = 64 * 1024;

fn data(n: usize) -> String {
    format!("{n} {}", "x".repeat(BYTES))
}

/// Publishes all of them while `brisk` follows: each event is taken before the next is published,
/// so that one who held it up would be seen.
fn publish_all(hub: &Hub, brisk: &mut Stream) -> Vec<(String, String)> {
    let publish = |n| {
        let event = (hub.publish("a", &data(n)), data(n));
        assert!(brisk.events(1) == [event.clone()], "event {n}");
        event
    };
    (0..EVENTS).map(publish).collect()
}

#[test]
fn one_that_takes_nothing_delays_nobody_and_comes_back_to_all_of_it() {
    let dir = tempfile::tempdir().unwrap();
    let hub = Hub::start(dir.path(), &[]);
    let mut stalled = hub.stream("topic=a", None);
    let mut brisk = hub.stream("topic=a", None);
    let first = hub.publish("a", "first");
    assert_eq!(stalled.events(1)[0].0, first);
    assert_eq!(brisk.events(1)[0].0, first);
    let events = publish_all(&hub, &mut brisk);
    drop(stalled);
    let back = hub.stream("topic=a", Some(&first)).events(EVENTS);
    assert!(back == events, "not all of it, once, in order");
}

#[test]
fn one_that_reads_byte_by_byte_delays_nobody_and_misses_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let hub = Hub::start(dir.path(), &[]);
    let mut brisk = hub.stream("topic=a", None);
    let mut slow = Stream::ask(&hub.addr, "topic=a&since=all", None);
    // Not scoped: where the test fails it ends with the server, and is not waited for.
    let done = Arc::new(AtomicBool::new(false));
    let enough = Arc::clone(&done);
    let crawling = thread::spawn(move || {
        let mut taken = Vec::new();
        while !enough.load(Ordering::Relaxed) {
            let mut byte = [0];
            slow.read_exact(&mut byte).unwrap();
            taken.push(byte[0]);
            // The pace of the reader that this is about; nothing is measured by it.
            thread::sleep(Duration::from_millis(5));
        }
        (taken, slow)
    });
    let events = publish_all(&hub, &mut brisk);
    done.store(true, Ordering::Relaxed);
    let (taken, slow) = crawling.join().unwrap();
    assert!(taken.len() < BYTES, "it was slow");
    // It goes on faster now, on the same connection.
    let mut rest = Stream::of(Cursor::new(taken).chain(slow));
    assert!(
        rest.events(EVENTS) == events,
        "not all of it, once, in order"
    );
}
