//! Each setting with a value that is wrong: as a flag, as a variable and in the file.

use std::process::{Command, Stdio};
use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;

use crate::program::tickertape;

/// A wrong value of each setting of a server; of a switch, anything that is no switch.
const SETTINGS: &[(&str, &str)] = &[
    ("addr", "somewhere"),
    ("config", "/nonexistent/tickertape.toml"),
    ("cors-origin", "app.example"),
    ("host", "https://hub.example"),
    ("ephemeral", "perhaps"),
    ("retention-age", "soon"),
    ("retention-bytes", "much"),
    ("retention-count", "-1"),
    ("max-event", "0"),
    ("max-request", "1TiB"),
    ("log", "server=loud"),
    ("demo", "perhaps"),
    ("jwt-key", "/nonexistent/key.pem"),
    ("jwks", "http://id.example/keys"),
    ("jwt-algorithm", "none"),
    ("publish-key-file", "/nonexistent/publishers"),
    ("public-read", "a*b"),
    ("public-write", "a/**/b"),
    ("cookie-name", "a b"),
    ("cookie-domain", "https://example.com"),
    ("tls-cert", "/nonexistent/cert.pem"),
    ("tls-key", "/nonexistent/key.pem"),
    ("hsts", "for ever"),
    ("client-streams", "0"),
    ("client-publishes", "many"),
    ("client-burst", "-1"),
    ("client-connections", "0"),
    ("trusted-proxy", "10.0.0.0/33"),
    ("max-connections", "0"),
    ("max-subscribers", "x"),
    ("fan-out", "pigeon"),
    ("log-format", "xml"),
    ("metrics-addr", "9090"),
    ("otlp-endpoint", "collector"),
    // There is no key for tokens that could have them.
    ("jwt-audience", "hub"),
    ("jwt-issuer", "https://id.example"),
];

/// Settings of which any text may be right: a directory that may be made.
const ANY: &[&str] = &["data-dir"];

/// A wrong value of each flag of the other commands, with what the command needs beside it.
const OTHERS: &[(&str, &[&str], &str, &str)] = &[
    (
        "inspect",
        &["http://127.0.0.1:1/"],
        "--last-event-id",
        "a\u{7f}",
    ),
    ("inspect", &["http://127.0.0.1:1/"], "--method", "FETCH"),
    ("inspect", &["http://127.0.0.1:1/"], "--header", "no colon"),
    (
        "inspect",
        &["http://127.0.0.1:1/"],
        "--header",
        "Last-Event-ID: 1",
    ),
    (
        "inspect",
        &["http://127.0.0.1:1/"],
        "--header",
        "Content-Length: 9",
    ),
    (
        "inspect",
        &["http://127.0.0.1:1/"],
        "--header",
        "Transfer-Encoding: chunked",
    ),
    (
        "inspect",
        &["http://127.0.0.1:1/"],
        "--body",
        "@/no/such/file",
    ),
    ("inspect", &["http://127.0.0.1:1/"], "--show", "all"),
    ("inspect", &["http://127.0.0.1:1/"], "--reconnect", "often"),
    ("inspect", &["http://127.0.0.1:1/"], "--for", "ever"),
    ("inspect", &["http://127.0.0.1:1/"], "--color", "red"),
    (
        "inspect",
        &["http://127.0.0.1:1/", "--check"],
        "--check-time",
        "never",
    ),
    (
        "inspect",
        &["http://127.0.0.1:1/", "--check"],
        "--origin",
        "null",
    ),
    ("tail", &["http://127.0.0.1:1/"], "--last", "some"),
    ("tail", &["http://127.0.0.1:1/"], "--last", "10001"),
    ("tail", &["http://127.0.0.1:1/"], "--since", "soon"),
    ("tail", &["http://127.0.0.1:1/"], "--since", ""),
    ("tail", &["http://127.0.0.1:1/"], "--topic", "a*b"),
    ("inspect", &["http://127.0.0.1:1/"], "--ca", "/nonexistent"),
    ("tail", &["http://127.0.0.1:1/"], "--ca", "/nonexistent"),
    ("publish", &["a", "x"], "--ca", "/nonexistent"),
    ("health", &["http://127.0.0.1:1/"], "--ca", "/nonexistent"),
    (
        "tail",
        &["http://127.0.0.1:1/"],
        "--last-event-id",
        "a\u{7f}",
    ),
    ("tail", &["http://127.0.0.1:1/"], "--count", "0x1"),
    (
        "inspect",
        &["http://127.0.0.1:1/"],
        "--token-file",
        "/nonexistent",
    ),
    (
        "tail",
        &["http://127.0.0.1:1/"],
        "--token-file",
        "/nonexistent",
    ),
    ("publish", &["a", "x"], "--token-file", "/nonexistent"),
    ("token", &[], "--jwt-key", "/nonexistent"),
    ("token", &[], "--publish", "a*b"),
    ("token", &[], "--subscribe", "a*b"),
    ("token", &[], "--for", "ever"),
    ("publish", &["a", "x"], "--url", "localhost"),
    ("publish", &["a", "x"], "--event", "hub.open"),
    ("publish", &["a", "x"], "--retry", "0"),
    ("publish", &["a", "x"], "--key", " a"),
];

/// What `serve` needs to start at all.
const OPEN: &[&str] = &["--public-read=**", "--ephemeral", "--addr=127.0.0.1:0"];

