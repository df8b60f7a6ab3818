//! The settings of `tickertape dev`, as flags and variables.

use std::net::SocketAddr;

use clap::Args;

use super::server::ServerArgs;
use super::values::loopback;

/// The settings of `tickertape dev`.
#[derive(Args, Clone, Debug)]
pub struct DevArgs {
    /// Where to listen: a loopback address and a port, 0 for any free one
    #[arg(long, env = "TICKERTAPE_ADDR", default_value = "127.0.0.1:8080", value_parser = loopback)]
    pub addr: SocketAddr,
    /// Those of every server.
    #[command(flatten)]
    pub server: ServerArgs,
}
