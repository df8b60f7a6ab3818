//! The settings of `tickertape serve`, as flags and variables.

use std::net::SocketAddr;

use clap::Args;

use super::access::AccessArgs;
use super::server::ServerArgs;
use super::values::address;

/// The settings of `tickertape serve`.
#[derive(Args, Clone, Debug)]
pub struct ServeArgs {
    /// Where to listen: an address and a port, 0 for any free one; 0.0.0.0 and [::] are all of this
    /// machine's
    #[arg(long, env = "TICKERTAPE_ADDR", default_value = "127.0.0.1:8080", value_parser = address)]
    pub addr: SocketAddr,
    /// Adds the tutorials' streams, open to all, and the chat, which asks for rights on the topic
    /// `chat`
    #[arg(long, env = "TICKERTAPE_DEMO")]
    pub demo: bool,
    /// Who may do what.
    #[command(flatten)]
    pub access: AccessArgs,
    /// Those of every server.
    #[command(flatten)]
    pub server: ServerArgs,
}
