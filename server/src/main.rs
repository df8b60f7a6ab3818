//! The program `tickertape`.

use std::io::{self, Write};
use std::net::SocketAddr;
use std::process::ExitCode;

use server::config::{Cli, Command, Config, DEFAULT_FILE, TelemetryArgs};
use server::reload::Reload;
use server::storage::Storage;
use server::{
    Server, WRONG_SETTING, connection, descriptors, health, inspect, maintenance, send, shutdown,
    systemd, tail, telemetry, token,
};
use tokio::net::TcpListener;

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
        Command::Health(args) => health::run(&args),
        Command::Token(args) => token::run(&args),
        Command::Check(args) => maintenance::check(&args),
        Command::Repair(args) => maintenance::repair(&args),
        Command::Backup(args) => maintenance::backup(&args),
        Command::Restore(args) => maintenance::restore(&args),
        Command::Dev(args) => {
            let telemetry = args.server.telemetry.clone();
            let place = Place::of(args.addr).and_then(Place::for_this_machine);
            start(place, &telemetry, || Config::dev(*args))
        }
        Command::Serve(args) => {
            let telemetry = args.server.telemetry.clone();
            let place = Place::of(args.addr);
            start(place, &telemetry, || Config::serve(*args))
        }
    }
}

/// Runs a server, and says what was wrong where it could not.
fn start(
    place: Result<Place, String>,
    telemetry: &TelemetryArgs,
    config: impl FnOnce() -> Result<Config, String>,
) -> ExitCode {
    let failed = |reason: String, status: ExitCode| {
        // Whoever closed standard error does not want to know.
        let _ = writeln!(io::stderr(), "error: {reason}");
        status
    };
    // Before the settings are read, which may have something to say; dropped once all is said.
    let started = telemetry::start(&telemetry::Settings {
        filter: &telemetry.log,
        format: telemetry.log_format,
        otlp_endpoint: telemetry.otlp_endpoint.as_deref(),
    });
    let started = match started {
        Ok(started) => started,
        Err(reason) => return failed(reason, WRONG_SETTING.into()),
    };
    let (reload, filter) = (Reload::default(), started.filter());
    reload.add("the log's filter", move || filter.change(&log_again()?));
    let settings = place.and_then(|place| {
        let config = config()?;
        place.is_apart_from(telemetry.metrics_addr)?;
        Ok((config, place))
    });
    match settings.map(|(config, place)| run(config, place, telemetry.metrics_addr, reload)) {
        Ok(Ok(())) => ExitCode::SUCCESS,
        Ok(Err(reason)) => failed(reason, ExitCode::FAILURE),
        Err(reason) => failed(reason, WRONG_SETTING.into()),
    }
}

/// What is to be logged, by the settings as they are now.
fn log_again() -> Result<String, String> {
    let first = |error: String| error.lines().next().unwrap_or_default().to_owned();
    match Cli::read().map(Cli::command) {
        Ok(Command::Dev(args)) => Ok(args.server.telemetry.log),
        Ok(Command::Serve(args)) => Ok(args.server.telemetry.log),
        Ok(_) => Err("the settings are those of no server".to_owned()),
        Err(error) => Err(first(error.to_string())),
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

    /// Two listeners do not fit in one place.
    fn is_apart_from(&self, metrics: Option<SocketAddr>) -> Result<(), String> {
        let main = match self {
            Self::Addr(addr) => Some(*addr),
            Self::Passed(listener) => listener.local_addr().ok(),
        };
        match (main, metrics) {
            (Some(main), Some(metrics)) if connection::overlap(main, metrics) => Err(format!(
                "--metrics-addr {metrics} is where the server itself listens ({main}); give the \
                 metrics a port of their own, or leave it out, and they are at /metrics there"
            )),
            _ => Ok(()),
        }
    }

    fn listen(self) -> Result<TcpListener, String> {
        match self {
            Self::Addr(addr) => listen(addr, "--addr"),
            Self::Passed(listener) => TcpListener::from_std(listener)
                .map_err(|error| format!("cannot listen on the socket that was passed: {error}")),
        }
    }
}

/// Runs the server until SIGTERM or SIGINT.
#[tokio::main]
async fn run(
    config: Config,
    place: Place,
    metrics: Option<SocketAddr>,
    reload: Reload,
) -> Result<(), String> {
    let signals =
        shutdown::signals().map_err(|error| format!("cannot wait for signals: {error}"))?;
    // Before the log is opened, which may take a while: a SIGHUP then would be the end.
    let hangups = reload
        .clone()
        .at_hangup()
        .map_err(|error| format!("cannot wait for signals: {error}"))?;
    // 10,000 streams are 10,000 descriptors, and the usual soft limit is 1,024.
    match rlimit::increase_nofile_limit(u64::MAX) {
        Ok(limit) => {
            if let Some(shortage) = descriptors::shortage(limit, &config.limits) {
                tracing::warn!("{shortage}");
            }
        }
        Err(error) => tracing::warn!(%error, "cannot raise the limit of open files"),
    }
    let storage = config.storage.clone();
    let scheme = config.tls.as_ref().map_or("http", |_| "https");
    let mut server = Server::open(config)
        .map_err(|error| error.to_string())?
        .with_reload(reload);
    let listener = place.listen()?;
    let addr = listener
        .local_addr()
        .map_err(|error| format!("cannot tell the address that is listened on: {error}"))?;
    if let Some(addr) = metrics {
        server = server.with_metrics(listen(addr, "--metrics-addr")?);
    }
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

fn listen(addr: SocketAddr, flag: &str) -> Result<TcpListener, String> {
    connection::bind(addr).map_err(|error| cannot_listen(addr, flag, &error))
}

fn cannot_listen(addr: SocketAddr, flag: &str, error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::AddrInUse => format!(
            "{addr} is in use by another program; stop that, or give another address with {flag} \
             (port 0: any free one)"
        ),
        io::ErrorKind::PermissionDenied => format!(
            "may not listen on {addr}; give a port of 1024 or more with {flag} (port 0: any free one)"
        ),
        _ => format!("cannot listen on {addr}: {error}; give another address with {flag}"),
    }
}
