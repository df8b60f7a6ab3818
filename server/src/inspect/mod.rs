//! `tickertape inspect`: reads an event stream as a browser would, and says what is wrong with it.
//!
//! Exit status: 0; 1 with `--strict` where there was a violation, with `--check` where something is
//! to be mended; 64 for a wrong argument, 69
//! where the server cannot be reached, 74 where reading or writing fails (sysexits.h).

mod args;
mod check;
mod connection;
mod follow;
mod pieces;
mod report;
mod request;
mod source;

use std::io::{self, BufWriter, IsTerminal, Write};
use std::process::ExitCode;
use std::thread;
use std::time::{Duration, Instant};

use anstream::AutoStream;
use clap::ColorChoice;
use inspection::{Finding, Trial};

pub use args::InspectArgs;
use connection::{Connection, Reading};
use report::{Format, Report};
pub use source::Target;

use crate::client::failure::Failure;
use crate::client::status::{FOUND, USAGE};
use crate::config::Origin;

/// What a browser waits before it comes back where a stream says nothing of it, in milliseconds.
const RETRY: u64 = 3_000;

impl InspectArgs {
    fn format(&self) -> Format {
        match (self.json, self.capture) {
            (true, true) => Format::Capture,
            (true, false) => Format::Json,
            (false, _) => Format::Text,
        }
    }

    fn is_coloured(&self) -> bool {
        match self.color {
            ColorChoice::Always => true,
            ColorChoice::Never => false,
            ColorChoice::Auto => {
                let stdout = io::stdout();
                stdout.is_terminal() && AutoStream::choice(&stdout) != anstream::ColorChoice::Never
            }
        }
    }
}

/// Inspects a stream until its end, and prints what it finds as it arrives.
pub fn run(args: InspectArgs) -> ExitCode {
    let mut out = BufWriter::new(io::stdout().lock());
    let done = if args.check {
        check(&args, &mut out)
    } else {
        inspect(&args, &mut out).map(|violations| args.strict && violations > 0)
    };
    match done {
        Ok(true) => FOUND.into(),
        Ok(false) => ExitCode::SUCCESS,
        Err(failure) => {
            // Whoever closed standard error does not want to know.
            let _ = writeln!(io::stderr(), "error: {failure}");
            failure.status.into()
        }
    }
}

/// Returns whether the way to the stream is to be mended.
fn check(args: &InspectArgs, out: &mut dyn Write) -> Result<bool, Failure> {
    let settings = check::Settings {
        origin: args.origin.as_ref().map(Origin::as_str),
        ..check::Settings::new(stream(args, "--check")?, args.format(), args.check_time)
    };
    let verdict = check::run(&settings, out)?;
    Ok(verdict.bad > 0 || (args.strict && verdict.warnings > 0))
}

/// The stream, for what asks its server more than once.
fn stream<'a>(args: &'a InspectArgs, flag: &str) -> Result<check::Stream<'a>, Failure> {
    match &args.target {
        Target::Url(url) => Ok(check::Stream {
            url,
            trust: &args.trust,
            headers: &args.asked.headers,
        }),
        Target::Stdin => Err(Failure::new(
            USAGE,
            format!("{flag} asks a server; give its address in place of -"),
        )),
    }
}

/// Returns the number of violations.
fn inspect(args: &InspectArgs, out: &mut dyn Write) -> Result<u64, Failure> {
    let mut report = Report::new(args.format(), out);
    report.show(&args.show, args.is_coloured());
    match tell(args, &mut report) {
        // Whoever reads the output has seen enough (`| head`).
        Err(failure) if failure.is_closed_output => Ok(report.violations()),
        told => told.map(|()| report.violations()),
    }
}

fn tell(args: &InspectArgs, report: &mut Report<'_>) -> Result<(), Failure> {
    args.asked.check()?;
    if args.resume {
        stream(args, "--resume")?;
    }
    if args.reconnect > 0 {
        stream(args, "--reconnect")?;
    }
    let until = args.time().map(|time| Instant::now() + time);
    let mut id = args.last_event_id.clone();
    for left in (0..=args.reconnect).rev() {
        let mut connection = Connection::open(args, &id, until, report)?;
        let reading = connection.read(until, report)?;
        if args.resume && (left == 0 || reading != Reading::Ended) {
            resume(args, &connection, report)?;
        }
        connection.end(report)?;
        if left == 0 || reading != Reading::Ended {
            break;
        }
        let retry = connection.retry().unwrap_or(RETRY);
        connection.next_id().clone_into(&mut id);
        if !comes_back(Duration::from_millis(retry), until, &id, report)? {
            break;
        }
    }
    Ok(())
}

/// Waits as a browser does; whether there is time to come back.
fn comes_back(
    retry: Duration,
    until: Option<Instant>,
    id: &str,
    report: &mut Report<'_>,
) -> Result<bool, Failure> {
    let left = until.map(|until| until.saturating_duration_since(Instant::now()));
    if left.is_some_and(|left| left < retry) {
        return Ok(false);
    }
    report
        .comes_back(retry, id)
        .and_then(|()| report.flush())
        .map_err(Failure::output)?;
    thread::sleep(retry);
    Ok(true)
}

/// Comes back with the id of an event that was seen, and judges.
fn resume(
    args: &InspectArgs,
    connection: &Connection,
    report: &mut Report<'_>,
) -> Result<(), Failure> {
    let stream = stream(args, "--resume")?;
    let verdict = match Trial::of(connection.seen(), connection.has_ids()) {
        Ok(trial) => check::tried(stream, &trial, connection.trial_time()),
        Err(verdict) => verdict,
    };
    let verdict = verdict.of_asked_by(args.asked.method().as_str());
    // That there are no ids is told of every stream.
    if verdict.code == "no_ids" {
        return Ok(());
    }
    let finding = Finding::from(&verdict).at(connection.offset());
    report.finding(&finding).map_err(Failure::output)
}

#[cfg(test)]
mod tests;
