//! Publishes that are answered once they are on the disk.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use tokio::task::JoinSet;

use super::client::{Connection, data};
use super::process::Program;
use super::report::Report;
use crate::Outcome;

const WARM_UP: Duration = Duration::from_millis(500);
const TIME: Duration = Duration::from_secs(3);
const DATA: usize = 100;

/// How many have been answered, and whether that is enough.
#[derive(Default)]
struct Progress {
    answered: AtomicU64,
    enough: AtomicBool,
}

/// So many connections, each of which publishes the next event once the last is answered.
pub(super) async fn measure(
    program: &Program,
    connections: usize,
    report: &mut Report,
) -> Outcome<()> {
    let server = program.start_afresh(&[])?;
    let (progress, mut tasks) = (Arc::new(Progress::default()), JoinSet::new());
    for _ in 0..connections {
        let connection = Connection::open(&server.addr).await?;
        tasks.spawn(publish(connection, Arc::clone(&progress)));
    }
    let answered = || progress.answered.load(Ordering::Relaxed);
    tokio::time::sleep(WARM_UP).await;
    let (begun, before, cpu) = (Instant::now(), answered(), server.cpu()?);
    tokio::time::sleep(TIME).await;
    let (spent, events) = (begun.elapsed(), (answered() - before) as f64);
    let cpu = (server.cpu()? - cpu) as f64;

    progress.enough.store(true, Ordering::Relaxed);
    while let Some(done) = tasks.join_next().await {
        done??;
    }
    let all = answered() as f64;
    let syncs = syncs(&server.stop()?)?;
    let what = |what| format!("durable publishes, {connections} connections: {what}");
    report.add(&what("answered"), "1/s", events / spent.as_secs_f64())?;
    report.add(
        &what("syncs"),
        "1/s",
        events / spent.as_secs_f64() * syncs / all,
    )?;
    report.add(&what("events a sync"), "events", all / syncs)?;
    report.add(&what("server CPU an event"), "µs", cpu / 1e3 / events)
}

async fn publish(mut connection: Connection, progress: Arc<Progress>) -> Outcome<()> {
    for number in 0.. {
        if progress.enough.load(Ordering::Relaxed) {
            break;
        }
        let data = data(number, DATA);
        connection
            .post("/events?topic=a", "text/plain", &data)
            .await?;
        progress.answered.fetch_add(1, Ordering::Relaxed);
    }
    Ok(())
}

/// How many syncs the log says to have made, at its end.
fn syncs(said: &str) -> Outcome<f64> {
    let (_, number) = said
        .rsplit_once("syncs=")
        .ok_or_else(|| format!("no number of syncs: {said}"))?;
    let end = number.find(|c: char| !c.is_ascii_digit());
    Ok(number[..end.unwrap_or(number.len())].parse()?)
}