/// The first line that a start says on standard error, once it has ended as it should.
fn refused(command: &mut Command, what: &str) -> String {
    let (tell, told) = channel();
    let child = command.stdin(Stdio::null()).spawn().unwrap();
    let pid = child.id();
    thread::spawn(move || tell.send(child.wait_with_output().unwrap()));
    let Ok(output) = told.recv_timeout(Duration::from_secs(20)) else {
        // What was wrong was taken, and a server runs.
        let _ = Command::new("kill").arg(pid.to_string()).status();
        panic!("{what} is not refused");
    };
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(64), "{what}: {said}");
    assert!(output.stdout.is_empty(), "{what}");
    said.lines().next().unwrap_or_default().to_owned()
}

/// The long flags of a command, as its help has them, and whether each takes a value.
fn flags(command: &str) -> Vec<(String, bool)> {
    let output = tickertape(&[command, "--help"]).output().unwrap();
    let help = String::from_utf8(output.stdout).unwrap();
    let lines = help.lines().map(str::trim_start);
    let lines = lines.filter(|line| line.starts_with('-'));
    let lines = lines.filter_map(|line| Some(line.split_once("--")?.1));
    let flags = lines.map(|flag| {
        let name = flag.split([' ', '=']).next().unwrap();
        (name.to_owned(), flag[name.len()..].starts_with(" <"))
    });
    flags.filter(|(name, _)| name != "help").collect()
}

/// `serve` with all that it needs but this setting.
fn serve_without(setting: &str) -> Vec<&'static str> {
    let flag = format!("--{setting}");
    let others = OPEN
        .iter()
        .filter(|open| open.split('=').next() != Some(&flag));
    let others = others.filter(|open| setting != "data-dir" || **open != "--ephemeral");
    std::iter::once("serve").chain(others.copied()).collect()
}

#[test]
fn each_wrong_flag_stops_the_start_and_is_named() {
    for command in ["dev", "serve"] {
        for (name, has_value) in flags(command) {
            if ANY.contains(&name.as_str()) {
                continue;
            }
            let (_, wrong) = SETTINGS
                .iter()
                .find(|(known, _)| *known == name)
                .unwrap_or_else(|| panic!("no wrong value is known for --{name}"));
            let wrong = format!("--{name}={wrong}");
            let mut args = match command {
                "serve" => serve_without(&name),
                _ => vec![command],
            };
            args.push(&wrong);
            let said = refused(&mut tickertape(&args), &wrong);
            // Of a file that cannot be read, the name is said as it was given.
            let is_named = said.contains(&format!("--{name}")) || name == "config";
            assert!(is_named && said.starts_with("error: "), "{wrong}: {said}");
            assert!(has_value || said.contains("unexpected value"), "{said}");
        }
    }
}

#[test]
fn each_wrong_variable_stops_the_start_and_is_named() {
    for (name, wrong) in SETTINGS {
        let variable = match *name {
            // `TICKERTAPE_JWT_KEY` is the key itself.
            "jwt-key" => "TICKERTAPE_JWT_KEY_FILE".to_owned(),
            name => format!("TICKERTAPE_{}", name.replace('-', "_").to_uppercase()),
        };
        let args = serve_without(name);
        let said = refused(tickertape(&args).env(&variable, wrong), &variable);
        let is_named = said.contains(&format!("--{name}")) || *name == "config";
        assert!(is_named, "{variable}: {said}");
    }
}

#[test]
fn each_wrong_line_of_the_file_stops_the_start_and_is_named() {
    for (name, wrong) in SETTINGS.iter().filter(|(name, _)| *name != "config") {
        let dir = tempfile::tempdir().unwrap();
        let (table, key) = match name.strip_prefix("retention-") {
            Some(key) => ("[retention]\n", key),
            None => ("", *name),
        };
        let lines = [
            format!("{table}{key} = \"{wrong}\"\n"),
            format!("{table}{key} = [\"{wrong}\"]\n"),
            format!("{table}{key} = {{}}\n"),
        ];
        for line in lines {
            std::fs::write(dir.path().join("tickertape.toml"), &line).unwrap();
            let args = serve_without(name);
            let said = refused(tickertape(&args).current_dir(dir.path()), &line);
            assert!(said.contains(&format!("`{key}`")), "{line}: {said}");
            assert!(
                said.starts_with("error: tickertape.toml:"),
                "{line}: {said}"
            );
        }
    }
}

#[test]
fn each_wrong_flag_of_another_command_is_named_and_nothing_is_done() {
    for command in ["inspect", "tail", "publish", "token"] {
        for (name, has_value) in flags(command) {
            let flag = format!("--{name}");
            let known = OTHERS
                .iter()
                .find(|(of, _, known, _)| *of == command && *known == flag);
            // What `tail` asks for is the server's to judge, and a name is a name.
            let is_any = ["topic", "since", "subject", "audience", "issuer", "key-id"];
            assert!(
                known.is_some() || !has_value || is_any.contains(&name.as_str()),
                "no wrong value for {flag}"
            );
        }
    }
    for (command, needs, flag, wrong) in OTHERS {
        let wrong = format!("{flag}={wrong}");
        let args = [&[*command], *needs, &[wrong.as_str()]].concat();
        let said = refused(&mut tickertape(&args), &wrong);
        assert!(said.contains(flag), "{args:?}: {said}");
    }
}
