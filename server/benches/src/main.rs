//! Load on the program from outside, and what it costs.
//!
//! `bench PROGRAM [DIR] [ROUNDS] [FIGURE…]`: DIR on the disk in question; all figures, or those of
//! publish, replay, fanout, scrape, idle and startup that are named. Each figure of each round has a
//! server started afresh; the rounds go through all figures in turn, so that what else the machine
//! does hits all alike. `docs/benchmarks.md` says how to read what comes out.

mod client;
mod fanout;
mod idle;
mod process;
mod publish;
mod replay;
mod report;
mod scrape;
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
        .ok_or("say which program: bench PROGRAM [DIR] [ROUNDS] [FIGURE…]")?;
    let dir = PathBuf::from(args.next().unwrap_or_else(|| "target/bench".into()));
    let rounds = args.next().map_or(Ok(5), |rounds| rounds.parse())?;
    let named: Vec<String> = args.collect();
    let wanted = |figure: &str| named.is_empty() || named.iter().any(|name| name == figure);
    rlimit::increase_nofile_limit(u64::MAX)?;
    std::fs::create_dir_all(&dir)?;
    let mut report = Report::new(&dir.join("raw.tsv"))?;
    let program = Program::new(Path::new(&program), &dir.join("log"));
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?
        .block_on(measure(&program, rounds, wanted, &mut report))?;
    report.print();
    Ok(())
}

/// The system's load average of the last minute: with as many as there are cores and more, rates
/// are those of a busy machine.
fn load() -> Outcome<f64> {
    let load = std::fs::read_to_string("/proc/loadavg")?;
    Ok(load.split(' ').next().ok_or("an empty loadavg")?.parse()?)
}

async fn measure(
    program: &Program,
    rounds: usize,
    wanted: impl Fn(&str) -> bool,
    report: &mut Report,
) -> Outcome<()> {
    for round in 1..=rounds {
        eprintln!("round {round} of {rounds}");
        report.begin(round);
        report.add(
            "tasks that wanted a processor before the round",
            "",
            load()?,
        )?;
        for connections in [1, 32, 256].into_iter().filter(|_| wanted("publish")) {
            publish::measure(program, connections, report).await?;
        }
        let places = [
            replay::From::Nothing,
            replay::From::Ring,
            replay::From::Store,
        ];
        for from in places.into_iter().filter(|_| wanted("replay")) {
            replay::measure(program, from, report).await?;
        }
        if wanted("fanout") {
            fanout::measure(program, report).await?;
        }
        if wanted("scrape") {
            scrape::measure(program, report).await?;
        }
        for streams in [1_000, 10_000].into_iter().filter(|_| wanted("idle")) {
            idle::measure(program, streams, report).await?;
        }
    }
    if wanted("startup") {
        startup::measure(program, rounds, report).await?;
    }
    Ok(())
}
