//! The variables of the environment, beside the flags.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

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
