//! What `tickertape tail` is told.

use std::io::{self, IsTerminal};
use std::ops::RangeInclusive;

use clap::Args;

use super::output::Format;
use crate::client::{self, address, trust::Trust};
use crate::config::selector;
use crate::limits::POLL_MAX;
use crate::since;

/// How many of the newest events a hub gives.
const NEWEST: RangeInclusive<u64> = 1..=POLL_MAX as u64;

const AFTER_HELP: &str = "\
Exit status:
  0   the end that was asked for: --count, or standard output closed; or the stream is over (204)
  1   with --fail-on-gap: events were missed
  64  an argument is wrong
  65  the server refuses the request: trying again would not help
  69  the server cannot be reached at all, or is done (204) before --count
  74  standard output cannot be written
  76  the answer is no event stream
  77  the server wants to know who asks, or does not let them (401, 403)";

/// What to follow, and how to tell.
#[derive(Args, Clone, Debug)]
#[command(after_help = AFTER_HELP)]
pub struct TailArgs {
    /// The stream's address, such as http://127.0.0.1:8080/events?topic=orders/*
    #[arg(value_name = "URL", value_parser = address::address)]
    pub(super) url: String,
    /// A topic or a pattern, as topic= in the address; repeatable
    #[arg(long = "topic", value_name = "SELECTOR", value_parser = topic)]
    topics: Vec<String>,
    #[command(flatten)]
    pub(super) trust: Trust,
    /// Begins so long ago (10m), at a time (RFC 3339), or with all that is kept (all)
    #[arg(long, value_name = "WHEN", conflicts_with = "last", value_parser = when)]
    since: Option<String>,
    /// Begins with the newest N events
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(NEWEST))]
    last: Option<u64>,
    /// Begins after this id, sent as Last-Event-ID; comes before --since and --last
    #[arg(long, value_name = "ID", default_value = "", hide_default_value = true,
        value_parser = client::last_event_id)]
    pub(super) last_event_id: String,
    /// Ends after N events
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub(super) count: Option<u64>,
    /// Prints one JSON object a line: id, topic where it is given, event, data
    #[arg(long)]
    json: bool,
    /// Ends with status 1 where events were missed
    #[arg(long)]
    pub(super) fail_on_gap: bool,
    /// Tells on standard error how the connection fares, also where that is no terminal
    #[arg(short, long)]
    pub(super) verbose: bool,
}

impl TailArgs {
    pub(super) fn address(&self) -> String {
        let last = self.last.map(|last| last.to_string());
        let topics = self.topics.iter().map(|topic| ("topic", &**topic));
        let since = self.since.as_deref().map(|since| ("since", since));
        let last = last.as_deref().map(|last| ("last", last));
        let parameters: Vec<_> = topics.chain(since).chain(last).collect();
        address::with_query(&self.url, &parameters)
    }

    pub(super) fn format(&self) -> Format {
        match (self.json, io::stdout().is_terminal()) {
            (true, _) => Format::Json,
            (false, true) => Format::Terminal,
            (false, false) => Format::Raw,
        }
    }
}

/// As the hub reads it: what it would refuse is not asked for.
fn topic(text: &str) -> Result<String, String> {
    selector(text).map(|_| text.to_owned())
}

/// The same for a begin.
fn when(text: &str) -> Result<String, String> {
    match since::parse(text) {
        Some(_) => Ok(text.to_owned()),
        None => Err(since::FORMS.to_owned()),
    }
}
