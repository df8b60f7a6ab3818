//! Why an inspection could not be done.

use std::{fmt, io};

use super::escape::Escaped;

/// Exit statuses of sysexits.h.
const UNAVAILABLE: u8 = 69;
const INPUT_OUTPUT: u8 = 74;

/// What was wrong, where, and what would be right; and the exit status that says so.
#[derive(Debug)]
pub(super) struct Failure {
    pub(super) status: u8,
    pub(super) is_closed_output: bool,
    message: String,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Escaped(&self.message).fmt(f)
    }
}

impl Failure {
    /// The server gave no answer.
    pub(super) fn unreachable(url: &str, error: &ureq::Error) -> Self {
        let advice = advice(error);
        Self {
            status: UNAVAILABLE,
            is_closed_output: false,
            message: format!("cannot read {url}: {error}; {advice}"),
        }
    }

    /// Standard input cannot be read.
    pub(super) fn input(error: &io::Error) -> Self {
        Self {
            status: INPUT_OUTPUT,
            is_closed_output: false,
            message: format!("cannot read standard input: {error}; give a file or a pipe"),
        }
    }

    /// Standard output cannot be written, or is closed, which is no error.
    pub(super) fn output(error: io::Error) -> Self {
        Self {
            status: INPUT_OUTPUT,
            is_closed_output: error.kind() == io::ErrorKind::BrokenPipe,
            message: format!("cannot write to standard output: {error}; give it room or a reader"),
        }
    }
}

fn advice(error: &ureq::Error) -> &'static str {
    match error {
        ureq::Error::BadUri(_) | ureq::Error::Http(_) => {
            "give an address such as http://127.0.0.1:8080/events?topic=ticker"
        }
        ureq::Error::HostNotFound => "check the name of the host",
        ureq::Error::Io(error) if error.kind() == io::ErrorKind::ConnectionRefused => {
            "check that the server runs and that this is its port"
        }
        ureq::Error::Timeout(_) => "check that the host is up and that no firewall is in between",
        ureq::Error::Tls(_) | ureq::Error::Rustls(_) => {
            "check the server's certificate, or that it speaks https on this port"
        }
        ureq::Error::Protocol(_) => "check that the server speaks http, not https, on this port",
        ureq::Error::TooManyRedirects => "give the address at the end of its redirects",
        _ => "check the address and the server",
    }
}
