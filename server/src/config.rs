//! The settings: from flags, then from the environment (`TICKERTAPE_…`).

mod origin;

use std::ffi::OsString;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use bytesize::ByteSize;
use clap::builder::Resettable;
use clap::{Arg, Args, CommandFactory, FromArgMatches, Parser, Subcommand};
use hub::Retention;
use tracing_subscriber::EnvFilter;

pub use self::origin::Origin;
pub use crate::http::host::HostName;
use crate::inspect::InspectArgs;
use crate::limits::Limits;
use crate::maintenance::{CopyArgs, LogArgs};
use crate::send::PublishArgs;
use crate::storage::{DataArgs, Storage};
use crate::tail::TailArgs;

/// Publish with curl, watch in any browser, and always know whether you missed something.
#[derive(Debug, Parser)]
#[command(
    name = "tickertape",
    version,
    about,
    args_conflicts_with_subcommands = true
)]
pub struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    dev: DevArgs,
}

impl Cli {
    /// Reads the program's arguments, and the variables of its environment.
    ///
    /// An empty variable is none, and those of the server concern no other command.
    ///
    /// # Errors
    /// For what is wrong, in words; and for `--help` and `--version`, with what to print.
    pub fn read() -> Result<Self, clap::Error> {
        Self::read_from(std::env::args_os().collect())
    }

    fn read_from(args: Vec<OsString>) -> Result<Self, clap::Error> {
        let mut command = without_empty_variables(<Self as CommandFactory>::command());
        let first = args.get(1).and_then(|first| first.to_str());
        if first.is_some_and(|name| command.find_subcommand(name).is_some()) {
            // These are `dev`'s, which is not what is asked for, or has its own.
            command = command.mut_args(|arg| arg.env(Resettable::Reset));
        }
        Self::from_arg_matches(&command.try_get_matches_from(args)?)
    }

    /// What to do: `dev` where nothing is said.
    #[must_use]
    pub fn command(self) -> Command {
        self.command.unwrap_or(Command::Dev(self.dev))
    }
}

fn without_empty_variables(command: clap::Command) -> clap::Command {
    let is_empty = |arg: &Arg| {
        let value = arg.get_env().and_then(std::env::var_os);
        value.is_some_and(|value| value.is_empty())
    };
    command
        .mut_args(|arg| match is_empty(&arg) {
            true => arg.env(Resettable::Reset),
            false => arg,
        })
        .mut_subcommands(without_empty_variables)
}

/// What the program can do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Runs the hub with the demo and the console, open to this machine only
    Dev(DevArgs),
    /// Reads an event stream as a browser would, and says what is wrong with it
    Inspect(InspectArgs),
    /// Publishes one event, or standard input line by line
    Publish(PublishArgs),
    /// Follows an event stream, comes back by id, and prints what arrives
    Tail(TailArgs),
    /// Reads all of a log that no server has open, and says what is wrong with it
    Check(LogArgs),
    /// Makes what is left of a damaged log usable, under a new epoch
    Repair(LogArgs),
    /// Copies a log that no server has open
    Backup(CopyArgs),
    /// Makes a log of a copy, under a new epoch
    Restore(CopyArgs),
}

/// The settings of `tickertape dev`.
#[derive(Args, Clone, Debug)]
pub struct DevArgs {
    /// Where to listen: a loopback address and a port, 0 for any free one
    #[arg(long, env = "TICKERTAPE_ADDR", default_value = "127.0.0.1:8080", value_parser = loopback)]
    pub addr: SocketAddr,
    /// A web page's origin that may subscribe and publish, exactly as browsers send it
    #[arg(
        long = "cors-origin",
        env = "TICKERTAPE_CORS_ORIGIN",
        value_name = "ORIGIN",
        value_delimiter = ','
    )]
    pub cors_origins: Vec<Origin>,
    /// A name of this server beside localhost and its address, such as hub.example; any port
    #[arg(
        long = "host",
        env = "TICKERTAPE_HOST",
        value_name = "NAME",
        value_delimiter = ','
    )]
    pub hosts: Vec<HostName>,
    /// Where the data is.
    #[command(flatten)]
    pub data: DataArgs,
    /// Keeps events in memory only
    #[arg(long, env = "TICKERTAPE_EPHEMERAL", conflicts_with = "data_dir")]
    pub ephemeral: bool,
    /// How long an event is kept, such as 90s, 30m, 24h, 7d
    #[arg(
        long,
        env = "TICKERTAPE_RETENTION_AGE",
        value_name = "DURATION",
        default_value = "24h",
        value_parser = age
    )]
    pub retention_age: Duration,
    /// How much is kept, such as 512MiB, 1GiB
    #[arg(
        long,
        env = "TICKERTAPE_RETENTION_BYTES",
        value_name = "SIZE",
        default_value = "1GiB",
        value_parser = size
    )]
    pub retention_bytes: u64,
    /// How many events are kept; no bound where it is not given
    #[arg(
        long,
        env = "TICKERTAPE_RETENTION_COUNT",
        value_name = "EVENTS",
        value_parser = clap::value_parser!(u64).range(1..)
    )]
    pub retention_count: Option<u64>,
    /// What is logged to standard error: error, warn, info, debug, trace, or by module
    #[arg(
        long,
        env = "TICKERTAPE_LOG",
        value_name = "FILTER",
        default_value = "info",
        value_parser = log_filter
    )]
    pub log: String,
}

