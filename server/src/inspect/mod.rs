//! `tickertape inspect`: reads an event stream as a browser would, and says what is wrong with it.
//!
//! Exit status: 0; 1 with `--strict` where there was a violation, with `--check` where something is
//! to be mended; 64 for a wrong argument, 69
//! where the server cannot be reached, 74 where reading or writing fails (sysexits.h).

mod check;
mod finding;
mod report;
mod response;
mod source;

use std::io::{self, BufWriter, ErrorKind, Read, Write};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use clap::Args;
use wire::{End, Item, Parser};

use crate::client::status::{FOUND, USAGE};
use crate::client::{self, failure::Failure, trust::Trust};
use crate::config::Origin;
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
    /// Exits with status 1 where there was a violation, with --check also where there was a warning
    #[arg(long)]
    strict: bool,
    #[command(flatten)]
    trust: Trust,
    /// Says what the way to the stream does to it: buffered, compressed, cut when idle, resume
    #[arg(long, conflicts_with = "last_event_id")]
    check: bool,
    /// How long --check reads the stream; 40 s show a heartbeat and most cuts
    #[arg(long, value_name = "DURATION", default_value = "40s", requires = "check",
        value_parser = check_time)]
    check_time: Duration,
    /// With --check: whether pages of this origin can read the stream
    #[arg(long, value_name = "ORIGIN", requires = "check")]
    origin: Option<Origin>,
}

/// The longest `--check-time`.
const CHECK_TIME: Duration = Duration::from_secs(60 * 60);

fn check_time(text: &str) -> Result<Duration, String> {
    humantime::parse_duration(text)
        .ok()
        .filter(|time| (Duration::from_secs(1)..=CHECK_TIME).contains(time))
        .ok_or_else(|| "give a duration of 1s to 1h, such as 40s or 5m".to_owned())
}

impl InspectArgs {
    fn format(&self) -> Format {
        match self.json {
            true => Format::Json,
            false => Format::Text,
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
    let Target::Url(url) = &args.target else {
        return Err(Failure::new(
            USAGE,
            "--check asks a server; give its address in place of -",
        ));
    };
    let stream = check::Stream {
        url,
        trust: &args.trust,
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
    match tell(args, &mut report) {
        // Whoever reads the output has seen enough (`| head`).
        Err(failure) if failure.is_closed_output => Ok(report.violations()),
        told => told.map(|()| report.violations()),
    }
}

fn tell(args: &InspectArgs, report: &mut Report<'_>) -> Result<(), Failure> {
    let mut source = source::open(&args.target, &args.last_event_id, &args.trust)?;
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
