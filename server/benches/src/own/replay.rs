//! Clients that come back and are all the same events behind.

use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::client::{Connection, Events, data};
use super::process::{Process, Program};
use super::report::Report;
use crate::Outcome;

const CLIENTS: usize = 1_000;
const EVENTS: usize = 1_000;
const DATA: usize = 100;

/// Where what they have missed lies.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum From {
    /// They have missed nothing: what a connection costs by itself.
    Nothing,
    /// In the ring, in memory.
    Ring,
    /// Before the ring, on the disk: the server was started since.
    Store,
}

/// All connect at once; what it costs until each has everything.
pub(super) async fn measure(program: &Program, from: From, report: &mut Report) -> Outcome<()> {
    let mut server = program.start_afresh(&[])?;
    let (before, after) = publish(&server).await?;
    if from == From::Store {
        server.stop()?;
        server = program.start(&[])?;
    }
    let (cursor, events) = match from {
        From::Nothing => (after, 0),
        From::Ring | From::Store => (before, EVENTS),
    };
    let cpu = server.cpu()?;
    let mut tasks = JoinSet::new();
    for _ in 0..CLIENTS {
        tasks.spawn(replay(server.addr.clone(), cursor.clone(), events));
    }
    // Kept until the end: what it costs to close them is no part of this.
    let mut done = Vec::with_capacity(CLIENTS);
    while let Some(connection) = tasks.join_next().await {
        done.push(connection??);
    }
    let cpu = (server.cpu()? - cpu) as f64 / 1e3 / CLIENTS as f64;
    match from {
        From::Nothing => report.add(
            "a client that connects and has missed nothing: server CPU",
            "µs",
            cpu,
        ),
        From::Ring => report.add(&what("ring"), "µs", cpu / EVENTS as f64),
        From::Store => report.add(&what("disk"), "µs", cpu / EVENTS as f64),
    }
}

fn what(place: &str) -> String {
    format!(
        "replay of {EVENTS} events to each of {CLIENTS} clients, from the {place}: server CPU an event"
    )
}

/// Publishes all events at once; the ids before the first and of the last.
async fn publish(server: &Process) -> Outcome<(String, String)> {
    let mut connection = Connection::open(&server.addr).await?;
    let before = connection
        .post("/events?topic=b", "text/plain", "x")
        .await?;
    let batch: Vec<_> = (0..EVENTS)
        .map(|number| json!({"topic": "a", "data": data(number, DATA)}))
        .collect();
    let batch = Value::from(batch).to_string();
    let after = connection
        .post("/events", "application/json", &batch)
        .await?;
    let (before, after): (Value, Value) = (
        serde_json::from_str(&before)?,
        serde_json::from_str(&after)?,
    );
    let id = |answer: &Value| Some(answer["id"].as_str()?.to_owned());
    let ids = id(&before).zip(after.as_array().and_then(|all| id(all.last()?)));
    ids.ok_or_else(|| format!("no ids: {before}, {after}").into())
}

async fn replay(addr: String, cursor: String, until: usize) -> Outcome<Connection> {
    let mut connection = Connection::open(&addr).await?;
    connection.subscribe("a", Some(&cursor)).await?;
    connection.read(&mut Events::default(), until).await?;
    Ok(connection)
}
