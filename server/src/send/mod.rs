//! `tickertape publish`: one event, or standard input line by line.

mod answer;
mod lines;

use std::io::{self, IsTerminal, Read, Write};
use std::process::ExitCode;
use std::thread;
use std::time::Duration;

use clap::Args;
use hub::{Draft, Topic};
use ureq::Agent;

use self::answer::Outcome;
use crate::client::{self, address, escape::json_line, failure::Failure, status, trust::Trust};

/// The most data that is read for one event: beyond what a hub can be told to accept.
const DATA: u64 = 64 << 20;
/// From here on the server is asked first whether it takes so much, so that its refusal is not
/// lost in a broken connection.
const ASK_FIRST: usize = 64 << 10;
/// How often a publish with a key is tried, and a server that was there a moment ago.
const ATTEMPTS: u32 = 5;
/// The longest pause after the first attempt.
const FIRST_PAUSE: Duration = Duration::from_millis(500);
/// How long an answer may take: a server that syncs to a slow disk, and no longer.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(30);

const AFTER_HELP: &str = "\
Exit status:
  0   published: what the server answered is on standard output
  64  an argument is wrong
  65  the server refuses the event: trying again would not help
  69  the server cannot be reached; nothing was published, with --lines nothing more
  74  standard input cannot be read, or standard output cannot be written
  75  the server cannot store it now (408, 425, 429, 503, 507): try again later
  76  no answer, or none that makes sense: whether it is stored is not known
  77  the server wants to know who asks, or does not let them (401, 403)";

/// What to publish, and where.
#[derive(Args, Clone, Debug)]
#[command(after_help = AFTER_HELP)]
pub struct PublishArgs {
    /// The topic, such as orders/42
    #[arg(value_name = "TOPIC", value_parser = topic)]
    topic: String,
    /// The data; standard input, whole, where there is none, or -; after -- it may begin with a dash
    #[arg(
        value_name = "DATA",
        conflicts_with = "lines",
        allow_negative_numbers = true
    )]
    data: Option<String>,
    /// The server's address, with the path that it is under
    #[arg(
        long,
        env = "TICKERTAPE_URL",
        value_name = "URL",
        default_value = "http://127.0.0.1:8080",
        value_parser = server
    )]
    url: String,
    /// The event's name
    #[arg(long, value_name = "NAME", value_parser = event)]
    event: Option<String>,
    /// The reconnection time that subscribers adopt: 500 to 300000 ms
    #[arg(long, value_name = "MS", value_parser = retry)]
    retry: Option<String>,
    /// Makes it safe to try again: the same key on the same topic is stored once within 10 minutes
    #[arg(long, value_name = "KEY", conflicts_with = "lines", value_parser = key)]
    key: Option<String>,
    /// Publishes every line of standard input as it arrives
    #[arg(long)]
    lines: bool,
    #[command(flatten)]
    trust: Trust,
}

impl PublishArgs {
    /// The address of an endpoint, with the event's fields.
    fn address(&self, endpoint: &str) -> String {
        let fields = [
            ("topic", Some(&self.topic)),
            ("event", self.event.as_ref()),
            ("retry", self.retry.as_ref()),
            ("key", self.key.as_ref()),
        ];
        let given: Vec<_> = fields
            .iter()
            .filter_map(|(name, value)| Some((*name, value.as_ref()?.as_str())))
            .collect();
        let base = self.url.trim_end_matches('/');
        address::with_query(&format!("{base}/{endpoint}"), &given)
    }
}

