//! What is sent to a stream's server: by which method, with which headers and body.

use std::fs::File;
use std::io::Read;

use clap::Args;
use ureq::http::{HeaderName, HeaderValue, Method, header};

use super::follow::Call;
use crate::client::failure::Failure;
use crate::client::status::USAGE;
use crate::client::trust::Trust;

/// No coding of a body: nothing packed.
pub(super) const IDENTITY: &str = "identity";
/// Headers that say what a body is (Fetch, "request-body-header name").
const OF_BODY: [HeaderName; 4] = [
    header::CONTENT_ENCODING,
    header::CONTENT_LANGUAGE,
    header::CONTENT_LOCATION,
    header::CONTENT_TYPE,
];

/// The longest body that is sent, in bytes (1 MiB): a question for a stream is a page of text at most.
const LONGEST_BODY: u64 = 1 << 20;
/// Headers that are not anybody's to give, and what is right in their place.
const NOT_OWN: [(HeaderName, &str); 3] = [
    (
        HeaderName::from_static("last-event-id"),
        "give the id with --last-event-id, so that it is known what to compare with",
    ),
    (
        header::CONTENT_LENGTH,
        "it follows from --body; leave it out",
    ),
    (
        header::TRANSFER_ENCODING,
        "it follows from --body; leave it out",
    ),
];

/// How a stream is asked for that no `EventSource` can ask for.
#[derive(Args, Clone, Debug, Default)]
pub(super) struct Asked {
    /// Asks by this method, such as POST; with --body it is POST unless you say otherwise
    #[arg(long, value_name = "METHOD", value_parser = method, conflicts_with_all = ["check", "reconnect"])]
    pub(super) method: Option<Method>,
    /// Sends a header too, such as 'Accept: application/json, text/event-stream'; as often as you like. Other
    /// programs see it: a token belongs into --token-file, or a whole header into a file, given as @FILE
    #[arg(long = "header", value_name = "HEADER", value_parser = own_header)]
    pub(super) headers: Vec<Header>,
    /// Sends this text, or with @FILE what is in a file; JSON is said to be JSON unless a --header says otherwise
    #[arg(long, value_name = "BODY", value_parser = body, conflicts_with_all = ["check", "reconnect"])]
    pub(super) body: Option<Sent>,
}

/// A header's name and value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Header(HeaderName, HeaderValue);

/// The bytes of a body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Sent(Vec<u8>);

impl Header {
    /// Whether it says something of the body.
    pub(super) fn is_of_body(&self) -> bool {
        OF_BODY.contains(&self.0)
    }
}

impl Asked {
    /// By which method it is asked for.
    pub(super) fn method(&self) -> Method {
        let implied = match self.body {
            Some(_) => Method::POST,
            None => Method::GET,
        };
        self.method.clone().unwrap_or(implied)
    }

    /// Refuses what cannot be sent.
    pub(super) fn check(&self) -> Result<(), Failure> {
        let is_bodiless = [Method::GET, Method::HEAD].contains(&self.method());
        if is_bodiless && self.body.is_some() {
            let detail = format!(
                "--body cannot be sent by {}; give --method POST, or leave --method out",
                self.method()
            );
            return Err(Failure::new(USAGE, detail));
        }
        Ok(())
    }

    /// What is sent to an address, with an id to come back with where there is one.
    pub(super) fn call(&self, url: &str, last_event_id: &str, trust: &Trust) -> Call {
        let mut headers = self.headers.clone();
        let body = self.body.as_ref().map(|Sent(body)| body.clone());
        let is_json = body
            .as_ref()
            .is_some_and(|body| matches!(body.trim_ascii_start().first(), Some(b'{' | b'[')));
        if is_json && !self.says("content-type") {
            let json = HeaderValue::from_static("application/json");
            headers.push(Header(header::CONTENT_TYPE, json));
        }
        Call {
            url: url.to_owned(),
            trust: trust.clone(),
            method: self.method(),
            headers,
            last_event_id: last_event_id.to_owned(),
            encoding: IDENTITY,
            origin: None,
            body,
            is_away: false,
        }
    }

    fn says(&self, name: &str) -> bool {
        self.headers.iter().any(|Header(own, _)| own == name)
    }
}

/// What an `EventSource` sends, with these headers beside or in place of its own.
pub(super) fn headers<'a>(
    own: &'a [Header],
    last_event_id: &'a str,
) -> impl Iterator<Item = (HeaderName, HeaderValue)> + 'a {
    let usual = [
        ("accept", "text/event-stream"),
        ("cache-control", "no-cache"),
        ("last-event-id", last_event_id),
    ];
    let usual = usual.into_iter().filter(|(_, value)| !value.is_empty());
    let usual = usual.filter_map(|(name, value)| {
        let is_said = own.iter().any(|Header(own, _)| own == name);
        let value = HeaderValue::from_bytes(value.as_bytes()).ok()?;
        (!is_said).then_some((HeaderName::from_static(name), value))
    });
    let own = own
        .iter()
        .map(|Header(name, value)| (name.clone(), value.clone()));
    usual.chain(own)
}

fn method(text: &str) -> Result<Method, String> {
    let method = Method::from_bytes(text.to_ascii_uppercase().as_bytes());
    let known = [
        Method::GET,
        Method::POST,
        Method::PUT,
        Method::PATCH,
        Method::DELETE,
    ];
    method
        .ok()
        .filter(|method| known.contains(method))
        .ok_or_else(|| "is not one of GET, POST, PUT, PATCH, DELETE; give one of them".to_owned())
}

fn own_header(text: &str) -> Result<Header, String> {
    let read = read(text)?;
    let text = String::from_utf8_lossy(&read);
    let wrong =
        || "is no header: give its name, a colon and its value, or @FILE with that".to_owned();
    let (name, value) = text.trim().split_once(':').ok_or_else(wrong)?;
    let name = HeaderName::from_bytes(name.trim().as_bytes()).map_err(|_| wrong())?;
    if let Some((_, instead)) = NOT_OWN.iter().find(|(known, _)| *known == name) {
        return Err(format!("cannot send {name}: {instead}"));
    }
    let value = HeaderValue::from_bytes(value.trim().as_bytes()).map_err(|_| wrong())?;
    Ok(Header(name, value))
}

fn body(text: &str) -> Result<Sent, String> {
    read(text).map(Sent)
}

/// The text itself, or what is in the file that it names.
fn read(text: &str) -> Result<Vec<u8>, String> {
    let Some(path) = text.strip_prefix('@') else {
        return Ok(text.as_bytes().to_vec());
    };
    let mut bytes = Vec::new();
    File::open(path)
        .and_then(|file| file.take(LONGEST_BODY + 1).read_to_end(&mut bytes))
        .map_err(|error| format!("names a file that cannot be read: {error}; give one that can"))?;
    if bytes.len() as u64 > LONGEST_BODY {
        return Err("names a file of over 1 MiB; give a shorter one".to_owned());
    }
    Ok(bytes)
}
