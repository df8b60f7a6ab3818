//! The program: what it prints, and how it ends.

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdout, Command, Output, Stdio};

pub(crate) fn tickertape(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tickertape"));
    command
        .args(args)
        .env_remove("STATE_DIRECTORY")
        .env("XDG_STATE_HOME", "/nonexistent")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

fn run(args: &[&str]) -> Output {
    tickertape(args).output().unwrap()
}

/// A started server, its address, and the rest of its standard output.
pub(crate) fn start(args: &[&str]) -> (Child, String, BufReader<ChildStdout>) {
    let mut child = tickertape(args).spawn().unwrap();
    let mut out = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    out.read_line(&mut line).unwrap();
    let addr = line
        .trim_end()
        .strip_prefix("Tickertape is at http://")
        .expect(&line)
        .to_owned();
    (child, addr, out)
}

#[test]
fn a_wrong_setting_stops_the_start_with_64_and_is_named() {
    let wrong = [
        (&["--addr", "here"] as &[_], "--addr"),
        (&["dev", "--retention-age", "soon"], "--retention-age"),
        (&["dev", "--cors-origin", "*"], "--cors-origin"),
        (&["dev", "--retention-size", "1"], "--retention-size"),
        (&["devel"], "devel"),
        (&["dev", "--tls-cert", "/cert.pem"], "--tls-key"),
        (&["dev", "--tls-key", "/key.pem"], "--tls-cert"),
        (&["dev", "--hsts", "1d"], "--hsts"),
        (
            &[
                "dev",
                "--ephemeral",
                "--addr",
                "127.0.0.1:7",
                "--metrics-addr",
                "127.0.0.1:7",
            ],
            "--metrics-addr 127.0.0.1:7",
        ),
        (
            &["dev", "--tls-cert", "/no.pem", "--tls-key", "/no.pem"],
            "--tls-cert /no.pem",
        ),
    ];
    for (args, name) in wrong {
        let output = run(args);
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(64), "{args:?}: {said}");
        assert!(said.lines().next().unwrap().contains(name), "{said}");
        assert!(output.stdout.is_empty());
    }
}

#[test]
fn the_environment_is_a_setting_too() {
    let output = tickertape(&[])
        .env("TICKERTAPE_ADDR", "0.0.0.0:0")
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(64));
    assert!(String::from_utf8(output.stderr).unwrap().contains("--addr"));
}

#[test]
fn help_and_version_are_no_errors() {
    for flag in ["--help", "--version"] {
        let output = run(&[flag]);
        assert!(output.status.success() && !output.stdout.is_empty());
    }
}

#[test]
fn a_busy_port_is_said_in_words() {
    let busy = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let addr = busy.local_addr().unwrap().to_string();
    let output = run(&["--ephemeral", "--addr", &addr]);
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(
        said.contains(&addr) && said.contains("in use") && said.contains("--addr"),
        "{said}"
    );
}

#[test]
fn health_is_0_where_a_server_is_ready_and_1_where_it_is_not() {
    let (mut child, addr, _out) = start(&["dev", "--ephemeral", "--addr", "127.0.0.1:0"]);
    let health = || {
        tickertape(&["health"])
            .env("TICKERTAPE_ADDR", &addr)
            .output()
    };
    let ready = health().unwrap();
    let by_url = run(&["health", &format!("http://{addr}/")]);
    child.kill().unwrap();
    child.wait().unwrap();
    for output in [ready, by_url] {
        assert_eq!(output.status.code(), Some(0));
        assert!(output.stdout.is_empty() && output.stderr.is_empty());
    }
    let gone = health().unwrap();
    assert_eq!(gone.status.code(), Some(1));
    let said = String::from_utf8(gone.stderr).unwrap();
    assert!(
        said.starts_with("error: ") && said.contains(&addr),
        "{said}"
    );
}

#[test]
fn both_signals_end_it_with_0() {
    for signal in ["-TERM", "-INT"] {
        let (mut child, _, out) = start(&["dev", "--ephemeral", "--addr", "127.0.0.1:0"]);
        let sent = Command::new("kill")
            .args([signal, &child.id().to_string()])
            .status()
            .unwrap();
        assert!(sent.success());
        assert_eq!(child.wait().unwrap().code(), Some(0), "{signal}");
        let rest: Vec<_> = out.lines().map(Result::unwrap).collect();
        assert_eq!(rest, ["Events are kept in memory only"]);
    }
}

#[test]
fn out_of_descriptors_it_recovers() {
    let program = format!(
        "ulimit -n 24; exec {} --ephemeral --addr 127.0.0.1:0",
        env!("CARGO_BIN_EXE_tickertape")
    );
    let mut shell = Command::new("sh");
    let mut child = shell
        .args(["-c", &program])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.as_mut().unwrap())
        .read_line(&mut line)
        .unwrap();
    let addr = line
        .trim_end()
        .strip_prefix("Tickertape is at http://")
        .expect(&line)
        .to_owned();
    let ask = || {
        let mut stream = std::net::TcpStream::connect(&addr).unwrap();
        stream.write_all(b"GET /healthz HTTP/1.0\r\n\r\n").unwrap();
        stream
    };
    let idle: Vec<_> = (0..40)
        .map(|_| std::net::TcpStream::connect(&addr).unwrap())
        .collect();
    let mut waiting = ask();
    drop(idle);
    let mut answer = String::new();
    waiting.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.0 200 "), "{answer}");
    child.kill().unwrap();
    child.wait().unwrap();
}

/// One request, and the whole answer.
pub(crate) fn ask(addr: &str, request: &str) -> String {
    let mut stream = std::net::TcpStream::connect(addr).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

#[test]
fn what_was_acknowledged_is_there_after_a_kill() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("log");
    let data = data.to_str().unwrap();
    let args = ["dev", "--data-dir", data, "--addr", "127.0.0.1:0"];

    let (mut child, addr, _) = start(&args);
    let posted = ask(
        &addr,
        "POST /post?user=a HTTP/1.0\r\nHost: localhost\r\nContent-Length: 4\r\n\r\nkept",
    );
    let (_, id) = posted.split_once("\"id\":\"").expect(&posted);
    let id = id.split('"').next().unwrap();
    child.kill().unwrap();
    child.wait().unwrap();

    let checked = run(&["check", "--data-dir", data]);
    assert!(checked.status.success(), "{checked:?}");

    let (mut child, addr, _) = start(&args);
    let second = run(&args);
    let said = String::from_utf8(second.stderr).unwrap();
    assert_eq!(second.status.code(), Some(1));
    assert!(said.contains(data) && said.contains("in use"), "{said}");

    let events = ask(
        &addr,
        "GET /events?topic=chat&poll=1&last_event_id=earliest HTTP/1.0\r\nHost: localhost\r\n\r\n",
    );
    assert!(
        events.contains(id) && events.contains("kept") && !events.contains("hub.gap"),
        "{events}"
    );
    let resumed = ask(
        &addr,
        &format!(
            "GET /events?topic=chat&poll=1&last_event_id={id} HTTP/1.0\r\nHost: localhost\r\n\r\n"
        ),
    );
    assert!(resumed.contains("\"events\":[]"), "{resumed}");
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn without_a_place_for_the_data_it_says_how_to_name_one() {
    let output = tickertape(&["dev"])
        .env_remove("XDG_STATE_HOME")
        .env_remove("HOME")
        .output()
        .unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(64), "{said}");
    assert!(
        said.contains("--data-dir") && said.contains("--ephemeral"),
        "{said}"
    );
}
