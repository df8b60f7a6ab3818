//! SIGTERM while many publish and follow, and a restart after it.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::hub::{Hub, Stream};
use crate::support::field;

const CLIENTS: usize = 4;
const ROUNDS: usize = 3;
/// How many publishes are acknowledged before the signal.
const ENOUGH: usize = 200;
/// What is promised. It takes milliseconds.
const EXIT: Duration = Duration::from_secs(10);

type Event = (String, String);

/// The id, where it was acknowledged; none where the server is gone, or says that it stops.
fn publish(addr: &str, data: &str) -> Option<String> {
    let mut stream = TcpStream::connect(addr).ok()?;
    let length = data.len();
    let head = "POST /events/a HTTP/1.0\r\nHost: localhost\r\nContent-Length";
    write!(stream, "{head}: {length}\r\n\r\n{data}").ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    let (head, body) = answer.split_once("\r\n\r\n")?;
    if head.starts_with("HTTP/1.0 503 ") {
        return None;
    }
    assert!(head.starts_with("HTTP/1.0 200 "), "{answer}");
    let body: Value = serde_json::from_str(body).ok()?;
    Some(body["id"].as_str().unwrap().to_owned())
}

/// Follows from the last event that was seen until the server says that it stops.
fn follow(addr: &str, seen: &mut Vec<Event>) {
    let last = seen.last().map_or("earliest", |(id, _)| id).to_owned();
    let mut stream = Stream::of(Stream::ask(addr, "topic=a", Some(&last)));
    loop {
        let block = stream.next().expect("an end is announced");
        assert!(!block.contains("event: hub.gap"), "{block}");
        if block.contains("event: hub.close") {
            assert!(block.contains(r#""reason":"shutdown""#), "{block}");
            assert_eq!(stream.next(), None);
            return;
        }
        if block.starts_with("id: ") {
            let text = |name| field(&block, name).to_owned();
            seen.push((text("id"), text("data")));
        }
    }
}

#[test]
fn it_exits_in_time_and_nobody_has_a_gap_over_the_runs() {
    let dir = tempfile::tempdir().unwrap();
    let mut readers: Vec<Vec<Event>> = vec![Vec::new(); CLIENTS];
    let mut acknowledged = Vec::new();
    for round in 0..ROUNDS {
        let hub = Hub::start(dir.path(), &[]);
        let addr = hub.addr.clone();
        let (tell, told) = mpsc::channel();
        thread::scope(|scope| {
            for seen in &mut readers {
                scope.spawn(|| follow(&addr, seen));
            }
            for n in 0..CLIENTS {
                let (tell, addr) = (tell.clone(), &addr);
                scope.spawn(move || {
                    let data = |m| format!("{round}/{n}/{m}");
                    let publishes = (0..).map_while(|m| Some((publish(addr, &data(m))?, data(m))));
                    publishes.for_each(|event| tell.send(event).unwrap());
                });
            }
            drop(tell);
            acknowledged.extend(told.iter().take(ENOUGH));
            let asked = Instant::now();
            hub.ask_to_stop();
            hub.ended();
            assert!(asked.elapsed() < EXIT, "{:?}", asked.elapsed());
            acknowledged.extend(told.iter());
        });
    }

    let hub = Hub::start(dir.path(), &[]);
    let kept = hub
        .stream("topic=a&since=all", None)
        .events(hub.kept("a").len());
    assert!(acknowledged.len() >= ROUNDS * ENOUGH);
    for event in &acknowledged {
        assert!(kept.contains(event), "{event:?} was acknowledged");
    }
    for mut seen in readers {
        assert!(seen.len() >= ENOUGH, "it followed");
        let last = seen.last().unwrap().0.clone();
        let mut rest = hub.stream("topic=a", Some(&last));
        seen.extend(rest.events(kept.len() - seen.len()));
        assert!(seen == kept, "not all of it, once, in order");
    }
}
