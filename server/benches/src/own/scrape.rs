//! The metrics of a server that has much to count.

use std::time::Instant;

use serde_json::{Value, json};

use super::client::{Connection, Events};
use super::process::Program;
use super::report::Report;
use crate::Outcome;

const STREAMS: usize = 10_000;
const TOPICS: usize = 10_000;
const BATCH: usize = 1_000;
const SCRAPES: usize = 200;

/// What one scrape costs, and how much it says.
pub(super) async fn measure(program: &Program, report: &mut Report) -> Outcome<()> {
    let server = program.start_afresh(&[])?;
    let mut all = Vec::with_capacity(STREAMS);
    for _ in 0..STREAMS {
        let (mut connection, mut events) = (Connection::open(&server.addr).await?, Events::from(0));
        connection.subscribe("a", None).await?;
        connection.read(&mut events, 0).await?;
        all.push(connection);
    }
    let mut connection = Connection::open(&server.addr).await?;
    for batch in 0..TOPICS / BATCH {
        let event = |n| json!({"topic": format!("topic/{}", batch * BATCH + n), "data": "x"});
        let events: Value = (0..BATCH).map(event).collect();
        let events = events.to_string();
        connection
            .post("/events", "application/json", &events)
            .await?;
    }
    let (mut bytes, begun, cpu) = (0, Instant::now(), server.cpu()?);
    for _ in 0..SCRAPES {
        bytes = connection.get("/metrics").await?.len();
    }
    let (spent, cpu) = (begun.elapsed(), (server.cpu()? - cpu) as f64);
    let what = |what| format!("a scrape with {STREAMS} subscribers and {TOPICS} topics: {what}");
    report.add(&what("bytes"), "KiB", bytes as f64 / 1024.0)?;
    report.add(
        &what("time"),
        "ms",
        spent.as_secs_f64() * 1e3 / SCRAPES as f64,
    )?;
    report.add(&what("server CPU"), "ms", cpu / 1e6 / SCRAPES as f64)
}
