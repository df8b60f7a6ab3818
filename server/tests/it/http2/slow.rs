//! Streams that take nothing.

use std::time::Duration;

use h2::{Reason, RecvStream};
use server::limits::Limits;

use super::client::{Client, next, read_to_end};
use super::server;
use crate::secure::Authority;
use crate::support::within;

/// More than a connection holds for a stream, in events that each take less than a batch.
const EVENTS: usize = 64;
const SIZE: usize = 60_000;

/// Times that a test can wait for, and that are long for what goes well.
fn short() -> Limits {
    Limits {
        write_timeout: Duration::from_secs(1),
        goodbye: Duration::from_secs(1),
        ..Limits::default()
    }
}

/// Publishes more than is held for a stream; answered once all of it is stored.
async fn publish_much(client: &mut Client) {
    let lines = format!("{}\n", "#".repeat(SIZE)).repeat(EVENTS);
    let upload = Client::request("POST", "https://localhost/lines/t");
    let (status, text) = client.ask(upload, lines.as_bytes()).await;
    assert_eq!(status, 200, "{text}");
}

/// Reads on until all of that has come.
async fn take_all(body: &mut RecvStream) {
    let mut left = EVENTS * SIZE;
    while left > 0 {
        let piece = within(next(body)).await.unwrap().expect("it goes on");
        left -= piece.iter().filter(|byte| **byte == b'#').count();
    }
}

#[tokio::test]
async fn a_stream_that_takes_nothing_is_reset_and_the_one_beside_it_gets_everything() {
    let authority = Authority::new();
    let server = server(&authority, short()).await;
    let mut client = Client::connect(&authority, &server).await;
    let mut stopped = client.stream("/events/t").await;
    let mut reader = client.stream("/events/t").await;
    let taking = async {
        take_all(&mut reader).await;
        reader
    };
    let ((), _reader) = tokio::join!(publish_much(&mut client), taking);
    // What was on its way is still there; then comes the end, and not that of the connection.
    let end = within(async {
        loop {
            match stopped.data().await {
                Some(Ok(_)) => {}
                Some(Err(error)) => return error,
                None => panic!("it took nothing, and was told of its end"),
            }
        }
    })
    .await;
    assert_eq!(end.reason(), Some(Reason::CANCEL), "{end}");
    assert_eq!(client.get("/healthz").await.0, 200);
}

#[tokio::test]
async fn a_stream_that_stopped_is_told_when_it_comes_back_in_time() {
    let authority = Authority::new();
    let limits = Limits {
        goodbye: Duration::from_secs(60),
        ..short()
    };
    let server = server(&authority, limits).await;
    let mut client = Client::connect(&authority, &server).await;
    let mut stopped = client.stream("/events/t").await;
    publish_much(&mut client).await;
    // Nothing tells from outside that a time has passed but its passing.
    tokio::time::sleep(3 * Duration::from_millis(400)).await;
    let text = read_to_end(&mut stopped).await;
    let (text, close) = text.split_once("event: hub.close").expect("a goodbye");
    assert!(close.contains(r#""reason":"slow""#), "{close}");
    let mut lines = text.lines().rev();
    let last = lines.find_map(|line| line.strip_prefix("id: ")).unwrap();
    assert!(text.matches("data: #").count() < EVENTS);
    let next = format!("/events/t?poll=1&limit=1&last_event_id={last}");
    let (_, page) = client.get(&next).await;
    let place = |id: &str| id.rsplit_once('-').unwrap().1.parse::<usize>().unwrap();
    let page: serde_json::Value = serde_json::from_str(&page).unwrap();
    let next = page["events"][0]["id"].as_str().unwrap();
    assert_eq!(place(next), place(last) + 1, "it goes on where it was");
}
