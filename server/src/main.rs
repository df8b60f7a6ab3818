//! The program `tickertape`.

use std::io::{self, IsTerminal, Write};
use std::net::SocketAddr;
use std::process::ExitCode;

use server::config::{Cli, Command, Config, DEFAULT_FILE};
use server::storage::Storage;
use server::{
    Server, WRONG_SETTING, connection, inspect, maintenance, send, shutdown, systemd, tail, token,
};
use tokio::net::TcpListener;
use tracing_subscriber::EnvFilter;

fn main() -> ExitCode {
    let cli = match Cli::read() {
        Ok(cli) => cli,
        Err(answer) => {
            // The help and the version come as errors too. That they cannot be printed is no
            // reason to say so in the same place.
            let _ = answer.print();
            return if answer.use_stderr() {
                WRONG_SETTING.into()
            } else {
                ExitCode::SUCCESS
            };
        }
    };
    match cli.command() {
        Command::Config => {
            // Whoever closed standard output does not want to know.
            let _ = io::stdout().write_all(DEFAULT_FILE.as_bytes());
            ExitCode::SUCCESS
        }
        Command::Inspect(args) => inspect::run(args),
        Command::Publish(args) => send::run(&args),
        Command::Tail(args) => tail::run(&args),
        Command::Token(args) => token::run(&args),
        Command::Check(args) => maintenance::check(&args),
        Command::Repair(args) => maintenance::repair(&args),
        Command::Backup(args) => maintenance::backup(&args),
        Command::Restore(args) => maintenance::restore(&args),
        Command::Dev(args) => {
            log_to_standard_error(&args.server.log);
            let place = Place::of(args.addr).and_then(Place::for_this_machine);
            start(Config::dev(args), place)
        }
        Command::Serve(args) => {
            log_to_standard_error(&args.server.log);
            let place = Place::of(args.addr);
            start(Config::serve(args), place)
        }
    }
}

/// Runs a server, and says what was wrong where it could not.
fn start(config: Result<Config, String>, place: Result<Place, String>) -> ExitCode {
    let failed = |reason: String, status: ExitCode| {
        // Whoever closed standard error does not want to know.
        let _ = writeln!(io::stderr(), "error: {reason}");
        status
    };
    let settings = config.and_then(|config| Ok((config, place?)));
    match settings.map(|(config, place)| run(config, place)) {
        Ok(Ok(())) => ExitCode::SUCCESS,
        Ok(Err(reason)) => failed(reason, ExitCode::FAILURE),
        Err(reason) => failed(reason, WRONG_SETTING.into()),
    }
}

/// Where to listen.
enum Place {
    /// At an address.
    Addr(SocketAddr),
    /// At the socket that the process was started with, whatever `--addr` says.
    Passed(std::net::TcpListener),
}

impl Place {
    /// Where a socket was passed, that one. Before there are threads: see [`systemd::listener`].
    fn of(addr: SocketAddr) -> Result<Self, String> {
        Ok(systemd::listener()?.map_or(Self::Addr(addr), Self::Passed))
    }

    /// As `--addr` of `tickertape dev` is loopback only, so is the socket that comes in its place.
    fn for_this_machine(self) -> Result<Self, String> {
        let Self::Passed(listener) = &self else {
            return Ok(self);
        };
        match listener.local_addr() {
            Ok(addr) if addr.ip().is_loopback() => Ok(self),
            Ok(addr) => Err(format!(
                "LISTEN_FDS: the socket that was passed is at {addr}, which others reach, but \
                 `tickertape dev` is open to all who reach it; pass one at a loopback address, or \
                 run `tickertape serve`"
            )),
            Err(error) => Err(format!("LISTEN_FDS: the socket has no address: {error}")),
        }
    }

    fn listen(self) -> Result<TcpListener, String> {
        match self {
            Self::Addr(addr) => connection::bind(addr).map_err(|error| cannot_listen(addr, &error)),
            Self::Passed(listener) => TcpListener::from_std(listener)
                .map_err(|error| format!("cannot listen on the socket that was passed: {error}")),
        }
    }
}

/// Runs the server until SIGTERM or SIGINT.
#[tokio::main]
async fn run(config: Config, place: Place) -> Result<(), String> {
    let signals =
        shutdown::signals().map_err(|error| format!("cannot wait for signals: {error}"))?;
    // 10,000 streams are 10,000 descriptors, and the usual soft limit is 1,024.
    if let Err(error) = rlimit::increase_nofile_limit(u64::MAX) {
        tracing::warn!(%error, "cannot raise the limit of open files");
    }
    let storage = config.storage.clone();
    let scheme = config.tls.as_ref().map_or("http", |_| "https");
    let server = Server::open(config).map_err(|error| error.to_string())?;
    let hangups = server.reload().at_hangup();
    let hangups = hangups.map_err(|error| format!("cannot wait for signals: {error}"))?;
    let listener = place.listen()?;
    let addr = listener
        .local_addr()
        .map_err(|error| format!("cannot tell the address that is listened on: {error}"))?;
    announce(scheme, addr, &storage);
    tokio::spawn(hangups);
    tokio::spawn(systemd::keep_alive());
    systemd::ready();
    let stopped = async {
        signals.await;
        systemd::stopping();
    };
    server.run(listener, stopped).await;
    Ok(())
}

/// All that goes to standard output: where the server is, and where its data is.
fn announce(scheme: &str, addr: SocketAddr, storage: &Storage) {
    let mut out = io::stdout().lock();
    // Whoever started the server may not want to read it.
    let _ = writeln!(out, "Tickertape is at {scheme}://{addr}");
    let _ = writeln!(out, "{}", storage.describe());
    let _ = out.flush();
}

fn cannot_listen(addr: SocketAddr, error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::AddrInUse => format!(
            "{addr} is in use by another program; stop that, or give another address with --addr \
             (port 0: any free one)"
        ),
        io::ErrorKind::PermissionDenied => format!(
            "may not listen on {addr}; give a port of 1024 or more with --addr (port 0: any free one)"
        ),
        _ => format!("cannot listen on {addr}: {error}; give another address with --addr"),
    }
}

/// The log is for people: to standard error.
fn log_to_standard_error(filter: &str) {
    tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::new(filter))
        .with_writer(io::stderr)
        .with_ansi(io::stderr().is_terminal())
        .init();
}
