//! The rounds: each server once a round, one after the other, so that what else the machine does hits all alike.

use std::fs;

use crate::Outcome;
use crate::arguments::Compare;
use crate::cores::Cores;
use crate::own;
use crate::results::Results;
use crate::servers::{Server, Servers, TICKERTAPE};
use crate::table::{self, Columns};
use crate::workloads::{Measured, WORKLOADS, Workload};

/// How often a run is made whose generator was late: the machine had other things to do. One in which
/// anything was lost is never made again.
const TRIES: usize = 3;

/// Measures all that is wanted and prints it; whether Tickertape delivered all that it should.
pub(crate) fn measure(compare: &Compare) -> Outcome<bool> {
    let known: Vec<_> = WORKLOADS
        .iter()
        .map(|workload| workload.name)
        .chain(own::FIGURES)
        .collect();
    if let [unknown, ..] = compare.unknown(&known)[..] {
        return Err(format!("there is no {unknown}; there is {}", known.join(" ")).into());
    }
    own::measure(compare)?;
    let servers = Servers::find(&compare.program, &compare.peers, &compare.dir)?;
    let cores = Cores::share(!compare.share_cores)?;
    let about = about(&servers, &cores)?;
    about.iter().for_each(|line| println!("{line}"));
    let mut results = Results::new(&compare.dir.join("raw.tsv"), &about)?;
    let wanted: Vec<_> = servers
        .all
        .iter()
        .filter(|server| compare.wants_server(server.name))
        .collect();
    let mut whole = true;
    let mut columns = Vec::new();
    for workload in WORKLOADS
        .iter()
        .filter(|workload| compare.wants(workload.name))
    {
        let servers: Vec<_> = wanted
            .iter()
            .copied()
            .filter(|server| workload.is_for(server))
            .collect();
        let mut figures = Vec::new();
        for round in 1..=compare.rounds {
            eprint!("{} round {round} of {}:", workload.name, compare.rounds);
            for server in &servers {
                eprint!(" {}", server.name);
                for try_left in (0..TRIES).rev() {
                    let measured = workload.run(server, compare, &cores);
                    let again = try_left > 0 && measured.as_ref().is_ok_and(Measured::is_late);
                    whole &= keep(
                        &mut results,
                        round,
                        workload,
                        server,
                        measured,
                        &mut figures,
                    )?;
                    if !again {
                        break;
                    }
                }
            }
            eprintln!();
        }
        columns.push(Columns { workload, figures });
        if let Some(columns) = columns.last() {
            table::print(columns, &servers, &results);
        }
    }
    if !columns.is_empty() {
        table::print_goals(&results);
        table::print_losses(&columns, &wanted, &results);
    }
    if !results.dropped.is_empty() {
        println!("\nRuns that do not count:\n");
        results.dropped.iter().for_each(|run| println!("- {run}"));
    }
    Ok(whole)
}

/// Keeps the figures of a run that counts; false where Tickertape failed in one that does not.
fn keep(
    results: &mut Results,
    round: usize,
    workload: &'static Workload,
    server: &Server,
    measured: Outcome<Measured>,
    figures: &mut Vec<(&'static str, &'static str)>,
) -> Outcome<bool> {
    let (why, whole) = match measured {
        Ok(measured) if measured.faults.any() => (measured.faults.to_string(), false),
        Ok(Measured {
            late: Some(late), ..
        }) => (late, true),
        Err(error) => (error.to_string(), false),
        Ok(measured) => {
            for figure in &measured.figures {
                if !figures.contains(&(figure.name, figure.unit)) {
                    figures.push((figure.name, figure.unit));
                }
                results.add(round, workload.name, server.name, figure)?;
            }
            return Ok(true);
        }
    };
    eprint!(" ({why})");
    results.drop_run(round, workload.name, server.name, &why)?;
    Ok(whole || !server.name.starts_with(TICKERTAPE))
}

/// The machine, the versions, and what is left out.
fn about(servers: &Servers, cores: &Cores) -> Outcome<Vec<String>> {
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease")?;
    let processors = fs::read_to_string("/proc/cpuinfo")?;
    let model = processors
        .lines()
        .find_map(|line| line.strip_prefix("model name\t: "));
    let load = fs::read_to_string("/proc/loadavg")?;
    let mut about = vec![
        format!(
            "Linux {}, {}",
            kernel.trim(),
            model.unwrap_or("a processor of an unknown kind")
        ),
        cores.words().to_owned(),
        format!("load at the start: {}", load.trim()),
    ];
    about.extend(
        servers
            .all
            .iter()
            .map(|server| format!("{}: {}", server.name, server.version)),
    );
    about.extend(
        servers
            .left_out
            .iter()
            .map(|line| format!("left out: {line}")),
    );
    Ok(about)
}