/// Publishes, and prints what the server answers.
pub fn run(args: &PublishArgs) -> ExitCode {
    let agent = client::agent(&args.url, |config| {
        args.trust
            .set(config)
            .timeout_recv_response(Some(ANSWER_TIMEOUT))
            .timeout_recv_body(Some(ANSWER_TIMEOUT))
            .timeout_per_write(Some(ANSWER_TIMEOUT))
            // Shorter than any server keeps an idle connection: one that it closes just then would
            // leave the outcome unknown.
            .max_idle_age(Duration::from_secs(5))
    });
    let published = if args.lines {
        lines::publish(&agent, &args.address("lines"), io::stdin())
    } else {
        one(args, &agent)
    };
    let printed = published.and_then(|answer| {
        let mut out = io::stdout().lock();
        json_line(&mut out, &answer)
            .and_then(|()| out.flush())
            .map_err(Failure::output)
    });
    match printed {
        Ok(()) => ExitCode::SUCCESS,
        // It is published, whoever reads that.
        Err(failure) if failure.is_closed_output => ExitCode::SUCCESS,
        Err(failure) => {
            // Whoever closed standard error does not want to know.
            let _ = writeln!(io::stderr(), "error: {failure}");
            failure.status.into()
        }
    }
}

/// One event; with a key it is tried again where that may help.
fn one(args: &PublishArgs, agent: &Agent) -> Result<serde_json::Value, Failure> {
    let data = match args.data.as_deref() {
        None | Some("-") => standard_input()?,
        Some(data) => data.as_bytes().to_vec(),
    };
    let address = args.address("events");
    for pause in pauses() {
        let outcome = send(agent, &address, &data);
        if args.key.is_none() || !outcome.may_pass() {
            return outcome.told(&address, args.key.is_some());
        }
        thread::sleep(pause);
    }
    send(agent, &address, &data).told(&address, args.key.is_some())
}

/// The pauses between attempts: each twice as long as the one before, drawn from its upper half.
fn pauses() -> impl Iterator<Item = Duration> {
    (0..ATTEMPTS - 1).map(|n| FIRST_PAUSE.mul_f64(f64::from(1 << n) * rand::random_range(0.5..1.0)))
}

/// One request.
fn send(agent: &Agent, address: &str, data: &[u8]) -> Outcome {
    let mut request = agent
        .post(address)
        .content_type("text/plain; charset=utf-8");
    if data.len() > ASK_FIRST {
        request = request.header("expect", "100-continue");
    }
    Outcome::of(request.send(data))
}

fn standard_input() -> Result<Vec<u8>, Failure> {
    let input = io::stdin();
    if input.is_terminal() {
        // Whoever closed standard error does not want to know.
        let _ = writeln!(
            io::stderr(),
            "reading the data from this terminal; end it with Ctrl-D"
        );
    }
    let mut data = Vec::new();
    let read = input.lock().take(DATA + 1).read_to_end(&mut data);
    read.map_err(|error| Failure::input(&error))?;
    if data.len() as u64 > DATA {
        let words = "standard input is longer than 64 MiB, which no hub takes as one event; --lines makes an event of each line";
        return Err(Failure::new(status::REFUSED, words));
    }
    Ok(data)
}

/// A server's address: what comes after its path is ours to say.
fn server(text: &str) -> Result<String, String> {
    if text.contains(['?', '#']) {
        return Err("has more than a path; give one such as https://hub.example/prefix".to_owned());
    }
    address::address(text)
}

fn topic(text: &str) -> Result<String, String> {
    match Topic::parse(text) {
        Ok(topic) => Ok(topic.to_string()),
        Err(error) => Err(error.to_string()),
    }
}

/// Checks a field as the hub does.
fn field(
    text: &str,
    set: impl FnOnce(Draft, &str) -> Result<Draft, hub::DraftError>,
) -> Result<String, String> {
    let draft = Topic::parse("t").map_err(|error| error.to_string())?;
    let draft = Draft::new(draft, "").map_err(|error| error.why)?;
    set(draft, text).map_err(|error| error.why)?;
    Ok(text.to_owned())
}

fn event(text: &str) -> Result<String, String> {
    field(text, Draft::event)
}

fn retry(text: &str) -> Result<String, String> {
    field(text, Draft::retry)
}

fn key(text: &str) -> Result<String, String> {
    field(text, Draft::key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_and_end() {
        let all: Vec<_> = pauses().collect();
        assert_eq!(all.len() + 1, ATTEMPTS as usize);
        for (n, pause) in all.iter().enumerate() {
            let full = FIRST_PAUSE * (1 << n);
            assert!((full / 2..=full).contains(pause), "{n}: {pause:?}");
        }
    }
}
