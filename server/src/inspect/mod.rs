//! `tickertape inspect`: reads an event stream as a browser would, and says what is wrong with it.
//!
//! Exit status: 0; 1 with `--strict` where there was a violation; 64 for a wrong argument, 69
//! where the server cannot be reached, 74 where reading or writing fails (sysexits.h).

mod finding;
mod report;
mod response;
mod source;

use std::io::{self, BufWriter, ErrorKind, Read, Write};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use clap::Args;
use wire::{End, Item, Parser};

use crate::client::{self, credential::Credential, failure::Failure};
use finding::Finding;
use report::{Format, Report};
pub use source::Target;

/// Longer silence than this is worth a word. Servers send something about every 15 s (HTML 9.2.7);
/// a heartbeat that is a sweep comes up to a second later, and the first proxies cut at 30 s.
const SILENCE: Duration = Duration::from_secs(20);

/// What to inspect, and how to tell.
#[derive(Args, Clone, Debug)]
pub struct InspectArgs {
    /// The stream's address, http:// or https://, or - for standard input
    #[arg(value_name = "URL")]
    target: Target,
    /// Prints one JSON object a line: events, diagnostics, the end
    #[arg(long)]
    json: bool,
    /// The id to resume from, sent as Last-Event-ID
    #[arg(long, value_name = "ID", default_value = "", hide_default_value = true,
        value_parser = client::last_event_id)]
    last_event_id: String,
    /// Exits with status 1 where there was a violation
    #[arg(long)]
    strict: bool,
    #[command(flatten)]
    credential: Credential,
}

/// Inspects a stream until its end, and prints what it finds as it arrives.
pub fn run(args: InspectArgs) -> ExitCode {
    let mut out = BufWriter::new(io::stdout().lock());
    match inspect(&args, &mut out) {
        Ok(violations) if args.strict && violations > 0 => ExitCode::FAILURE,
        Ok(_) => ExitCode::SUCCESS,
        Err(failure) => {
            // Whoever closed standard error does not want to know.
            let _ = writeln!(io::stderr(), "error: {failure}");
            failure.status.into()
        }
    }
}

/// Returns the number of violations.
fn inspect(args: &InspectArgs, out: &mut dyn Write) -> Result<u64, Failure> {
    let format = if args.json {
        Format::Json
    } else {
        Format::Text
    };
    let mut report = Report::new(format, out);
    match tell(args, &mut report) {
        // Whoever reads the output has seen enough (`| head`).
        Err(failure) if failure.is_closed_output => Ok(report.violations()),
        told => told.map(|()| report.violations()),
    }
}

fn tell(args: &InspectArgs, report: &mut Report<'_>) -> Result<(), Failure> {
    let mut source = source::open(&args.target, &args.last_event_id, &args.credential)?;
    for finding in &source.findings {
        report.finding(finding).map_err(Failure::output)?;
    }
    report.flush().map_err(Failure::output)?;
    if let Some(begin) = source.unread.take().and_then(source::Unread::quoted) {
        report.finding(&begin).map_err(Failure::output)?;
    }
    let mut parser = Parser::resume(&args.last_event_id);
    if let Some(body) = &mut source.body {
        read(body, args.target.is_url(), &mut parser, report)?;
    }
    let offset = parser.offset();
    let end = with_items(report, |sink| parser.finish(sink)).map_err(Failure::output)?;
    no_ids(&end, offset, report).map_err(Failure::output)?;
    report
        .end(&end)
        .and_then(|()| report.flush())
        .map_err(Failure::output)
}

/// Reads to the end, and tells what each piece completes before it waits for the next.
fn read(
    body: &mut dyn Read,
    is_url: bool,
    parser: &mut Parser,
    report: &mut Report<'_>,
) -> Result<(), Failure> {
    let mut piece = vec![0; 64 << 10];
    loop {
        let waited = Instant::now();
        let length = match body.read(&mut piece) {
            Ok(0) => return Ok(()),
            Ok(length) => length,
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            Err(error) if is_url => {
                let cut = Finding::cut_off(parser.offset(), &error);
                return report.finding(&cut).map_err(Failure::output);
            }
            Err(error) => return Err(Failure::input(&error)),
        };
        if is_url && waited.elapsed() > SILENCE {
            let silence = Finding::silence(parser.offset(), waited.elapsed());
            report.finding(&silence).map_err(Failure::output)?;
        }
        with_items(report, |sink| parser.feed(&piece[..length], sink)).map_err(Failure::output)?;
        report.flush().map_err(Failure::output)?;
    }
}

/// Reports the items that come out; the first error ends the telling.
fn with_items<T>(
    report: &mut Report<'_>,
    parse: impl FnOnce(&mut dyn FnMut(Item)) -> T,
) -> io::Result<T> {
    let mut told = Ok(());
    let result = parse(&mut |item| {
        if told.is_ok() {
            told = report.item(&item);
        }
    });
    told.map(|()| result)
}

/// Without ids a client that reconnects cannot say what it has seen.
fn no_ids(end: &End, offset: u64, report: &mut Report<'_>) -> io::Result<()> {
    if end.events > 0 && end.with_id == 0 {
        report.finding(&Finding::no_ids(offset, end.events))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
