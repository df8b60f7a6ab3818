//! better-sse on Node: one channel, to which each client is registered.

use std::path::Path;
use std::process::Command;

use super::{Server, Servers, version};
use crate::dialect::Dialect;

pub(crate) fn add(peers: &Path, servers: &mut Servers) {
    const NAME: &str = "better-sse";
    let Some(version) = version(peers, NAME) else {
        return;
    };
    let program = peers.join("better-sse/better-sse.mjs");
    servers.all.push(Server {
        name: NAME,
        version,
        dialect: Dialect::of_one_path(|_| "/events".into()),
        tls: None,
        command: Box::new(move |place| {
            let mut command = Command::new("node");
            command.arg(&program).arg(place.port.to_string());
            Ok(command)
        }),
    });
}
