//! No loss is silent: each gap that a subscriber is told of shows in the metric, and no other.

use std::collections::BTreeMap;
use std::path::Path;

use hub::{Retention, Selector};
use server::config::{Config, Override};
use server::storage::Storage;

use super::scrape;
use crate::faults::damage::{flip, position, segment};
use crate::support::{Server, answer, within};

const REASONS: [&str; 5] = [
    "trimmed",
    "deleted",
    "damaged",
    "unknown-id",
    "epoch-changed",
];

fn config(dir: &Path) -> Config {
    Config {
        demo: false,
        storage: Storage::Directory(dir.to_owned()),
        overrides: vec![Override {
            selector: Selector::parse("busy").unwrap(),
            retention: Retention {
                count: Some(2),
                ..Retention::default()
            },
        }],
        ..Config::default()
    }
}

async fn publish(server: &Server, topic: &str, data: &str) -> String {
    let answer = answer(
        server
            .post(&format!("/events/{topic}"), data.to_owned())
            .await,
    )
    .await;
    answer["id"].as_str().unwrap().to_owned()
}

/// How a subscriber is told.
#[derive(Clone, Copy, Debug)]
enum As {
    Stream,
    Lines,
    Poll,
}

/// The reasons of the gaps that a subscriber is told of, from its cursor to a last event.
async fn told(server: &Server, topic: &str, cursor: &str, how: As) -> Vec<String> {
    const LAST: &str = "the last of it";
    let path = format!("/events/{topic}");
    let ask = |accept: &str| {
        let request = server.request("GET", &path).header("accept", accept);
        within(request.header("last-event-id", cursor).send())
    };
    let said = match how {
        As::Poll => {
            publish(server, topic, LAST).await;
            ask("application/json").await.unwrap().text().await.unwrap()
        }
        As::Stream | As::Lines => {
            let accept = match how {
                As::Lines => "application/x-ndjson",
                _ => "text/event-stream",
            };
            let mut response = ask(accept).await.unwrap();
            publish(server, topic, LAST).await;
            let mut said = String::new();
            while !said.contains(LAST) {
                let chunk = within(response.chunk()).await.unwrap().expect("it goes on");
                said.push_str(std::str::from_utf8(&chunk).unwrap());
            }
            said
        }
    };
    let said = said.replace('\\', "");
    let gaps = said.split(r#""reason":""#).skip(1);
    gaps.map(|rest| rest.split('"').next().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn every_gap_that_is_told_moves_its_counter_by_one_and_nothing_else_does() {
    let dir = tempfile::tempdir().unwrap();
    let mut server = Server::with(config(dir.path())).await;
    let mut ids = Vec::new();
    for n in 0..20 {
        ids.push(publish(&server, "a", &format!("event {n:03}")).await);
    }
    server.ask_to_stop();
    server.stopped().await;
    // Started anew, it has none of the events in memory.
    let server = Server::with(config(dir.path())).await;
    let begin = publish(&server, "gone", "x").await;
    let file = segment(dir.path());
    flip(&file, position(&file, "event 013"));
    answer(
        server
            .request("DELETE", "/events/gone")
            .send()
            .await
            .unwrap(),
    )
    .await;
    for _ in 0..5 {
        publish(&server, "busy", "x").await;
    }
    let before = format!("{}-0", begin.rsplit_once('-').unwrap().0);
    let mut expected: BTreeMap<&str, u64> = REASONS.map(|reason| (reason, 0)).into();
    for (reason, topic, cursor) in [
        ("damaged", "a", &*ids[9]),
        ("deleted", "gone", &*before),
        ("trimmed", "busy", &*before),
        ("unknown-id", "new", "nobody knows this"),
        ("epoch-changed", "new", "0123456789-7"),
    ] {
        for how in [As::Stream, As::Lines, As::Poll] {
            let gaps = told(&server, topic, cursor, how).await;
            assert_eq!(gaps, [reason], "as {how:?}");
            *expected.get_mut(reason).unwrap() += 1;
            assert_eq!(counted(&server).await, expected, "{reason} as {how:?}");
        }
    }
    // Who has lost nothing is told of nothing.
    let head = publish(&server, "a", "x").await;
    assert!(told(&server, "a", &head, As::Stream).await.is_empty());
    assert_eq!(counted(&server).await, expected);
    let stats = answer(server.get("/api/stats").await).await;
    let stats = REASONS.map(|reason| (reason, stats["gaps"][reason].as_u64().unwrap()));
    assert_eq!(BTreeMap::from(stats), expected, "the console's figures");
}

async fn counted(server: &Server) -> BTreeMap<&'static str, u64> {
    let scrape = scrape(server).await;
    let of = |reason| {
        let count = scrape.value("tickertape_gaps_total", &[("reason", reason)]);
        (reason, count as u64)
    };
    REASONS.map(of).into()
}
