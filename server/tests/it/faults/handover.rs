//! What else is on a connection whose stream leaves hyper.

use std::io::{BufRead, BufReader, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use socket2::SockRef;

use super::hub::{Hub, Stream, connect, head};

const STREAM: &str = "GET /events/a?since=all HTTP/1.1\r\nHost: localhost\r\n\r\n";

/// Reads one whole answer of a length that it says.
fn answer(bytes: &mut impl BufRead) -> Vec<u8> {
    let head = head(bytes);
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length: "));
    let mut body = vec![0; length.expect(&head).parse().unwrap()];
    bytes.read_exact(&mut body).unwrap();
    body
}

#[test]
fn a_stream_comes_after_all_that_was_asked_for_before_it() {
    let dir = tempfile::tempdir().unwrap();
    let hub = Hub::start(dir.path(), &[]);
    let first = hub.publish("a", "first");
    let health = "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n";
    let mut stream = connect(&hub.addr);
    // One after the other, and then all at once.
    stream.write_all(health.as_bytes()).unwrap();
    let mut bytes = BufReader::new(stream.try_clone().unwrap());
    assert_eq!(answer(&mut bytes), b"ok\n");
    let all = format!("{health}{health}{STREAM}");
    stream.write_all(all.as_bytes()).unwrap();
    assert_eq!(answer(&mut bytes), b"ok\n");
    assert_eq!(answer(&mut bytes), b"ok\n");
    let mut events = Stream::of(bytes);
    assert_eq!(events.events(1), [(first, "first".to_owned())]);
    let second = hub.publish("a", "second");
    assert_eq!(events.events(1), [(second, "second".to_owned())]);
}

#[test]
fn an_earlier_answer_that_is_not_read_yet_is_not_lost() {
    const EVENTS: usize = 100;
    let dir = tempfile::tempdir().unwrap();
    let hub = Hub::start(dir.path(), &[]);
    let data = |n: usize| format!("{n} {}", "x".repeat(60_000));
    let published: Vec<_> = (0..EVENTS)
        .map(|n| (hub.publish("a", &data(n)), data(n)))
        .collect();
    let mut stream = connect(&hub.addr);
    SockRef::from(&stream)
        .set_recv_buffer_size(16 * 1024)
        .unwrap();
    let poll = "GET /events/a?since=all&poll=1 HTTP/1.1\r\nHost: localhost\r\n\r\n";
    stream
        .write_all(format!("{poll}{STREAM}").as_bytes())
        .unwrap();
    // Both are answered in the meantime, as far as there is room.
    let last = hub.publish("a", "last");
    let mut bytes = BufReader::new(stream);
    let page = String::from_utf8(answer(&mut bytes)).unwrap();
    let ids = published
        .iter()
        .filter(|(id, _)| page.contains(&format!("\"{id}\"")));
    assert_eq!(ids.count(), EVENTS);
    let mut events = Stream::of(bytes);
    assert!(events.events(EVENTS) == published);
    assert_eq!(events.events(1), [(last, "last".to_owned())]);
}

#[test]
fn a_request_with_a_body_is_a_stream_all_the_same() {
    let dir = tempfile::tempdir().unwrap();
    let hub = Hub::start(dir.path(), &[]);
    let mut stream = connect(&hub.addr);
    let head = STREAM.replace("\r\n\r\n", "\r\nContent-Length: 5\r\n\r\nhel");
    stream.write_all(head.as_bytes()).unwrap();
    let mut events = Stream::of(stream.try_clone().unwrap());
    events.next_of("hub.open");
    stream.write_all(b"lo").unwrap();
    let id = hub.publish("a", "x");
    assert_eq!(events.events(1), [(id, "x".to_owned())]);
}

#[test]
fn what_follows_the_request_of_a_stream_is_not_answered_and_does_no_harm() {
    let dir = tempfile::tempdir().unwrap();
    let mut hub = Hub::start(dir.path(), &[]);
    // It has opened by now what it opens for itself.
    let first = hub.publish("a", "first");
    let before = hub.descriptors();
    let mut stream = connect(&hub.addr);
    let publish = "POST /events/a HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\n\r\ny";
    stream
        .write_all(format!("{STREAM}{publish}").as_bytes())
        .unwrap();
    let mut events = Stream::of(stream.try_clone().unwrap());
    events.next_of("hub.open");
    stream.write_all(publish.as_bytes()).unwrap();
    assert_eq!(events.events(1), [(first, "first".to_owned())]);
    let id = hub.publish("a", "x");
    assert_eq!(events.events(1), [(id, "x".to_owned())]);
    // One that goes on for ever: its connection is ended, or takes no more.
    stream
        .set_write_timeout(Some(Duration::from_millis(300)))
        .unwrap();
    let garbage = [b'x'; 64 * 1024];
    let sent = (0..200)
        .take_while(|_| stream.write_all(&garbage).is_ok())
        .count();
    assert!(sent < 200, "it took {sent} times 64 KB");
    assert_eq!(hub.kept("a"), ["first", "x"]);
    drop((stream, events));
    super::resets::wait_for(&hub, before);
    assert!(!hub.said().contains("panicked"));
}

#[test]
fn what_one_was_sent_others_are_too_but_nothing_that_is_gone() {
    let dir = tempfile::tempdir().unwrap();
    let hub = Hub::start(dir.path(), &["--client-publishes", "none"]);
    let first = hub.publish("a", "first");
    let lines: String = (0..300)
        .map(|n| format!("{n} {}\n", "x".repeat(100)))
        .collect();
    let (status, answer) = hub.ask("POST /lines/a", &lines);
    assert_eq!(status, 200, "{answer}");
    let one = hub.stream("topic=a", Some(&first)).events(300);
    let other = hub.stream("topic=a", Some(&first)).events(300);
    assert!(one == other && one[299].1.starts_with("299 "));
    let delivered = || hub.ask("GET /api/stats", "").1["out"]["events"].clone();
    let before = delivered().as_u64().unwrap();
    hub.stream("topic=a", Some(&first)).events(300);
    assert!(
        delivered().as_u64().unwrap() >= before + 300,
        "they count for each"
    );
    let (status, answer) = hub.ask("DELETE /events/a", "");
    assert_eq!(status, 200, "{answer}");
    let last = hub.publish("a", "last");
    let mut late = hub.stream("topic=a", Some(&first));
    let gap = late.next_of("hub.gap");
    assert!(gap.contains(r#""missed":300"#), "{gap}");
    assert_eq!(late.events(1), [(last, "last".to_owned())]);
}

/// Reads a stream at its own pace, and comes back now and then, until it has them all.
fn follow(addr: &str, seed: u64, done: &AtomicBool, first: &str) -> Vec<String> {
    let mut rng = StdRng::seed_from_u64(seed);
    let (mut got, mut last) = (Vec::new(), first.to_owned());
    'connections: loop {
        let socket = Stream::ask(addr, "topic=a", Some(&last));
        SockRef::from(&socket)
            .set_recv_buffer_size(32 * 1024)
            .unwrap();
        let closing: TcpStream = socket.try_clone().unwrap();
        let mut stream = Stream::of(socket);
        let stays = rng.random_range(1..400);
        for _ in 0..stays {
            let (id, data) = stream.events(1).remove(0);
            last = id;
            let is_last = data == "end";
            got.push(data);
            if is_last {
                return got;
            }
            // The pace of a slow reader; nothing is measured by it.
            if rng.random_ratio(1, 50) && !done.load(Ordering::Relaxed) {
                thread::sleep(Duration::from_millis(rng.random_range(1..60)));
            }
        }
        // It leaves in the middle of what is on its way.
        let _ = closing.shutdown(Shutdown::Both);
        continue 'connections;
    }
}

#[test]
fn readers_of_every_pace_get_all_of_it_once_and_in_order() {
    const EVENTS: usize = 1_000;
    let dir = tempfile::tempdir().unwrap();
    let hub = Hub::start(dir.path(), &["--client-publishes", "none"]);
    let first = hub.publish("a", "begin");
    let done = Arc::new(AtomicBool::new(false));
    let readers: Vec<_> = (0..24)
        .map(|seed| {
            let (addr, done, first) = (hub.addr.clone(), Arc::clone(&done), first.clone());
            thread::spawn(move || follow(&addr, seed, &done, &first))
        })
        .collect();
    let data = |n: usize| format!("{n} {}", "x".repeat(n % 7 * 1_000));
    let mut expected: Vec<_> = (0..EVENTS).map(data).collect();
    let lines = |data: &[String]| data.join("\n") + "\n";
    // Bursts, and single ones in between.
    for part in expected.chunks(50) {
        let (status, answer) = hub.ask("POST /lines/a", &lines(part));
        assert_eq!(status, 200, "{answer}");
        thread::sleep(Duration::from_millis(5));
    }
    done.store(true, Ordering::Relaxed);
    hub.publish("a", "end");
    expected.push("end".to_owned());
    for reader in readers {
        let got = reader.join().unwrap();
        assert!(got == expected, "{} of {}", got.len(), expected.len());
    }
}
