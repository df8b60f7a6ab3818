//! Subscribers to whom nothing happens.

use crate::Outcome;
use crate::client::{Connection, Events, data};
use crate::process::Program;
use crate::report::Report;

const DATA: usize = 100;

/// What each of so many costs in the server's own memory: once open, and once it has had an event.
pub(crate) async fn measure(program: &Program, streams: usize, report: &mut Report) -> Outcome<()> {
    let server = program.start_afresh(&[])?;
    let open = async || {
        let (mut connection, mut events) = (Connection::open(&server.addr).await?, Events::from(0));
        connection.subscribe("a", None).await?;
        connection.read(&mut events, 0).await?;
        Outcome::Ok((connection, events))
    };
    // What a process allocates once.
    drop(open().await?);
    let before = server.memory()?;
    let mut all = Vec::with_capacity(streams);
    for _ in 0..streams {
        all.push(open().await?);
    }
    let each = |now: u64| (now.saturating_sub(before)) as f64 / 1024.0 / streams as f64;
    let quiet = each(server.memory()?);
    let mut publisher = Connection::open(&server.addr).await?;
    publisher
        .post("/events?topic=a", "text/plain", &data(0, DATA))
        .await?;
    for (connection, events) in &mut all {
        connection.read(events, 1).await?;
    }
    let what = |what| format!("user memory a subscriber, of {streams}: {what}");
    report.add(&what("idle"), "KiB", quiet)?;
    report.add(&what("after one event"), "KiB", each(server.memory()?))
}
