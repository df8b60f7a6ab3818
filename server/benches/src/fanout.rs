//! One event to many who wait for it.

use crate::Outcome;
use crate::client::{Connection, Events, data};
use crate::process::Program;
use crate::report::Report;

const STREAMS: usize = 1_000;
const EVENTS: usize = 200;
const DATA: usize = 100;

/// What a delivery costs the server: each event is published once all have had the one before.
pub(crate) async fn measure(program: &Program, report: &mut Report) -> Outcome<()> {
    let server = program.start_afresh(&[])?;
    let mut all = Vec::with_capacity(STREAMS);
    for _ in 0..STREAMS {
        let (mut connection, mut events) = (Connection::open(&server.addr).await?, Events::from(0));
        connection.subscribe("a", None).await?;
        connection.read(&mut events, 0).await?;
        all.push((connection, events));
    }
    let mut publisher = Connection::open(&server.addr).await?;
    let cpu = server.cpu()?;
    for number in 0..EVENTS {
        let data = data(number, DATA);
        publisher
            .post("/events?topic=a", "text/plain", &data)
            .await?;
        for (connection, events) in &mut all {
            connection.read(events, number + 1).await?;
        }
    }
    let cpu = (server.cpu()? - cpu) as f64 / 1e3 / (STREAMS * EVENTS) as f64;
    let what = format!("an event to {STREAMS} live subscribers: server CPU a delivery");
    report.add(&what, "µs", cpu)
}
