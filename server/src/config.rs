//! The settings: from flags, then from the environment (`TICKERTAPE_…`), then from a file.

mod access;
mod clients;
mod dev;
mod file;
mod origin;
mod overrides;
mod places;
mod serve;
mod server;
mod telemetry;
mod tls;
mod values;

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use bytesize::ByteSize;
use clap::builder::Resettable;
use clap::error::ErrorKind;
use clap::parser::ValueSource;
use clap::{Arg, ArgMatches, CommandFactory, FromArgMatches, Parser, Subcommand};
use hub::Retention;
pub use hub::Selector;

pub use self::access::AccessArgs;
pub use self::clients::{ClientArgs, Most, Network};
pub use self::dev::DevArgs;
use self::file::File;
pub use self::origin::Origin;
pub use self::overrides::Override;
pub use self::places::Places;
pub use self::serve::ServeArgs;
pub use self::server::ServerArgs;
pub use self::telemetry::TelemetryArgs;
pub use self::tls::TlsArgs;
pub(crate) use self::values::{age as duration, selector};
pub use crate::auth::{Access, Algorithm, Policy};
pub use crate::fanout::FanOut;
use crate::health::HealthArgs;
use crate::http::host::HostName;
use crate::inspect::InspectArgs;
use crate::limits::Limits;
use crate::maintenance::{CopyArgs, LogArgs};
use crate::send::PublishArgs;
use crate::storage::Storage;
use crate::tail::TailArgs;
use crate::tls::Tls;
use crate::token::TokenArgs;

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
        // Flags that are wrong are wrong whatever the file says.
        let first = command.clone().try_get_matches_from(&args)?;
        let server = match first.subcommand_name() {
            None => None,
            Some(name) if SERVERS.contains(&name) => Some(name.to_owned()),
            Some(_) => return Self::from_arg_matches(&first),
        };
        let named = server_matches(&first).get_one::<PathBuf>("config");
        let file = File::read(
            named.map(PathBuf::as_path),
            server.as_deref() != Some(CLOSED),
        )
        .map_err(wrong)?;
        let set = |mut command: clap::Command| {
            for (name, values) in file.values() {
                // What only the other server knows is not wrong: one file may be for both.
                if command.get_arguments().any(|arg| arg.get_id() == name) {
                    command = command.mut_arg(name, |arg| arg.default_values(values));
                }
            }
            command
        };
        let mut command = match &server {
            None => set(command),
            Some(name) => command.mut_subcommand(name, set),
        };
        let matches = command.try_get_matches_from_mut(args)?;
        let is_from_file = |name: &str| {
            server_matches(&matches).value_source(name) == Some(ValueSource::DefaultValue)
        };
        let mut cli = Self::from_arg_matches(&matches)?;
        let settings = match &mut cli.command {
            Some(Command::Dev(dev)) => &mut dev.server,
            Some(Command::Serve(serve)) => &mut serve.server,
            _ => &mut cli.dev.server,
        };
        let from_file: Vec<_> = match &server {
            None => command.get_arguments(),
            Some(name) => command
                .find_subcommand(name)
                .unwrap_or(&command)
                .get_arguments(),
        }
        .filter(|arg| is_from_file(arg.get_id().as_str()))
        .filter_map(Arg::get_long)
        .collect();
        settings.places = file
            .places
            .clone()
            .of_those(|flag| from_file.contains(&flag));
        settings.overrides = file.overrides();
        // A directory that is named by a flag comes before the file's wish to have none.
        settings.ephemeral &= !is_from_file("ephemeral")
            || is_from_file("data_dir")
            || settings.data.data_dir.is_none();
        fitting(settings).map_err(wrong)?;
        Ok(cli)
    }

    /// What to do: `dev` where nothing is said.
    #[must_use]
    pub fn command(self) -> Command {
        self.command
            .unwrap_or_else(|| Command::Dev(Box::new(self.dev)))
    }
}

/// The commands that run a server, and read the file.
const SERVERS: [&str; 2] = ["dev", CLOSED];

/// The one of them that is closed.
const CLOSED: &str = "serve";

fn server_matches(matches: &ArgMatches) -> &ArgMatches {
    matches.subcommand().map_or(matches, |(_, matches)| matches)
}

/// What is wrong with the settings, in one line.
fn wrong(why: String) -> clap::Error {
    clap::Error::raw(ErrorKind::ValueValidation, format!("{why}\n"))
}

