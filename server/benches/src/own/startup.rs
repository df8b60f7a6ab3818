//! A start with a log of a gigabyte.

use std::time::Instant;

use serde_json::{Value, json};

use super::client::{Connection, data};
use super::process::Program;
use super::report::Report;
use crate::Outcome;

const LOG: u64 = 1_000_000_000;
const DATA: usize = 1_000;
const BATCH: usize = 1_000;
/// More than the log has: retention takes nothing.
const KEEP: [&str; 2] = ["--retention-bytes", "8GiB"];

/// From the start of the program to the line with its address, with the log's files in the
/// system's cache.
pub(super) async fn measure(program: &Program, rounds: usize, report: &mut Report) -> Outcome<()> {
    eprintln!("a log of a gigabyte");
    let events = write(program).await?;
    let bytes = program.log_bytes()? as f64 / 1e9;
    for round in 1..=rounds {
        report.begin(round);
        let begun = Instant::now();
        let server = program.start(&KEEP)?;
        let spent = begun.elapsed().as_secs_f64();
        let (cpu, memory) = (server.cpu()? as f64 / 1e9, server.memory()? as f64);
        let what = |what| format!("start with {bytes:.2} GB, {events} events: {what}");
        report.add(&what("until it has an address"), "s", spent)?;
        report.add(&what("server CPU"), "s", cpu)?;
        report.add(&what("memory"), "MiB", memory / 1024.0 / 1024.0)?;
        server.stop()?;
    }
    program.remove_log()
}

/// Writes the log by publishing; how many events.
async fn write(program: &Program) -> Outcome<usize> {
    let server = program.start_afresh(&KEEP)?;
    let mut connection = Connection::open(&server.addr).await?;
    let mut events = 0;
    while program.log_bytes()? < LOG {
        let batch: Vec<_> = (events..events + BATCH)
            .map(|number| json!({"topic": format!("t/{}", number % 1_000), "data": data(number, DATA)}))
            .collect();
        let batch = Value::from(batch).to_string();
        connection
            .post("/events", "application/json", &batch)
            .await?;
        events += BATCH;
    }
    server.stop()?;
    Ok(events)
}
