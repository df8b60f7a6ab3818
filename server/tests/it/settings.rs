//! The variables of the environment and the file, beside the flags; and what they change.

mod wrong;

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use hub::{Retention, Selector};
use server::config::{Config, Override};
use server::limits::Limits;

use crate::support::{JSON, Server, answer, data, problem, send};

fn tickertape(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tickertape"));
    command
        .args(args)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

#[test]
fn an_empty_variable_is_none() {
    for command in [&[] as &[_], &["dev"]] {
        let mut child = tickertape(&[command, &["--ephemeral", "--addr", "127.0.0.1:0"]].concat())
            .env("TICKERTAPE_CORS_ORIGIN", "")
            .env("TICKERTAPE_HOST", "")
            .env("TICKERTAPE_RETENTION_AGE", "")
            .spawn()
            .unwrap();
        let mut line = String::new();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        out.read_line(&mut line).unwrap();
        child.kill().unwrap();
        let output = child.wait_with_output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(line.starts_with("Tickertape is at "), "{said}");
    }
}

#[test]
fn a_variable_of_the_server_disturbs_no_other_command() {
    let run = |args: &[&str]| {
        let mut command = tickertape(args);
        command.env("TICKERTAPE_ADDR", "junk").output().unwrap()
    };
    let inspected = run(&["inspect", "-"]);
    let said = String::from_utf8(inspected.stderr).unwrap();
    assert_eq!(inspected.status.code(), Some(0), "{said}");
    for server in [&[] as &[_], &["dev"]] {
        let refused = run(server);
        assert_eq!(refused.status.code(), Some(64));
        assert!(
            String::from_utf8(refused.stderr)
                .unwrap()
                .contains("--addr")
        );
    }
}

/// What a start in a directory with this file prints on standard error, and its status.
fn start_with(file: &str, args: &[&str], variable: (&str, &str)) -> (Option<i32>, String) {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("tickertape.toml"), file).unwrap();
    let mut command = tickertape(args);
    let output = command
        .current_dir(dir.path())
        .env(variable.0, variable.1)
        .output()
        .unwrap();
    (
        output.status.code(),
        String::from_utf8(output.stderr).unwrap(),
    )
}

#[test]
fn flags_come_before_variables_and_those_before_the_file() {
    // Each is wrong in its own way, so that the one that counts is the one that is named.
    let file = "max-event = '3MiB'\nmax-request = '2MiB'";
    let none = ("TICKERTAPE_MAX_EVENT", "");
    let variable = ("TICKERTAPE_MAX_EVENT", "4MiB");
    for (args, variable, counts) in [
        (&[] as &[_], none, "3.0 MiB"),
        (&["dev"], variable, "4.0 MiB"),
        (&["--max-event", "5MiB"], variable, "5.0 MiB"),
        (&["dev", "--max-event", "5MiB"], none, "5.0 MiB"),
    ] {
        let (code, said) = start_with(file, args, variable);
        assert_eq!(code, Some(64), "{said}");
        assert!(
            said.contains(&format!("--max-event ({counts})")),
            "{args:?}: {said}"
        );
    }
}

#[test]
fn a_file_that_is_wrong_or_not_there_stops_the_start_in_one_line() {
    let none = ("TICKERTAPE_CONFIG", "");
    for (file, args, variable, words) in [
        ("adr = 1", &[] as &[_], none, "tickertape.toml:1: `adr`"),
        (
            "",
            &["--config", "none.toml"],
            none,
            "none.toml: cannot be read",
        ),
        (
            "",
            &["dev"],
            ("TICKERTAPE_CONFIG", "no.toml"),
            "no.toml: cannot be read",
        ),
        ("", &["--config", "."], none, ".: cannot be read"),
    ] {
        let (code, said) = start_with(file, args, variable);
        assert_eq!(code, Some(64), "{said}");
        assert!(
            said.contains(words) && said.trim_end().lines().count() == 1,
            "{said}"
        );
    }
    // It concerns the server alone.
    assert_eq!(start_with("adr = 1", &["inspect", "-"], none).0, Some(0));
}

#[test]
fn the_default_settings_are_printed() {
    let output = tickertape(&["config"]).output().unwrap();
    assert!(output.status.success());
    let printed = String::from_utf8(output.stdout).unwrap();
    assert!(
        printed.contains("\n# addr = \"127.0.0.1:8080\"\n"),
        "{printed}"
    );
}

#[tokio::test]
async fn an_override_keeps_a_quiet_topic_while_a_busy_one_is_trimmed() {
    let server = Server::with(Config {
        demo: false,
        retention: Retention {
            count: Some(5),
            ..Retention::default()
        },
        overrides: vec![Override {
            selector: Selector::parse("quiet/*").unwrap(),
            retention: Retention {
                count: Some(2),
                ..Retention::default()
            },
        }],
        ..Config::default()
    })
    .await;
    for n in 0..3 {
        answer(server.post("/events/quiet/a", format!("q{n}")).await).await;
    }
    for n in 0..50 {
        answer(server.post("/events/busy", n.to_string()).await).await;
    }
    assert_eq!(data(&server, "topic=quiet/*").await, ["q1", "q2"]);
    assert_eq!(
        data(&server, "topic=busy").await,
        ["45", "46", "47", "48", "49"]
    );
}

#[tokio::test]
async fn the_limits_in_force_are_those_that_are_set_and_named() {
    let server = Server::with(Config {
        demo: false,
        limits: Limits {
            event: 10,
            request: 60,
            ..Limits::default()
        },
        ..Config::default()
    })
    .await;
    let object = |data: &str| format!("{{\"topic\":\"a\",\"data\":\"{data}\"}}");
    for (path, kind, body, limit) in [
        ("/events/a", "text/plain", "x".repeat(11), "10 bytes"),
        ("/lines/a", "text/plain", "x".repeat(11), "10 bytes"),
        ("/events", JSON, object(&"x".repeat(11)), "10 bytes"),
        ("/events", JSON, object(&"x".repeat(61)), "60 bytes"),
        (
            "/lines",
            "application/x-ndjson",
            object(&"x".repeat(61)),
            "60 bytes",
        ),
    ] {
        let detail = problem(send(&server, path, kind, body).await, 413).await;
        assert!(detail.contains(limit), "{path}: {detail}");
    }
    answer(send(&server, "/events/a", "", "x".repeat(10)).await).await;
    answer(send(&server, "/events", JSON, object(&"x".repeat(10))).await).await;
    assert_eq!(data(&server, "topic=a").await.len(), 2);
}
