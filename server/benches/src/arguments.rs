//! The command line.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand};

#[derive(Parser)]
#[command(about = "Load on the program and on its peers from outside, and what it costs")]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) what: What,
}

#[derive(Subcommand)]
pub(crate) enum What {
    /// Measures workloads and figures, and prints tables
    Compare(Compare),
    /// Serves as the limit: what the system calls cost alone
    Limit { port: u16 },
    /// Becomes a server, which ends with whoever started this
    #[command(hide = true)]
    Become {
        #[arg(required = true, trailing_var_arg = true, allow_hyphen_values = true)]
        command: Vec<OsString>,
    },
}

#[derive(Args)]
pub(crate) struct Compare {
    /// The program: Tickertape, as it is released
    #[arg(long, default_value = "target/release/tickertape")]
    pub(crate) program: PathBuf,
    /// Where the set-up script has laid the peers
    #[arg(long)]
    pub(crate) peers: PathBuf,
    /// Where servers keep what they keep, on the disk in question; the raw lines go there too
    #[arg(long, default_value = "target/bench")]
    pub(crate) dir: PathBuf,
    /// How many rounds
    #[arg(long, default_value_t = 5)]
    pub(crate) rounds: usize,
    /// Workloads, and figures of the program alone, separated by spaces: F1 F1K F2 F3 T I R P S,
    /// publish replay startup scrape; none: all workloads
    #[arg(long, default_value = "")]
    only: String,
    /// Servers, separated by commas, such as `limit,tickertape,nchan`; none: all
    #[arg(long, default_value = "")]
    servers: String,
    /// How long load goes on in a run, in seconds
    #[arg(long, default_value_t = 1.0)]
    seconds: f64,
    /// Servers and the generator on all cores alike, in place of a core for the generator
    #[arg(long)]
    pub(crate) share_cores: bool,
}

impl Compare {
    /// Whether a workload is wanted.
    pub(crate) fn wants(&self, workload: &str) -> bool {
        self.only.trim().is_empty() || self.names(workload)
    }

    /// Whether this is named: figures of the program alone are not among what is measured by default.
    pub(crate) fn names(&self, name: &str) -> bool {
        self.only.split_ascii_whitespace().any(|only| only == name)
    }

    /// Those names that nothing has.
    pub(crate) fn unknown<'a>(&'a self, known: &[&str]) -> Vec<&'a str> {
        let named = self.only.split_ascii_whitespace();
        named.filter(|name| !known.contains(name)).collect()
    }

    pub(crate) fn wants_server(&self, server: &str) -> bool {
        let mut named = self.servers.split(',').map(str::trim);
        self.servers.trim().is_empty() || named.any(|name| name == server)
    }

    pub(crate) fn time(&self) -> Duration {
        Duration::from_secs_f64(self.seconds)
    }
}
