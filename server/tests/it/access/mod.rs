//! Who may do what: tokens, keys, tickets and what is public, as a user and as an attacker.

mod forged;
pub(crate) mod made;
mod pages;
mod program;
mod published_keys;
mod publishers;
mod revoked;
mod rights;
mod tickets;

use std::path::PathBuf;

use reqwest::Response;
use server::config::{Access, AccessArgs, Config};

use crate::support::{Server, within};

/// A secret that the servers of these tests know.
pub(crate) const SECRET: &str = "0123456789abcdef0123456789abcdef";

/// A file with something in it, for as long as it is held.
pub(crate) fn file(text: impl AsRef<[u8]>) -> (tempfile::NamedTempFile, PathBuf) {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), text).unwrap();
    let path = file.path().to_owned();
    (file, path)
}

/// What is closed but for what a test opens.
pub(crate) fn args() -> AccessArgs {
    AccessArgs {
        cookie_name: "__Host-tickertape".into(),
        ..AccessArgs::default()
    }
}

pub(crate) async fn closed(args: AccessArgs) -> Server {
    Server::with(config(args)).await
}

pub(crate) fn config(args: AccessArgs) -> Config {
    Config {
        demo: false,
        access: Access::closed(args).unwrap(),
        ..Config::default()
    }
}

/// A server that knows the secret, and nothing else.
pub(crate) async fn with_secret() -> Server {
    let (_file, path) = file(SECRET);
    closed(AccessArgs {
        jwt_keys: vec![path],
        ..args()
    })
    .await
}

/// Asks with a token.
pub(crate) async fn ask(server: &Server, method: &str, path: &str, token: &str) -> Response {
    let request = server.request(method, path).bearer_auth(token);
    within(request.send()).await.unwrap()
}

/// Publishes with a token, and gives the status.
pub(crate) async fn publish(server: &Server, topic: &str, token: &str) -> u16 {
    let path = format!("/events?topic={topic}");
    let request = server.request("POST", &path).bearer_auth(token).body("x");
    within(request.send()).await.unwrap().status().as_u16()
}
