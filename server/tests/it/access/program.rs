//! The program: `serve`, `token`, and the commands that show one.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use super::made::{Signer, claims};
use super::{SECRET, file};

/// A `tickertape serve` of one's own; it is killed when dropped.
struct Served {
    child: Child,
    url: String,
}

impl Served {
    fn start(args: &[&str], secret: Option<&str>) -> Self {
        let mut command = tickertape(&["serve", "--addr", "127.0.0.1:0", "--ephemeral"]);
        command.args(args).stdout(Stdio::piped());
        if let Some(secret) = secret {
            command.env("TICKERTAPE_JWT_KEY", secret);
        }
        let mut child = command.spawn().unwrap();
        let mut line = String::new();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        out.read_line(&mut line).unwrap();
        let url = line.trim().strip_prefix("Tickertape is at ").unwrap();
        let url = url.to_owned();
        Self { child, url }
    }

    fn publish(&self, topic: &str, token: &str) -> Output {
        let mut command = tickertape(&["publish", "--url", &self.url, topic, "x"]);
        command.env("TICKERTAPE_TOKEN", token).output().unwrap()
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn tickertape(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tickertape"));
    for (name, _) in std::env::vars() {
        if name.starts_with("TICKERTAPE_") {
            command.env_remove(name);
        }
    }
    command
        .args(args)
        .stdin(Stdio::null())
        .stderr(Stdio::piped());
    command
}

fn minted(key: &Path, args: &[&str]) -> String {
    let key = key.to_str().unwrap();
    let made = tickertape(&[&["token", "--jwt-key", key], args].concat());
    text(&{ made }.output().unwrap())
}

fn text(output: &Output) -> String {
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    String::from_utf8(output.stdout.clone())
        .unwrap()
        .trim()
        .to_owned()
}

#[test]
fn a_token_that_the_program_makes_is_taken_with_the_rights_that_it_was_made_with() {
    let (_file, key) = file(SECRET);
    let served = Served::start(&["--jwt-key", key.to_str().unwrap()], None);
    let token = minted(
        &key,
        &["--publish", "a/*", "--subscribe", "a/**", "--for", "5m"],
    );
    assert_eq!(served.publish("a/1", &token).status.code(), Some(0));
    assert_eq!(served.publish("b", &token).status.code(), Some(77));
    assert_eq!(served.publish("a/1", "").status.code(), Some(77));
    let stream = format!("{}/events?topic=a/**&since=all", served.url);
    let (_token, path) = file(&token);
    let mut tail = tickertape(&["tail", "--count", "1", &stream, "--token-file"]);
    assert_eq!(text(&tail.arg(&path).output().unwrap()), "x");
    let closed = tickertape(&["tail", "--count", "1", &stream])
        .output()
        .unwrap();
    assert_eq!(closed.status.code(), Some(77));
    let missing = tickertape(&["tail", &stream, "--token-file", "/nowhere"])
        .output()
        .unwrap();
    let said = String::from_utf8(missing.stderr).unwrap();
    assert!(
        missing.status.code() == Some(64) && said.contains("--token-file"),
        "{said}"
    );
}

#[test]
fn the_key_may_stand_in_the_environment_and_not_as_the_name_of_a_file() {
    let served = Served::start(&[], Some(SECRET));
    let token = Signer::secret(SECRET).token(&claims(60));
    assert_eq!(served.publish("a", &token).status.code(), Some(0));
    let (_file, path) = file(SECRET);
    for wrong in [path.to_str().unwrap(), "short"] {
        let mut command = tickertape(&["serve", "--addr", "127.0.0.1:0", "--ephemeral"]);
        let output = command.env("TICKERTAPE_JWT_KEY", wrong).output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(64), "{said}");
        assert!(said.starts_with("error: TICKERTAPE_JWT_KEY: "), "{said}");
    }
}

#[test]
fn a_server_that_nobody_may_use_does_not_start() {
    let output = tickertape(&["serve", "--addr", "127.0.0.1:0", "--ephemeral"])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(64));
    assert!(output.stdout.is_empty());
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(
        said.contains("--public-read") && said.trim_end().lines().count() == 1,
        "{said}"
    );
}

#[test]
fn a_private_key_signs_and_does_not_check() {
    let pem = |args: &[&str]| {
        let made = Command::new("openssl").args(args).output();
        made.ok()
            .filter(|made| made.status.success())
            .map(|made| made.stdout)
    };
    let Some(private) = pem(&["genpkey", "-algorithm", "ed25519"]) else {
        eprintln!("passed over: there is no openssl that makes a key");
        return;
    };
    let (_private, path) = file(&private);
    let refused = tickertape(&["serve", "--ephemeral", "--jwt-key", path.to_str().unwrap()]);
    let refused = { refused }.output().unwrap();
    assert_eq!(refused.status.code(), Some(64));
    assert!(
        String::from_utf8(refused.stderr)
            .unwrap()
            .contains("private key")
    );
    let public = pem(&["pkey", "-in", path.to_str().unwrap(), "-pubout"]).unwrap();
    let (_public, public) = file(public);
    let served = Served::start(&["--jwt-key", public.to_str().unwrap()], None);
    let token = minted(&path, &["--publish", "**", "--subject", "robot"]);
    assert_eq!(served.publish("a", &token).status.code(), Some(0));
}
