//! kill -9 in the middle of publishes, judged from outside: who publishes knows what was
//! acknowledged.

use std::collections::HashMap;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::mpsc;
use std::thread;

use rand::Rng;
use serde_json::Value;

use crate::program::start;

const PUBLISHERS: usize = 4;

/// What was acknowledged: the id, and the data under it.
type Acknowledged = (String, String);

/// Ten rounds; `TICKERTAPE_CRASH_ROUNDS` asks for more.
fn rounds() -> usize {
    std::env::var("TICKERTAPE_CRASH_ROUNDS").map_or(10, |rounds| rounds.parse().unwrap())
}

#[test]
fn what_was_acknowledged_survives_every_kill_once_and_in_order() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("log");
    let args = [
        "dev",
        "--data-dir",
        data.to_str().unwrap(),
        "--addr",
        "127.0.0.1:0",
    ];
    let mut acknowledged = Vec::new();
    for round in 0..rounds() {
        let (mut child, addr, _out) = start(&args);
        let enough = rand::rng().random_range(20..200);
        let (tell, told) = mpsc::channel();
        let publishers: Vec<_> = (0..PUBLISHERS)
            .map(|n| {
                let (addr, tell) = (addr.clone(), tell.clone());
                thread::spawn(move || publish_until_refused(&addr, &format!("{round}/{n}"), &tell))
            })
            .collect();
        drop(tell);
        acknowledged.extend(told.iter().take(enough));
        child.kill().unwrap();
        child.wait().unwrap();
        // What was acknowledged while the kill was under way counts too.
        acknowledged.extend(told.iter());
        publishers
            .into_iter()
            .for_each(|publisher| publisher.join().unwrap());
    }

    let (mut child, addr, _out) = start(&args);
    let kept = everything(&addr);
    child.kill().unwrap();
    child.wait().unwrap();

    let seqs: Vec<u64> = kept.iter().map(|(id, _)| seq(id)).collect();
    assert!(seqs.is_sorted_by(|a, b| a < b), "out of order, or twice");
    let by_id: HashMap<_, _> = kept.iter().cloned().collect();
    let by_data: HashMap<_, _> = kept.iter().map(|(id, data)| (data, id)).collect();
    assert_eq!(by_data.len(), kept.len(), "one publish is there twice");
    for (id, data) in &acknowledged {
        assert_eq!(by_id.get(id), Some(data), "{id} was acknowledged");
    }
    assert!(acknowledged.len() >= 20 * rounds());
}

/// Publishes one event after the other, each once, until the server is gone.
fn publish_until_refused(addr: &str, name: &str, tell: &mpsc::Sender<Acknowledged>) {
    for n in 0.. {
        let data = format!("{name}/{n}");
        let Some(id) = publish(addr, &data) else {
            return;
        };
        if tell.send((id, data)).is_err() {
            return;
        }
    }
}

/// The id under which an event was acknowledged; none where no answer came, or half of one.
pub(crate) fn publish(addr: &str, data: &str) -> Option<String> {
    let answer = exchange(
        addr,
        &format!(
            "POST /events/crash HTTP/1.0\r\nHost: localhost\r\nContent-Length: {}\r\n\r\n{data}",
            data.len()
        ),
    )?;
    let (head, body) = answer.split_once("\r\n\r\n")?;
    assert!(head.starts_with("HTTP/1.0 200 "), "{answer}");
    let body: Value = serde_json::from_str(body).ok()?;
    body["id"].as_str().map(str::to_owned)
}

/// All that is kept of the topic, page by page.
fn everything(addr: &str) -> Vec<Acknowledged> {
    let (mut kept, mut cursor) = (Vec::new(), "earliest".to_owned());
    loop {
        let path = format!("/events?topic=crash&poll=1&limit=10000&last_event_id={cursor}");
        let answer = exchange(
            addr,
            &format!("GET {path} HTTP/1.0\r\nHost: localhost\r\n\r\n"),
        )
        .unwrap();
        let (_, body) = answer.split_once("\r\n\r\n").unwrap();
        let page: Value = serde_json::from_str(body).unwrap();
        for event in page["events"].as_array().unwrap() {
            let text = |key: &str| event[key].as_str().unwrap().to_owned();
            assert_eq!(text("event"), "message", "a gap in what is kept: {event}");
            kept.push((text("id"), text("data")));
        }
        if page["more"] == false {
            return kept;
        }
        cursor = page["cursor"].as_str().unwrap().to_owned();
    }
}

fn exchange(addr: &str, request: &str) -> Option<String> {
    let mut stream = TcpStream::connect(addr).ok()?;
    stream.write_all(request.as_bytes()).ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    Some(answer)
}

pub(crate) fn seq(id: &str) -> u64 {
    id.rsplit_once('-').unwrap().1.parse().unwrap()
}