/// What a server is run with.
#[derive(Clone, Debug)]
pub struct Config {
    /// Whether the tutorials' streams and the chat are there.
    pub demo: bool,
    /// Origins whose pages may subscribe and publish.
    pub cors_origins: Vec<Origin>,
    /// Names by which the server may be asked, beside localhost and its addresses.
    pub hosts: Vec<HostName>,
    /// Where events are kept.
    pub storage: Storage,
    /// What the log keeps of all topics but the ticker's.
    pub retention: Retention,
    /// What a client may cost.
    pub limits: Limits,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            demo: true,
            cors_origins: Vec::new(),
            storage: Storage::Memory,
            hosts: Vec::new(),
            retention: Retention {
                age: Some(DAY),
                bytes: Some(GIB),
                count: None,
            },
            limits: Limits::default(),
        }
    }
}

const DAY: Duration = Duration::from_secs(24 * 60 * 60);
const GIB: u64 = 1 << 30;

impl TryFrom<DevArgs> for Config {
    type Error = String;

    /// Where no place for the data is named or known, that is an error.
    fn try_from(args: DevArgs) -> Result<Self, String> {
        let storage = if args.ephemeral {
            Storage::Memory
        } else {
            Storage::Directory(args.data.dir()?)
        };
        Ok(Self {
            storage,
            demo: true,
            cors_origins: args.cors_origins,
            hosts: args.hosts,
            retention: Retention {
                age: Some(args.retention_age),
                bytes: Some(args.retention_bytes),
                count: args.retention_count,
            },
            limits: Limits::default(),
        })
    }
}

/// `tickertape dev` asks nobody who they are, and so is for this machine only.
fn loopback(text: &str) -> Result<SocketAddr, String> {
    let addr = match text.strip_prefix("localhost:").map(str::parse::<u16>) {
        Some(Ok(port)) => SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port),
        _ => text.parse().map_err(|_| {
            "is not an address with a port; give one such as 127.0.0.1:8080 or [::1]:8080"
                .to_owned()
        })?,
    };
    if addr.ip().is_loopback() {
        Ok(addr)
    } else {
        Err(
            "is reachable by others, but `tickertape dev` is open to all who reach it; give a \
             loopback address such as 127.0.0.1:8080"
                .to_owned(),
        )
    }
}

fn log_filter(text: &str) -> Result<String, String> {
    match EnvFilter::try_new(text) {
        Ok(_) => Ok(text.to_owned()),
        Err(error) => Err(format!(
            "{error}; give one such as info or server=debug,warn"
        )),
    }
}

fn age(text: &str) -> Result<Duration, String> {
    match humantime::parse_duration(text) {
        Ok(age) if age >= Duration::from_secs(1) => Ok(age),
        Ok(_) => Err("is shorter than a second; give one such as 90s, 30m, 24h".to_owned()),
        Err(error) => Err(format!(
            "{error}; give a duration such as 90s, 30m, 24h or 7d"
        )),
    }
}

fn size(text: &str) -> Result<u64, String> {
    match text.parse::<ByteSize>() {
        Ok(size) if size.as_u64() > 0 => Ok(size.as_u64()),
        Ok(_) => Err("keeps nothing; give a size such as 512MiB or 1GiB".to_owned()),
        Err(_) => Err("is not a size; give one such as 512MiB or 1GiB".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dev(args: &[&str]) -> Result<DevArgs, clap::Error> {
        match Cli::try_parse_from(["tickertape"].iter().chain(args))?.command() {
            Command::Dev(args) => Ok(args),
            other => panic!("not dev: {other:?}"),
        }
    }

    #[test]
    fn dev_is_the_default_and_takes_the_same_flags() {
        for args in [
            &["--addr", "[::1]:0"] as &[_],
            &["dev", "--addr", "[::1]:0"],
        ] {
            assert_eq!(dev(args).unwrap().addr, "[::1]:0".parse().unwrap());
        }
        assert_eq!(dev(&[]).unwrap().addr, "127.0.0.1:8080".parse().unwrap());
    }

    #[test]
    fn the_defaults_are_those_of_the_documents() {
        assert_eq!(
            Config::try_from(dev(&["--ephemeral"]).unwrap())
                .unwrap()
                .retention,
            Config::default().retention
        );
    }

    #[test]
    fn a_wrong_setting_is_named() {
        let wrong = [
            ("--addr", "8080"),
            ("--addr", "0.0.0.0:8080"),
            ("--addr", "127.0.0.1:99999"),
            ("--host", "https://hub.example"),
            ("--host", "hub.example:8080"),
            ("--retention-age", "soon"),
            ("--retention-age", "0s"),
            ("--retention-bytes", "lots"),
            ("--retention-bytes", "0"),
            ("--retention-count", "0"),
            ("--retention-count", "-1"),
            ("--log", "server=loud"),
        ];
        for (flag, value) in wrong {
            let said = dev(&[&format!("{flag}={value}")]).unwrap_err().to_string();
            assert!(said.contains(flag), "{flag} {value}: {said}");
        }
    }
}
