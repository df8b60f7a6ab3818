//! `tickertape inspect`: reads an event stream as a browser would, or what was written down of one, and says what is
//! wrong with it.
//!
//! Exit status: 0; 1 with `--strict` where there was a violation, with `--check` where something is to be mended; 64 for
//! a wrong argument, 65 where a file is no capture, 69 where the server cannot be reached, 74 where reading or writing
//! fails (sysexits.h).

mod args;
mod check;
mod connection;
mod follow;
mod pieces;
mod report;
mod request;
mod source;
mod written;

use std::io::{self, BufWriter, IsTerminal, Write};
use std::process::ExitCode;
use std::thread;
use std::time::Instant;

use anstream::AutoStream;
use clap::ColorChoice;
use inspection::is_sendable;

pub use args::InspectArgs;
use connection::{Live, Reading};
use report::{Format, Report};
pub use source::Target;

use crate::client::failure::Failure;
use crate::client::status::FOUND;
use crate::config::Origin;

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
    let stream = check::Stream {
        url: args.url("--check")?,
        trust: &args.trust,
        headers: &args.asked.headers,
    };
    let settings = check::Settings {
        origin: args.origin.as_ref().map(Origin::as_str),
        ..check::Settings::new(stream, args.format(), args.check_time)
    };
    let verdict = check::run(&settings, out)?;
    Ok(verdict.bad > 0 || (args.strict && verdict.warnings > 0))
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
    let Target::Url(url) = &args.target else {
        args.refuse_asking()?;
        return written::tell(args, report);
    };
    let until = args.time().map(|time| Instant::now() + time);
    let mut live = Live::new(args, url, until, report);
    let mut id = args.last_event_id.clone();
    for left in (0..=args.reconnect).rev() {
        let reading = live.read(&id)?;
        if args.resume && (left == 0 || reading != Reading::Ended) {
            live.resume();
        }
        live.end()?;
        if left == 0 || reading != Reading::Ended {
            break;
        }
        let (next_id, retry) = live.next();
        id = next_id;
        // A finding has said that no browser comes back with it.
        if !is_sendable(&id) {
            break;
        }
        // Waits as a browser does, where there is time to.
        let time = until.map(|until| until.saturating_duration_since(Instant::now()));
        if time.is_some_and(|time| time < retry) {
            break;
        }
        live.comes_back(retry, &id)?;
        thread::sleep(retry);
    }
    Ok(())
}

#[cfg(test)]
mod tests;
