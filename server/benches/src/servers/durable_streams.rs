//! The durable-streams server: on disk with its write-ahead log, else in memory.

use std::path::Path;
use std::process::Command;

use super::{DURABLE_STREAMS, Keeps, Server, Servers, version};
use crate::dialect::Dialect;

pub(crate) fn add(peers: &Path, servers: &mut Servers) {
    let Some(version) = version(peers, DURABLE_STREAMS) else {
        return;
    };
    let program = peers.join("durable-streams/bin/durable-streams-server");
    servers.all.push(Server {
        name: DURABLE_STREAMS,
        version,
        dialect: Dialect {
            live: |topic| format!("/t{topic}?offset=now&live=sse"),
            replay: Some(|topic| format!("/t{topic}?offset=-1&live=sse")),
            publish: |topic| format!("/t{topic}"),
            create: Some(|topic| format!("/t{topic}")),
            fields: String::new(),
        },
        tls: None,
        command: Box::new(move |place| {
            let mut command = Command::new(&program);
            let durability = match place.keeps {
                Keeps::InMemory => "memory",
                Keeps::OnDisk => "wal",
            };
            command
                .args([
                    "--durability",
                    durability,
                    "--port",
                    &place.port.to_string(),
                ])
                .arg("--data-dir")
                .arg(&place.dir);
            Ok(command)
        }),
    });
}
