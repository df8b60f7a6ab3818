//! The servers that are compared: Tickertape, the limit, and the peers that are here.

mod better_sse;
mod durable_streams;
mod go;
mod limit;
mod nchan;
mod tickertape;

use std::fs;
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use rustls::ClientConfig;

use crate::Outcome;
use crate::connection::Address;
use crate::cores::Cores;
use crate::dialect::Dialect;
use crate::process::Process;

pub(crate) const TICKERTAPE: &str = "tickertape";
pub(crate) const BODY: &str = "tickertape --fan-out body";
pub(crate) const SOCKET: &str = "tickertape --fan-out socket";
pub(crate) const TOKEN: &str = "tickertape with a token";
pub(crate) const TLS: &str = "tickertape over TLS";
pub(crate) const LIMIT: &str = "limit";
pub(crate) const NCHAN: &str = "nchan";
pub(crate) const GO: &str = "go";
pub(crate) const DURABLE_STREAMS: &str = "durable-streams";

/// One that can be started. The same program with other arguments is another server.
pub(crate) struct Server {
    pub(crate) name: &'static str,
    /// Which program in which version, and with what.
    pub(crate) version: String,
    pub(crate) dialect: Dialect,
    tls: Option<Arc<ClientConfig>>,
    command: Start,
}

/// Makes the command that starts a server at a place.
type Start = Box<dyn Fn(&Place) -> Outcome<Command>>;

/// Where a server runs, and how it keeps events.
pub(crate) struct Place {
    port: u16,
    /// Its own, and empty.
    dir: PathBuf,
    keeps: Keeps,
    /// On which it may run.
    cores: usize,
}

/// Publishes that are durable and those that are not are never compared.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Keeps {
    InMemory,
    OnDisk,
}

/// A server that runs.
pub(crate) struct Running {
    pub(crate) process: Process,
    pub(crate) address: Address,
    pub(crate) dialect: Dialect,
}

/// What is there to compare, and why the rest is not.
pub(crate) struct Servers {
    pub(crate) all: Vec<Server>,
    pub(crate) left_out: Vec<String>,
}

impl Servers {
    /// Tickertape is this program; the peers are what the set-up script has laid into `peers`.
    pub(crate) fn find(program: &Path, peers: &Path, dir: &Path) -> Outcome<Self> {
        let mut servers = Self {
            all: vec![limit::server()?],
            left_out: Vec::new(),
        };
        tickertape::add(program, &dir.join("keys"), &mut servers)?;
        nchan::add(peers, &mut servers);
        go::add(peers, &mut servers);
        better_sse::add(peers, &mut servers);
        durable_streams::add(peers, &mut servers);
        let without = fs::read_to_string(peers.join("left-out")).unwrap_or_default();
        servers.left_out.extend(without.lines().map(str::to_owned));
        Ok(servers)
    }
}

impl Server {
    /// Starts it afresh.
    pub(crate) fn start(&self, dir: &Path, keeps: Keeps, cores: &Cores) -> Outcome<Running> {
        let (dir, said) = (dir.join("server"), dir.join("said"));
        match fs::remove_dir_all(&dir) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error.into()),
            _ => fs::create_dir_all(&dir)?,
        }
        let dir = dir.canonicalize()?;
        // Free now, and taken by nobody else before the server has it.
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?
            .local_addr()?
            .port();
        let command = (self.command)(&Place {
            port,
            dir: dir.clone(),
            keeps,
            cores: cores.of_server(),
        })?;
        let mut starts = Command::new(std::env::current_exe()?);
        starts
            .arg("become")
            .arg(command.get_program())
            .args(command.get_args())
            .current_dir(dir);
        let process = Process::start(starts, port, &said, cores)?;
        let (tls, dialect) = (self.tls.clone(), self.dialect.clone());
        Ok(Running {
            process,
            address: Address { port, tls },
            dialect,
        })
    }
}

/// What the set-up script has written of a peer's version.
fn version(peers: &Path, name: &str) -> Option<String> {
    let versions = fs::read_to_string(peers.join("versions")).ok()?;
    let line = versions.lines().find_map(|line| line.strip_prefix(name));
    line.and_then(|line| line.strip_prefix('\t'))
        .map(str::to_owned)
}
