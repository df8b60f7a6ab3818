//! What to inspect, and how to tell.

use std::time::Duration;

use clap::{Args, ColorChoice, ValueEnum};

use super::request::Asked;
use super::source::Target;
use crate::client::failure::Failure;
use crate::client::status::USAGE;
use crate::client::{self, trust::Trust};
use crate::config::Origin;

/// The arguments of `tickertape inspect`.
#[derive(Args, Clone, Debug)]
pub struct InspectArgs {
    /// The stream's address, http:// or https://; or a file, - for standard input, with what was written down of a
    /// stream: what --json prints, an export of the page /inspect, what curl prints (-i, -v), or the bytes alone
    #[arg(value_name = "URL|FILE")]
    pub(super) target: Target,
    /// Prints one JSON object a line: events, diagnostics, the end
    #[arg(long)]
    pub(super) json: bool,
    /// With --json: heads, bytes and their times too, so that the page /inspect shows all of it
    #[arg(long, requires = "json", conflicts_with = "check")]
    pub(super) capture: bool,
    /// Shows more, for people: headers, bytes, times; several with commas
    #[arg(long, value_name = "WHAT", value_enum, value_delimiter = ',',
        conflicts_with_all = ["json", "check"])]
    pub(super) show: Vec<Show>,
    /// The id to resume from, sent as Last-Event-ID
    #[arg(long, value_name = "ID", default_value = "", hide_default_value = true,
        value_parser = client::last_event_id)]
    pub(super) last_event_id: String,
    /// Comes back with the id of an event that was seen, and says whether what followed it came again; reads
    /// for 10 s before, unless --for says otherwise
    #[arg(long, conflicts_with = "check")]
    pub(super) resume: bool,
    /// Comes back after the end as a browser would, so many times
    #[arg(
        long,
        value_name = "TIMES",
        default_value_t = 0,
        hide_default_value = true,
        conflicts_with = "check"
    )]
    pub(super) reconnect: u32,
    /// Reads for so long at most, 1s to 1h
    #[arg(long = "for", value_name = "DURATION", value_parser = duration, conflicts_with = "check")]
    pub(super) time: Option<Duration>,
    /// Exits with status 1 where there was a violation, with --check also where there was a warning
    #[arg(long)]
    pub(super) strict: bool,
    /// Colours: of themselves on a terminal, unless NO_COLOR is set
    #[arg(long, value_name = "WHEN", value_enum, default_value_t = ColorChoice::Auto)]
    pub(super) color: ColorChoice,
    #[command(flatten)]
    pub(super) asked: Asked,
    #[command(flatten)]
    pub(super) trust: Trust,
    /// Says what the way to the stream does to it: buffered, compressed, cut when idle, resume
    #[arg(long, conflicts_with = "last_event_id")]
    pub(super) check: bool,
    /// How long --check reads the stream; 40 s show a heartbeat and most cuts
    #[arg(long, value_name = "DURATION", default_value = "40s", requires = "check",
        value_parser = duration)]
    pub(super) check_time: Duration,
    /// With --check: whether pages of this origin can read the stream
    #[arg(long, value_name = "ORIGIN", requires = "check")]
    pub(super) origin: Option<Origin>,
}

/// What the readable form shows beside events and findings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Show {
    /// The status and the headers of each response
    Headers,
    /// Each piece as it arrives, in hexadecimal digits
    Bytes,
    /// When each event came, and how the times are spread
    Times,
}

/// How long a stream is read for --resume: a heartbeat is not needed, but some events.
const BEFORE_RESUME: Duration = Duration::from_secs(10);

/// The longest time to read.
const LONGEST: Duration = Duration::from_secs(60 * 60);

impl InspectArgs {
    /// How long to read.
    pub(super) fn time(&self) -> Option<Duration> {
        self.time.or(self.resume.then_some(BEFORE_RESUME))
    }

    /// The address, for what an option asks of a server.
    pub(super) fn url(&self, flag: &str) -> Result<&str, Failure> {
        match &self.target {
            Target::Url(url) => Ok(url),
            written => Err(Failure::new(
                USAGE,
                format!(
                    "{flag} asks a server; give its address in place of {written}, or leave {flag} out"
                ),
            )),
        }
    }

    /// Refuses, of what was written down, options that ask a server.
    pub(super) fn refuse_asking(&self) -> Result<(), Failure> {
        let asking = [
            ("--resume", self.resume),
            ("--reconnect", self.reconnect > 0),
            ("--method", self.asked.method.is_some()),
            ("--header", !self.asked.headers.is_empty()),
            ("--body", self.asked.body.is_some()),
        ];
        let given = asking.iter().find(|(_, is_given)| *is_given);
        given.map_or(Ok(()), |(flag, _)| self.url(flag).map(drop))
    }
}

fn duration(text: &str) -> Result<Duration, String> {
    humantime::parse_duration(text)
        .ok()
        .filter(|time| (Duration::from_secs(1)..=LONGEST).contains(time))
        .ok_or_else(|| "give a duration of 1s to 1h, such as 40s or 5m".to_owned())
}
