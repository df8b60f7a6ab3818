//! `tickertape check`, `repair`, `backup` and `restore`: of a log that no server has open.

use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use bytesize::ByteSize;
use clap::Args;
use store::{OpenError, Repaired};

use crate::storage::DataArgs;

/// Which log.
#[derive(Args, Clone, Debug)]
pub struct LogArgs {
    #[command(flatten)]
    data: DataArgs,
}

/// Which log, and its copy.
#[derive(Args, Clone, Debug)]
pub struct CopyArgs {
    /// The copy's directory
    copy: PathBuf,
    #[command(flatten)]
    data: DataArgs,
}

/// Reads all of a log, and says what is wrong with it: exit status 1 where something is.
#[must_use]
pub fn check(args: &LogArgs) -> ExitCode {
    with_dir(&args.data, |dir| {
        let report = store::check(&dir)?;
        let bytes = ByteSize(report.bytes);
        say(&format!(
            "{}: {} events, {} segments, {bytes}",
            dir.display(),
            report.events,
            report.segments
        ));
        if report.torn > 0 {
            say(&format!(
                "{} bytes at its end were never answered for; the next start cuts them",
                report.torn
            ));
        }
        for damage in &report.damage {
            say(&format!("damage: {damage}"));
        }
        Ok(if report.damage.is_empty() {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        })
    })
}

/// Makes what is left of a damaged log usable, under a new epoch.
#[must_use]
pub fn repair(args: &LogArgs) -> ExitCode {
    with_dir(&args.data, |dir| {
        tell(&store::repair(&dir)?);
        Ok(ExitCode::SUCCESS)
    })
}

/// Copies a log to a directory that is not there yet.
#[must_use]
pub fn backup(args: &CopyArgs) -> ExitCode {
    with_dir(&args.data, |dir| {
        store::backup(&dir, &args.copy)?;
        say(&format!("copied to {}", args.copy.display()));
        Ok(ExitCode::SUCCESS)
    })
}

/// Makes a log of a copy, under a new epoch.
#[must_use]
pub fn restore(args: &CopyArgs) -> ExitCode {
    with_dir(&args.data, |dir| {
        tell(&store::restore(&args.copy, &dir)?);
        Ok(ExitCode::SUCCESS)
    })
}

fn with_dir(
    data: &DataArgs,
    work: impl FnOnce(PathBuf) -> Result<ExitCode, OpenError>,
) -> ExitCode {
    let done = data
        .dir()
        .and_then(|dir| work(dir).map_err(|error| error.to_string()));
    done.unwrap_or_else(|reason| {
        // Whoever closed standard error does not want to know.
        let _ = writeln!(io::stderr(), "error: {reason}");
        ExitCode::FAILURE
    })
}

fn tell(repaired: &Repaired) {
    say(&format!(
        "{} events under the new epoch {}; readers that come back are told of a gap",
        repaired.events, repaired.epoch
    ));
    if repaired.unreadable > 0 {
        say(&format!(
            "{} bytes could not be read as events",
            repaired.unreadable
        ));
    }
    if let Some(before) = &repaired.before {
        say(&format!(
            "the files from before are in {}; remove them when you like",
            before.display()
        ));
    }
}

fn say(line: &str) {
    // Whoever closed standard output does not want to know.
    let _ = writeln!(io::stdout(), "{line}");
}
