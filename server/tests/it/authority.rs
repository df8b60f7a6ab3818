//! The commands that ask a server, by https: whose word they take for who it is.

use std::path::Path;

use crate::program::tickertape;
use crate::secure::Authority;
use crate::tls::program_with;

/// Each command against a server: what it is given, and its exit status where the certificate is not trusted.
fn commands(url: &str) -> [(Vec<String>, i32); 5] {
    let line = |line: &str| line.split(' ').map(str::to_owned).collect();
    [
        (line(&format!("publish a x --url {url}")), 69),
        (line(&format!("publish a x --key k --url {url}")), 69),
        (
            line(&format!("tail {url}/events?topic=a --since all --count 1")),
            69,
        ),
        (line(&format!("inspect {url}/sse/time?count=1")), 69),
        (line(&format!("health {url}")), 1),
    ]
}

/// How a command ends and what it says, with the authority of this file.
fn run(line: &[String], ca: Option<&Path>) -> (Option<i32>, String) {
    let line: Vec<_> = line.iter().map(String::as_str).collect();
    let mut command = tickertape(&line);
    if let Some(ca) = ca {
        command.arg("--ca").arg(ca);
    }
    let output = command.output().unwrap();
    (
        output.status.code(),
        String::from_utf8(output.stderr).unwrap(),
    )
}

#[test]
fn who_is_given_the_authority_is_served_and_who_is_not_is_told_so() {
    let (authority, other) = (Authority::new(), Authority::new());
    let (mut server, addr) = program_with(&authority.files(1), "");
    for (line, status) in commands(&format!("https://localhost:{}", addr.port())) {
        let (code, said) = run(&line, Some(&authority.file()));
        assert_eq!(code, Some(0), "{line:?}: {said}");
        let mut strangers = vec![Some(other.file())];
        // The health of this machine's own server is asked for without its name.
        if line[0] != "health" {
            strangers.push(None);
        }
        for ca in strangers {
            let (code, said) = run(&line, ca.as_deref());
            assert_eq!(code, Some(status), "{line:?}: {said}");
            assert!(
                said.contains("has signed its certificate") && said.contains("--ca"),
                "{line:?}: {said}"
            );
        }
    }
    let mut by_variable = tickertape(&["inspect"]);
    by_variable
        .arg(format!(
            "https://localhost:{}/sse/time?count=1",
            addr.port()
        ))
        .env("TICKERTAPE_CA", authority.file());
    assert_eq!(by_variable.output().unwrap().status.code(), Some(0));
    server.kill().unwrap();
    server.wait().unwrap();
}

#[test]
fn a_certificate_of_an_authority_is_told_from_one_of_a_server() {
    let authority = Authority::new();
    let (mut server, addr) = program_with(&authority.own_files(), "");
    for (line, status) in commands(&format!("https://localhost:{}", addr.port())) {
        let (code, said) = run(&line, Some(&authority.file()));
        assert_eq!(code, Some(status), "{line:?}: {said}");
        assert!(said.contains("CA:TRUE"), "{line:?}: {said}");
    }
    server.kill().unwrap();
    server.wait().unwrap();
}

#[test]
fn a_file_that_holds_no_authority_is_named_before_anything_is_asked() {
    let dir = tempfile::tempdir().unwrap();
    let damaged = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    for (text, word) in [("", "no certificate"), (damaged, "certificate 1")] {
        let path = dir.path().join("ca.pem");
        std::fs::write(&path, text).unwrap();
        for (line, _) in commands("https://127.0.0.1:1") {
            let (code, said) = run(&line, Some(&path));
            assert_eq!(code, Some(64), "{line:?}: {said}");
            assert!(said.contains("--ca") && said.contains(word), "{said}");
        }
    }
}
