//! Where the bytes come from.

use std::io::{self, Read};
use std::str::FromStr;
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use ureq::http::{HeaderValue, Uri};
use ureq::{Agent, ResponseExt};

use super::failure::Failure;
use super::finding::Finding;
use super::response;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// As browsers do (Fetch 4.4, "HTTP-redirect fetch").
const MAX_REDIRECTS: u32 = 20;
/// How much is quoted of the body of an error.
const QUOTED: u64 = 300;
/// How long that is waited for.
const QUOTE_TIME: Duration = Duration::from_secs(2);

/// What to inspect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// Standard input.
    Stdin,
    /// A stream's address.
    Url(String),
}

impl Target {
    pub(super) fn is_url(&self) -> bool {
        matches!(self, Self::Url(_))
    }
}

impl FromStr for Target {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "-" {
            return Ok(Self::Stdin);
        }
        let parsed = text
            .parse::<Uri>()
            .map_err(|error| format!("not an address: {error}"))?;
        match (parsed.scheme_str(), parsed.host()) {
            (Some("http" | "https"), Some(_)) => Ok(Self::Url(text.to_owned())),
            _ => Err("give an address that begins with http:// or https://, or -".to_owned()),
        }
    }
}

/// Checks an id given for `Last-Event-ID`: what is no header value cannot be sent.
pub(super) fn last_event_id(text: &str) -> Result<String, String> {
    HeaderValue::from_bytes(text.as_bytes())
        .map(|_| text.to_owned())
        .map_err(|_| "has control characters, which no browser sends; leave them out".to_owned())
}

/// A stream before its first byte.
pub(super) struct Source {
    /// What there is to say of the response.
    pub(super) findings: Vec<Finding>,
    /// The stream's bytes; none where a browser would not read them.
    pub(super) body: Option<Box<dyn Read>>,
    /// The body where it is not read as a stream.
    pub(super) unread: Option<Unread>,
}

/// Opens the target; a request is what an `EventSource` sends.
pub(super) fn open(target: &Target, last_event_id: &str) -> Result<Source, Failure> {
    match target {
        Target::Stdin => Ok(Source {
            findings: Vec::new(),
            body: Some(Box::new(io::stdin().lock())),
            unread: None,
        }),
        Target::Url(url) => {
            request(url, last_event_id).map_err(|error| Failure::unreachable(url, &error))
        }
    }
}

fn request(url: &str, last_event_id: &str) -> Result<Source, ureq::Error> {
    let mut request = agent(url)
        .get(url)
        .header("accept", "text/event-stream")
        .header("cache-control", "no-cache");
    if !last_event_id.is_empty() {
        request = request.header("last-event-id", last_event_id.as_bytes());
    }
    let response = request.call()?;
    let mut findings: Vec<Finding> = redirect(&response).into_iter().collect();
    findings.extend(response::findings(response.status(), response.headers()));
    let because = response::stopped_by(response.status(), response.headers());
    let body = Box::new(response.into_body().into_reader());
    Ok(match because {
        None => Source {
            findings,
            body: Some(body),
            unread: None,
        },
        Some(because) => Source {
            findings,
            body: None,
            unread: Some(Unread { because, body }),
        },
    })
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
        let (sender, pieces) = mpsc::channel();
        let mut body = self.body.take(QUOTED);
        // A read cannot be given up on; the thread ends with the body or the program.
        thread::spawn(move || {
            let mut piece = [0; QUOTED as usize];
            while let Ok(length @ 1..) = body.read(&mut piece) {
                if sender.send(piece[..length].to_vec()).is_err() {
                    return;
                }
            }
        });
        let deadline = Instant::now() + QUOTE_TIME;
        let mut bytes = Vec::new();
        while let Ok(piece) = pieces.recv_timeout(deadline.duration_since(Instant::now())) {
            bytes.extend(piece);
        }
        // The last character may be cut.
        let text = String::from_utf8_lossy(&bytes);
        let text = text.trim_end_matches(char::REPLACEMENT_CHARACTER);
        let because = self.because;
        (!text.is_empty()).then(|| {
            let detail = format!("the body, not read because of {because}; it begins {text:?}");
            Finding::note("body", detail)
        })
    }
}

/// An agent that waits for as long as a stream lives, and asks for its bytes as they are.
fn agent(url: &str) -> Agent {
    let mut config = Agent::config_builder()
        .accept_encoding("identity")
        .http_status_as_error(false)
        .max_redirects(MAX_REDIRECTS)
        .save_redirect_history(true)
        .timeout_connect(Some(CONNECT_TIMEOUT))
        .user_agent(concat!("tickertape/", env!("CARGO_PKG_VERSION")));
    if is_local(url) {
        config = config.proxy(None);
    }
    config.build().new_agent()
}

/// A proxy's own loopback is not this machine's.
fn is_local(url: &str) -> bool {
    let uri = url.parse::<Uri>().ok();
    let host = uri.as_ref().and_then(Uri::host).unwrap_or_default();
    host.eq_ignore_ascii_case("localhost")
        || host
            .trim_matches(['[', ']'])
            .parse()
            .is_ok_and(|ip: std::net::IpAddr| ip.is_loopback())
}

fn redirect(response: &impl ResponseExt) -> Option<Finding> {
    let history = response
        .get_redirect_history()
        .filter(|history| history.len() > 1)?;
    let path = history
        .iter()
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(" to ");
    let detail = format!("redirected from {path}; each reconnect goes the whole way again");
    Some(Finding {
        clause: Some("HTML 9.2.3"),
        ..Finding::note("redirect", detail)
    })
}