/// Settings that are right each, but not together.
fn fitting(settings: &ServerArgs) -> Result<(), String> {
    let (event, request) = (settings.max_event, settings.max_request);
    if event > request {
        return Err(format!(
            "--max-event ({}) is larger than --max-request ({}), so that no such event could be \
             published; raise the one or lower the other",
            ByteSize(event as u64),
            ByteSize(request as u64)
        ));
    }
    Ok(())
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
    Dev(Box<DevArgs>),
    /// Runs the hub for others: closed but for what is said to be open
    Serve(Box<ServeArgs>),
    /// Prints the default settings as a commented tickertape.toml
    Config,
    /// Reads an event stream as a browser would, and says what is wrong with it
    Inspect(InspectArgs),
    /// Publishes one event, or standard input line by line
    Publish(PublishArgs),
    /// Follows an event stream, comes back by id, and prints what arrives
    Tail(TailArgs),
    /// Makes a token for trying things out
    Token(TokenArgs),
    /// Asks a server whether it is ready: exit status 0 where it is
    Health(HealthArgs),
    /// Reads all of a log that no server has open, and says what is wrong with it
    Check(LogArgs),
    /// Makes what is left of a damaged log usable, under a new epoch
    Repair(LogArgs),
    /// Copies a log that no server has open
    Backup(CopyArgs),
    /// Makes a log of a copy, under a new epoch
    Restore(CopyArgs),
}

/// The default settings, commented, as a file to begin with.
pub const DEFAULT_FILE: &str = include_str!("config/default.toml");

/// What a server is run with.
#[derive(Clone, Debug)]
pub struct Config {
    /// Whether the tutorials' streams and the chat are there.
    pub demo: bool,
    /// Who may do what.
    pub access: Access,
    /// Origins whose pages may subscribe and publish.
    pub cors_origins: Vec<Origin>,
    /// Names by which the server may be asked, beside localhost and its addresses.
    pub hosts: Vec<HostName>,
    /// Proxies whose word is taken for who a client is.
    pub trusted_proxies: Vec<Network>,
    /// Where events are kept.
    pub storage: Storage,
    /// What the log keeps of all topics but the ticker's and those of the overrides.
    pub retention: Retention,
    /// Topics that are kept by limits of their own.
    pub overrides: Vec<Override>,
    /// The certificate, where the server speaks TLS.
    pub tls: Option<Tls>,
    /// By which path streams are sent.
    pub fan_out: FanOut,
    /// What a client may cost.
    pub limits: Limits,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            demo: true,
            access: Access::Open,
            cors_origins: Vec::new(),
            trusted_proxies: Vec::new(),
            storage: Storage::Memory,
            hosts: Vec::new(),
            retention: Retention {
                age: Some(DAY),
                bytes: Some(GIB),
                count: None,
            },
            overrides: Vec::new(),
            tls: None,
            fan_out: FanOut::default(),
            limits: Limits::default(),
        }
    }
}

const DAY: Duration = Duration::from_secs(24 * 60 * 60);
const GIB: u64 = 1 << 30;

impl Config {
    /// The settings of `tickertape dev`: the demo, open to who reaches it.
    ///
    /// # Errors
    /// Where no place for the data is named or known.
    pub fn dev(args: DevArgs) -> Result<Self, String> {
        Self::of(args.server, true, Access::Open)
    }

    /// The settings of `tickertape serve`.
    ///
    /// # Errors
    /// Where no place for the data is named or known, and for what is wrong with who may do what.
    pub fn serve(args: ServeArgs) -> Result<Self, String> {
        let access = Access::closed(args.access).map_err(|why| args.server.places.named(why))?;
        Self::of(args.server, args.demo, access)
    }

    fn of(args: ServerArgs, demo: bool, access: Access) -> Result<Self, String> {
        let storage = if args.ephemeral {
            Storage::Memory
        } else {
            Storage::Directory(args.data.dir()?)
        };
        Ok(Self {
            storage,
            demo,
            access,
            cors_origins: args.cors_origins,
            hosts: args.hosts,
            trusted_proxies: args.clients.trusted_proxies,
            retention: Retention {
                age: Some(args.retention_age),
                bytes: Some(args.retention_bytes),
                count: args.retention_count,
            },
            overrides: args.overrides,
            tls: args.tls.open().map_err(|why| args.places.named(why))?,
            fan_out: args.fan_out,
            limits: Limits {
                event: args.max_event,
                request: args.max_request,
                connections: args.clients.max_connections,
                subscribers: args.clients.max_subscribers,
                client_streams: args.clients.client_streams.0,
                client_publishes: args.clients.client_publishes.0,
                client_burst: args.clients.client_burst,
                client_connections: args.clients.client_connections.0,
                ..Limits::default()
            },
        })
    }
}

#[cfg(test)]
mod tests;
