//! Figures of the program alone, without a peer: publishes by connections, replay by place, start, scrape.

mod client;
mod process;
mod publish;
mod replay;
mod report;
mod scrape;
mod startup;

use crate::Outcome;
use crate::arguments::Compare;
use process::Program;
use report::Report;

pub(crate) const FIGURES: [&str; 4] = ["publish", "replay", "startup", "scrape"];

/// Measures those that are named.
pub(crate) fn measure(compare: &Compare) -> Outcome<()> {
    if !FIGURES.iter().any(|figure| compare.names(figure)) {
        return Ok(());
    }
    let mut report = Report::new(&compare.dir.join("own.tsv"))?;
    let program = Program::new(&compare.program, &compare.dir.join("log"));
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?
        .block_on(rounds(compare, &program, &mut report))?;
    report.print();
    Ok(())
}

async fn rounds(compare: &Compare, program: &Program, report: &mut Report) -> Outcome<()> {
    for round in 1..=compare.rounds {
        eprintln!("round {round} of {}", compare.rounds);
        report.begin(round);
        for connections in [1, 32, 256]
            .into_iter()
            .filter(|_| compare.names("publish"))
        {
            publish::measure(program, connections, report).await?;
        }
        let places = [
            replay::From::Nothing,
            replay::From::Ring,
            replay::From::Store,
        ];
        for from in places.into_iter().filter(|_| compare.names("replay")) {
            replay::measure(program, from, report).await?;
        }
        if compare.names("scrape") {
            scrape::measure(program, report).await?;
        }
    }
    if compare.names("startup") {
        startup::measure(program, compare.rounds, report).await?;
    }
    Ok(())
}
