//! Where the bytes come from.

use std::fmt;
use std::io::Read;
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::mpsc::sync_channel;
use std::thread;
use std::time::{Duration, Instant};

use inspection::{Finding, Head, Sight, masked};
use ureq::http::{HeaderMap, HeaderValue, StatusCode};

use super::follow::Call;
use crate::client;
use crate::client::failure::Failure;

/// How much is quoted of the body of an error.
const QUOTED: u64 = 300;
/// How long that is waited for.
const QUOTE_TIME: Duration = Duration::from_secs(2);

/// What to inspect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// Standard input.
    Stdin,
    /// A file, with a capture or the bytes of a stream.
    File(PathBuf),
    /// A stream's address.
    Url(String),
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stdin => f.write_str("standard input"),
            Self::File(path) => path.display().fmt(f),
            Self::Url(url) => f.write_str(&masked(url)),
        }
    }
}

impl FromStr for Target {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "-" {
            return Ok(Self::Stdin);
        }
        let reason = match client::address::address(text) {
            Ok(url) => return Ok(Self::Url(url)),
            Err(reason) => reason,
        };
        let path = PathBuf::from(text);
        if path.is_dir() {
            return Err(
                "is a directory; give a file with a capture or the bytes of a stream".into(),
            );
        }
        match path.try_exists() {
            Ok(true) => Ok(Self::File(path)),
            _ => Err(format!(
                "{reason}; or a file, of which there is none with this name; or - for standard input"
            )),
        }
    }
}

/// A stream before its first byte.
pub(super) struct Source {
    /// The response's head; none where none came.
    pub(super) head: Option<Head>,
    /// What there is to say of the way to it.
    pub(super) findings: Vec<Finding>,
    /// The stream's bytes; none where a browser would not read them.
    pub(super) body: Option<Box<dyn Read + Send>>,
    /// The body where it is not read as a stream.
    pub(super) unread: Option<Unread>,
}

/// Asks for a stream. Without an answer until then, that is what there is to say.
pub(super) fn open(call: Call, until: Option<Instant>) -> Result<Source, Failure> {
    let url = call.url.clone();
    in_time(call, until).map_err(|error| Failure::unreachable(&url, &error))
}

/// Asks in a thread of its own, which ends with the answer or the program.
fn in_time(call: Call, until: Option<Instant>) -> Result<Source, ureq::Error> {
    let Some(until) = until else {
        return request(call);
    };
    let (sender, answer) = sync_channel(1);
    thread::spawn(move || {
        // Whoever waited has given up.
        let _ = sender.send(request(call));
    });
    let time = until.saturating_duration_since(Instant::now());
    answer.recv_timeout(time).unwrap_or_else(|_| {
        Ok(Source {
            head: None,
            findings: vec![Finding::no_answer(time)],
            body: None,
            unread: None,
        })
    })
}

fn request(call: Call) -> Result<Source, ureq::Error> {
    let answer = call.answer()?;
    let findings: Vec<Finding> = redirected(&answer.path)
        .map(|detail| Finding::new("redirect", detail))
        .into_iter()
        .collect();
    let response = answer.response;
    let head = Head {
        method: answer.method.to_string(),
        ..head(response.status(), response.headers())
    };
    let because = head.stopped_by();
    let head = Some(head);
    let body = Box::new(response.into_body().into_reader());
    Ok(match because {
        None => Source {
            head,
            findings,
            body: Some(body),
            unread: None,
        },
        Some(because) => Source {
            head,
            findings,
            body: None,
            unread: Some(Unread { because, body }),
        },
    })
}

/// A head as it is judged; bytes that are no text are replaced.
pub(super) fn head(status: StatusCode, headers: &HeaderMap) -> Head {
    let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    let headers = headers.iter();
    Head {
        status: status.as_u16(),
        headers: headers
            .map(|(name, value)| (name.as_str().to_owned(), text(value)))
            .collect(),
        sight: Sight::Whole,
        ..Head::default()
    }
}

/// A body that is no stream, but may say why.
pub(super) struct Unread {
    /// The code of the finding that stopped the reading.
    because: &'static str,
    body: Box<dyn Read + Send>,
}

impl Unread {
    /// How the body begins, as far as it comes within two seconds.
    pub(super) fn quoted(self) -> Option<Finding> {
        let bytes = client::body::beginning(self.body, QUOTED, QUOTE_TIME);
        // The last character may be cut.
        let text = String::from_utf8_lossy(&bytes);
        let text = text.trim_end_matches(char::REPLACEMENT_CHARACTER);
        let because = self.because;
        (!text.is_empty()).then(|| {
            let detail = format!("the body, not read because of {because}; it begins {text:?}");
            Finding::new("body", detail)
        })
    }
}

/// The way to the answer in words, without secrets, where there was more than one address.
pub(super) fn redirected(path: &[String]) -> Option<String> {
    if path.len() < 2 {
        return None;
    }
    let path: Vec<String> = path.iter().map(|url| masked(url)).collect();
    let path = path.join(" to ");
    Some(format!(
        "redirected from {path}; each reconnect goes the whole way again"
    ))
}
