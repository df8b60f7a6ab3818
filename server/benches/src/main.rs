//! Load on the program from outside, and what it costs.
//!
//! `bench PROGRAM [DIR] [ROUNDS]`: DIR on the disk in question. Each figure of each round has a
//! server started afresh; the rounds go through all figures in turn, so that what else the machine
//! does hits all alike. `docs/benchmarks.md` says how to read what comes out.

mod client;
mod idle;
mod process;
mod publish;
mod replay;
mod report;
mod startup;

use std::error::Error;
use std::path::{Path, PathBuf};

use crate::process::Program;
use crate::report::Report;

/// A measurement ends at the first failure.
type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

fn main() -> Outcome<()> {
    let mut args = std::env::args().skip(1);
    let program = args
        .next()
        .ok_or("say which program: bench PROGRAM [DIR] [ROUNDS]")?;
    let dir = PathBuf::from(args.next().unwrap_or_else(|| "target/bench".into()));
    let rounds = args.next().map_or(Ok(5), |rounds| rounds.parse())?;
    rlimit::increase_nofile_limit(u64::MAX)?;
    std::fs::create_dir_all(&dir)?;
    let mut report = Report::new(&dir.join("raw.tsv"))?;
    let program = Program::new(Path::new(&program), &dir.join("log"));
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?
        .block_on(measure(&program, rounds, &mut report))?;
    report.print();
    Ok(())
}

/// The system's load average of the last minute: with as many as there are cores and more, rates
/// are those of a busy machine.
fn load() -> Outcome<f64> {
    let load = std::fs::read_to_string("/proc/loadavg")?;
    Ok(load.split(' ').next().ok_or("an empty loadavg")?.parse()?)
}

async fn measure(program: &Program, rounds: usize, report: &mut Report) -> Outcome<()> {
    for round in 1..=rounds {
        eprintln!("round {round} of {rounds}");
        report.begin(round);
        report.add(
            "tasks that wanted a processor before the round",
            "",
            load()?,
        )?;
        for connections in [1, 32, 256] {
            publish::measure(program, connections, report).await?;
        }
        for from in [
            replay::From::Nothing,
            replay::From::Ring,
            replay::From::Store,
        ] {
            replay::measure(program, from, report).await?;
        }
        for streams in [1_000, 10_000] {
            idle::measure(program, streams, report).await?;
        }
    }
    startup::measure(program, rounds, report).await
}
