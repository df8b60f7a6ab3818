//! Many clients at once: idle ones, and ones that all come back together.

use std::net::TcpStream;
use std::time::{Duration, Instant};

use super::hub::{Hub, Stream};
use crate::support::field;

/// Streams of this process and of the server, which has as many descriptors.
const IDLE: usize = 10_000;
const RETURNING: usize = 5_000;
/// Promised is a second. Much later a heartbeat would bring the event, though nobody rang for it.
const SOON: Duration = Duration::from_secs(10);
/// What returning clients have missed.
const MISSED: usize = 20;

/// As many clients as this system's limit of open files has room for, of both tests at once;
/// `wanted` unless it says otherwise on standard error.
fn as_many_as(wanted: usize) -> usize {
    let limit = rlimit::increase_nofile_limit(u64::MAX).unwrap();
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    // The rest is for the tests beside these.
    let room = limit.saturating_sub(1_000).min(IDLE + RETURNING);
    let share = wanted * room / (IDLE + RETURNING);
    if share < wanted {
        eprintln!("{share} clients, not {wanted}: the limit of open files is {limit}");
    }
    share
}

#[test]
fn ten_thousand_idle_streams_all_get_the_one_event() {
    let dir = tempfile::tempdir().unwrap();
    let hub = Hub::start(dir.path(), &[]);
    let open = |_| {
        let mut stream = hub.stream("topic=a", None);
        stream.next_of("hub.open");
        stream
    };
    let mut idle: Vec<_> = (0..as_many_as(IDLE)).map(open).collect();
    let published = Instant::now();
    let event = (hub.publish("a", "for all"), "for all".to_owned());
    for (n, stream) in idle.iter_mut().enumerate() {
        assert_eq!(stream.events(1)[0], event, "stream {n}");
    }
    let late = published.elapsed();
    assert!(late < SOON, "some were not woken: {late:?}");
}

#[test]
fn five_thousand_that_come_back_with_one_cursor_all_get_everything() {
    let dir = tempfile::tempdir().unwrap();
    let hub = Hub::start(dir.path(), &[]);
    let cursor = hub.publish("a", "the last they saw");
    let data = |n: usize| format!("missed {n}");
    let missed: Vec<_> = (0..MISSED)
        .map(|n| (hub.publish("a", &data(n)), data(n)))
        .collect();
    hub.stop();
    // Started anew it has nothing in memory: each of them is behind the ring.
    let hub = Hub::start(dir.path(), &[]);
    let ask = |_| Stream::ask(&hub.addr, "topic=a", Some(&cursor));
    let asked: Vec<TcpStream> = (0..as_many_as(RETURNING)).map(ask).collect();
    // All have asked before the first reads.
    for stream in asked {
        let mut stream = Stream::of(stream);
        assert_eq!(field(&stream.next_of("hub.open"), "id"), cursor);
        assert_eq!(stream.events(MISSED), missed);
    }
}
