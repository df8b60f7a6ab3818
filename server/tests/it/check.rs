//! `tickertape inspect --check`, as a program and against a hub.

use std::process::Output;
use std::thread;

use serde_json::Value;

use crate::crash::publish;
use crate::program::{start, tickertape};
use crate::scripted::{STREAM, Scripted};

fn check(args: &[&str]) -> Output {
    tickertape(&[&["inspect", "--check"], args].concat())
        .output()
        .unwrap()
}

/// Each finding as `level code`.
fn findings(output: &Output) -> Vec<String> {
    let lines = String::from_utf8(output.stdout.clone()).unwrap();
    let lines = lines
        .lines()
        .map(|line| serde_json::from_str(line).unwrap());
    let words = lines.filter_map(|line: Value| {
        let (level, code) = (line["level"].as_str()?, line["code"].as_str()?);
        Some(format!("{level} {code}"))
    });
    words.collect()
}

/// What is said of every stream of a hub on this machine.
const OF_A_HUB: [&str; 5] = [
    "ok answered",
    "ok content_type",
    "ok cache_control",
    "ok x_accel_buffering",
    "ok delivered_at_once",
];

#[test]
fn of_a_hubs_streams_nothing_is_wrong() {
    let (mut child, addr, _out) = start(&["--ephemeral", "--addr", "127.0.0.1:0"]);
    for n in 0..3 {
        publish(&addr, &n.to_string());
    }
    // The ticker, a topic on which nothing happens, one from its beginning, and the tutorial's.
    let cases = [
        ("/events", "ok resumes"),
        ("/events/quiet", "ok resumes"),
        ("/events/crash?since=all", "ok resumes"),
        ("/sse/time", "note resumes"),
    ];
    thread::scope(|scope| {
        for (path, resumes) in cases {
            let url = format!("http://{addr}{path}");
            scope.spawn(move || {
                let output = check(&["--json", "--check-time", "4s", "--strict", &url]);
                let told = findings(&output);
                assert_eq!(output.status.code(), Some(0), "{path}: {told:?}");
                for word in OF_A_HUB.iter().chain([&resumes]) {
                    assert!(told.iter().any(|told| told == word), "{path}: {told:?}");
                }
            });
        }
    });
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn the_exit_status_says_whether_something_is_to_be_mended() {
    let answer = format!("{STREAM}data: x\n\n");
    for (flags, status) in [(&[] as &[&str], 0), (&["--strict"], 1)] {
        // No ids, and no Cache-Control: warnings.
        let server = Scripted::new(std::slice::from_ref(&answer));
        let output = check(&[flags, &[&server.url]].concat());
        let said = String::from_utf8(output.stdout).unwrap();
        assert_eq!(output.status.code(), Some(status), "{said}");
        assert!(said.contains("warn  no_ids: "), "{said}");
        assert!(said.ends_with("; 2 warnings\n"), "{said}");
    }
    let refusal = "HTTP/1.1 404 No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    let server = Scripted::new(&[refusal.to_owned()]);
    assert_eq!(check(&[&server.url]).status.code(), Some(1));
}

#[test]
fn a_wrong_argument_is_named_and_nothing_is_asked() {
    for (args, name) in [
        (&["-"] as &[_], "--check"),
        (&["http://x/", "--check-time", "0s"], "--check-time"),
        (&["http://x/", "--check-time", "soon"], "--check-time"),
        (&["http://x/", "--check-time", "2h"], "--check-time"),
        (&["http://x/", "--origin", "app.example"], "--origin"),
        (&["http://x/", "--last-event-id", "a"], "--last-event-id"),
    ] {
        let output = check(args);
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(64), "{args:?}: {said}");
        assert!(said.lines().next().unwrap().contains(name), "{said}");
    }
    let output = tickertape(&["inspect", "http://x/", "--origin", "https://app.example"])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(64));
}
