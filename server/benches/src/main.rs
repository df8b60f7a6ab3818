//! Load on the program and on its peers from outside, and what it costs.
//!
//! `docs/benchmarks.md` says how to read what comes out.

mod arguments;
mod connection;
mod cores;
mod dialect;
mod goals;
mod http;
mod latency;
mod limit;
mod load;
mod own;
mod payload;
mod process;
mod results;
mod rounds;
mod schedule;
mod sequence;
mod servers;
mod table;
mod workloads;

use std::error::Error;
use std::process::ExitCode;

use clap::Parser;

use crate::arguments::{Arguments, What};

/// A measurement ends at the first failure.
type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

fn main() -> ExitCode {
    match run(Arguments::parse().what) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Whether Tickertape delivered all that it should.
fn run(what: What) -> Outcome<bool> {
    rlimit::increase_nofile_limit(u64::MAX)?;
    match what {
        What::Limit { port } => limit::serve(port).map(|()| true),
        What::Become { command } => process::become_server(&command).map(|()| true),
        What::Compare(compare) => {
            std::fs::create_dir_all(&compare.dir)?;
            rounds::measure(&compare)
        }
    }
}
