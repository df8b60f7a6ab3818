//! `curl` as a client that trusts anybody's certificate.

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdin, Command, Stdio};

use super::proxy::Guard;

/// The version of HTTP between client and proxy; that between proxy and server is the proxy's choice.
pub(super) const VERSIONS: [&str; 2] = ["--http1.1", "--http2"];

/// One request, and what has come of its answer; it is broken off when dropped.
pub(super) struct Curl {
    child: Child,
    out: BufReader<Guard>,
}

impl Curl {
    /// Asks; the body, where there is one, comes from standard input.
    pub(super) fn start(args: &[&str]) -> Self {
        let mut child = Command::new("curl")
            .args(["-sSkNi", "--noproxy", "*"])
            .args(args)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let out = BufReader::new(Guard::over(child.stdout.take().unwrap()));
        Self { child, out }
    }

    /// All of an answer: its status, its headers in lower case, its body.
    pub(super) fn ask(args: &[&str]) -> Answer {
        let mut curl = Self::start(args);
        drop(curl.input());
        curl.answer()
    }

    /// The status of an answer; 000 where none came.
    pub(super) fn status(args: &[&str]) -> String {
        let output = Command::new("curl")
            .args(["-sk", "--noproxy", "*", "--max-time", "60"])
            .args(["-o", "/dev/null", "-w", "%{http_code}"])
            .args(args)
            .output()
            .unwrap();
        String::from_utf8(output.stdout).unwrap()
    }

    /// What the body is written to; it ends with it.
    pub(super) fn input(&mut self) -> ChildStdin {
        self.child.stdin.take().expect("taken once")
    }

    /// Reads up to the end.
    pub(super) fn answer(&mut self) -> Answer {
        let head = self.head();
        let mut body = String::new();
        self.out.read_to_string(&mut body).unwrap();
        Answer::of(head, body)
    }

    /// The head, in lower case; not that of a `100 Continue`.
    pub(super) fn head(&mut self) -> String {
        let mut head = String::new();
        loop {
            let line = self.line();
            if !line.is_empty() {
                head.extend([line.to_ascii_lowercase().as_str(), "\n"]);
            } else if head.split(' ').nth(1) == Some("100") {
                head.clear();
            } else {
                return head;
            }
        }
    }

    /// The next line, without its end.
    pub(super) fn line(&mut self) -> String {
        let mut line = String::new();
        let read = self.out.read_line(&mut line).unwrap();
        assert!(read > 0, "the answer ends");
        line.trim_end_matches(['\r', '\n']).to_owned()
    }

    /// Reads until a line has come that is this one.
    pub(super) fn until(&mut self, line: &str) {
        while self.line() != line {}
    }
}

impl Drop for Curl {
    fn drop(&mut self) {
        // One that has ended already needs neither.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// An answer that is whole.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) head: String,
    pub(super) body: String,
}

impl Answer {
    fn of(head: String, body: String) -> Self {
        let status = head.split([' ', '\n']).nth(1).expect(&head);
        Self {
            status: status.parse().expect(&head),
            head,
            body,
        }
    }
}

/// Writes a line, and holds nothing back.
pub(super) fn write(input: &mut ChildStdin, line: &str) {
    input.write_all(format!("{line}\n").as_bytes()).unwrap();
    input.flush().unwrap();
}
