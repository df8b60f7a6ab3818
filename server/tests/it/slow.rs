//! A client that stops reading, over a real socket.

use std::time::Duration;

use server::config::Config;
use server::limits::Limits;

use crate::support::{Server, answer, field, read_to_end, read_until};

const LIMIT: Duration = Duration::from_millis(400);

/// More than the kernel holds for a connection, in events that each take less than a batch.
const EVENTS: usize = 256;
const SIZE: usize = 60_000;

#[tokio::test]
async fn a_reader_that_stopped_is_told_when_it_comes_back_and_misses_nothing_by_its_id() {
    let server = Server::with(Config {
        demo: false,
        limits: Limits {
            write_timeout: LIMIT,
            goodbye: Duration::from_secs(60),
            ..Limits::default()
        },
        ..Config::default()
    })
    .await;
    let host = format!("Host: {}", server.addr);
    let mut stopped = server
        .raw(format!(
            "GET /events/t HTTP/1.1\r\n{host}\r\nConnection: close\r\n\r\n"
        ))
        .await;
    read_until(&mut stopped, "hub.open").await;
    let line = format!("{}\n", "x".repeat(SIZE));
    let lines = answer(server.post("/lines/t", line.repeat(EVENTS)).await).await;
    assert_eq!(lines["count"], EVENTS);
    // Nothing tells from outside that a time has passed but its passing.
    tokio::time::sleep(3 * LIMIT).await;
    let rest = read_to_end(&mut stopped).await;
    let (events, close) = rest.split_once("event: hub.close\n").expect("a goodbye");
    assert!(close.contains(r#""reason":"slow""#), "{close}");
    assert!(field(close, "retry").parse::<u64>().unwrap() <= 5_000);
    let ids: Vec<_> = events.lines().filter(|l| l.starts_with("id: ")).collect();
    assert!((1..EVENTS).contains(&ids.len()), "{} events", ids.len());
    let last = ids[ids.len() - 1].trim_start_matches("id: ");
    let from_there = format!("/events/t?poll=1&limit=1&last_event_id={last}");
    let next = answer(server.get(&from_there).await).await;
    let next = next["events"][0]["id"].as_str().unwrap().to_owned();
    let place = |id: &str| id.rsplit_once('-').unwrap().1.parse::<usize>().unwrap();
    assert_eq!(place(&next), place(last) + 1, "it goes on where it was");
}
