//! Go's net/http as the tutorials have it: a channel for each client, a write and a flush for each event.

use std::path::Path;
use std::process::Command;

use super::{GO, Server, Servers, version};
use crate::dialect::Dialect;

pub(crate) fn add(peers: &Path, servers: &mut Servers) {
    let Some(version) = version(peers, GO) else {
        return;
    };
    let program = peers.join("go/tutorial");
    servers.all.push(Server {
        name: GO,
        version,
        dialect: Dialect::of_one_path(|_| "/events".into()),
        tls: None,
        command: Box::new(move |place| {
            let mut command = Command::new(&program);
            command.arg(format!("127.0.0.1:{}", place.port));
            Ok(command)
        }),
    });
}
