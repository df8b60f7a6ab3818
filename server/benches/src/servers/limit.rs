//! The limit: what the system calls cost alone.

use std::process::Command;

use super::{LIMIT, Server};
use crate::Outcome;
use crate::dialect::Dialect;

pub(crate) fn server() -> Outcome<Server> {
    let own = std::env::current_exe()?;
    Ok(Server {
        name: LIMIT,
        version: "a bare epoll loop".into(),
        dialect: Dialect::of_one_path(|topic| format!("/{topic}")),
        tls: None,
        command: Box::new(move |place| {
            let mut command = Command::new(&own);
            command.args(["limit", &place.port.to_string()]);
            Ok(command)
        }),
    })
}
