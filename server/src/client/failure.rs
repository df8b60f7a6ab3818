//! Why a command could not be done.

use std::borrow::Cow;
use std::{fmt, io};

use inspection::masked;

use super::address::without_secret;
use super::certificate;
use super::escape::Escaped;
use super::status::{INPUT_OUTPUT, UNAVAILABLE};

/// What was wrong, where, and what would be right; and the exit status that says so.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) status: u8,
    pub(crate) is_closed_output: bool,
    message: String,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Escaped(&self.message).fmt(f)
    }
}

impl Failure {
    /// One with an exit status and its words.
    pub(crate) fn new(status: u8, message: impl Into<String>) -> Self {
        Self {
            status,
            is_closed_output: false,
            message: message.into(),
        }
    }

    /// The server gave no answer.
    pub(crate) fn unreachable(url: &str, error: &ureq::Error) -> Self {
        let (reason, advice) = (reason(error), advice(error));
        let url = masked(&without_secret(url));
        Self::new(
            UNAVAILABLE,
            format!("cannot reach {url}: {reason}; {advice}"),
        )
    }

    /// Standard input cannot be read.
    pub(crate) fn input(error: &io::Error) -> Self {
        Self::new(
            INPUT_OUTPUT,
            format!("cannot read standard input: {error}; give a file or a pipe"),
        )
    }

    /// Standard output cannot be written, or is closed, which is no error.
    pub(crate) fn output(error: io::Error) -> Self {
        Self {
            status: INPUT_OUTPUT,
            is_closed_output: error.kind() == io::ErrorKind::BrokenPipe,
            message: format!("cannot write to standard output: {error}; give it room or a reader"),
        }
    }
}

/// Whether the name of the host is known to be none; a resolver that cannot be asked just now does
/// not say so.
pub(crate) fn is_no_host(error: &ureq::Error) -> bool {
    match error {
        ureq::Error::HostNotFound => true,
        ureq::Error::Io(error) => {
            // Such an error has no kind of its own.
            let words = error.to_string();
            words.starts_with(LOOKUP_FAILED) && !words.contains("emporary")
        }
        _ => false,
    }
}

/// How the standard library begins what it says of a name that cannot be looked up.
pub(crate) const LOOKUP_FAILED: &str = "failed to lookup";

/// Why a server cannot be reached.
pub(crate) fn reason(error: &ureq::Error) -> Cow<'static, str> {
    match (certificate::refused(error), error) {
        (Some(why), _) => certificate::reason(why),
        // What is no error of the client's own has its own words.
        (None, ureq::Error::Other(error)) => error.to_string().into(),
        (None, error) => error.to_string().into(),
    }
}

/// What would be right where a server cannot be reached.
pub(crate) fn advice(error: &ureq::Error) -> &'static str {
    if let Some(why) = certificate::refused(error) {
        return certificate::advice(why);
    }
    match error {
        ureq::Error::BadUri(_) | ureq::Error::Http(_) => {
            "give an address such as http://127.0.0.1:8080/events?topic=ticker"
        }
        _ if is_no_host(error) => "check the name of the host",
        ureq::Error::Io(error) if error.kind() == io::ErrorKind::ConnectionRefused => {
            "check that the server runs and that this is its port"
        }
        ureq::Error::Timeout(_) => "check that the host is up and that no firewall is in between",
        ureq::Error::Tls(_) | ureq::Error::Rustls(_) => {
            "check that the server speaks https on this port"
        }
        ureq::Error::Io(error) if error.kind() == io::ErrorKind::InvalidData => {
            "check that the server speaks https on this port"
        }
        ureq::Error::Protocol(_) => "check that the server speaks http, not https, on this port",
        ureq::Error::TooManyRedirects | ureq::Error::Other(_) => {
            "give the address at the end of its redirects"
        }
        _ => "check the address and the server",
    }
}
