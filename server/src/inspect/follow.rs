//! Redirects, followed as a browser follows them (Fetch 4.4, "HTTP-redirect fetch"): what is shown to a stream's own
//! server is not shown to another.

use inspection::masked;
use thiserror::Error;
use ureq::http::{self, Method, Response, StatusCode, header};
use ureq::{Agent, Body};
use url::Url;

use super::request::{self, Header};
use crate::client::{self, MAX_REDIRECTS, trust::Trust};

/// A request, wherever it leads.
#[derive(Clone, Debug)]
pub(super) struct Call {
    pub(super) url: String,
    pub(super) trust: Trust,
    pub(super) method: Method,
    /// Sent beside or in place of what a browser sends.
    pub(super) headers: Vec<Header>,
    pub(super) last_event_id: String,
    /// What can be unpacked.
    pub(super) encoding: &'static str,
    /// The origin of the page that asks, where it is one.
    pub(super) origin: Option<String>,
    pub(super) body: Option<Vec<u8>>,
    /// Whether another origin is asked than at first.
    pub(super) is_away: bool,
}

/// The answer at the end of the redirects.
pub(super) struct Answer {
    pub(super) response: Response<Body>,
    /// By which method it was asked for.
    pub(super) method: Method,
    /// The addresses that were asked, the last one answered.
    pub(super) path: Vec<String>,
    /// Whether a proxy of the environment is in between.
    pub(super) by_proxy: bool,
}

/// A redirect that is not followed.
#[derive(Debug, Error)]
enum Unfollowed {
    #[error("redirected by {} to {there}, where a body is not sent", .status.as_u16())]
    Body { status: StatusCode, there: String },
    #[error("redirected by {} to {there:?}, which is no address of a server", .status.as_u16())]
    Address { status: StatusCode, there: String },
}

impl From<Unfollowed> for ureq::Error {
    fn from(why: Unfollowed) -> Self {
        Self::Other(Box::new(why))
    }
}

impl Call {
    /// Asks, and goes where the answers lead.
    pub(super) fn answer(mut self) -> Result<Answer, ureq::Error> {
        let mut path = vec![self.url.clone()];
        loop {
            let agent = self.agent();
            let response = self.send(&agent)?;
            if !self.is_led_on(&response)? {
                return Ok(Answer {
                    response,
                    method: self.method,
                    path,
                    by_proxy: agent.config().proxy().is_some(),
                });
            }
            if path.len() > MAX_REDIRECTS as usize {
                return Err(ureq::Error::TooManyRedirects);
            }
            path.push(self.url.clone());
        }
    }

    fn agent(&self) -> Agent {
        client::agent(&self.url, |config| {
            let config = match self.is_away {
                true => self.trust.set_unshown(config),
                false => self.trust.set(config),
            };
            config.accept_encoding(self.encoding).max_redirects(0)
        })
    }

    fn send(&self, agent: &Agent) -> Result<Response<Body>, ureq::Error> {
        let mut request = http::Request::builder().method(&self.method).uri(&self.url);
        for (name, value) in request::headers(&self.headers, &self.last_event_id) {
            request = request.header(name, value);
        }
        if let Some(origin) = &self.origin {
            request = request.header(header::ORIGIN, origin);
        }
        match &self.body {
            Some(body) => agent.run(request.body(body.clone())?),
            None => agent.run(request.body(())?),
        }
    }

    /// Makes of itself what an answer asks for next; false where it is the last one.
    fn is_led_on(&mut self, response: &Response<Body>) -> Result<bool, Unfollowed> {
        let status = response.status();
        let is_redirect = matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308);
        let Some(location) = response
            .headers()
            .get(header::LOCATION)
            .filter(|_| is_redirect)
        else {
            return Ok(false);
        };
        let location = String::from_utf8_lossy(location.as_bytes());
        let urls = Url::parse(&self.url).and_then(|here| Ok((here.join(&location)?, here)));
        let Some((there, here)) = urls.ok().filter(|(there, _)| is_http(there)) else {
            let there = masked(&location);
            return Err(Unfollowed::Address { status, there });
        };
        if is_turned(status, &self.method) {
            self.method = Method::GET;
            self.body = None;
            self.headers.retain(|header| !header.is_of_body());
        }
        if there.origin() != here.origin() {
            if self.body.is_some() {
                let there = masked(there.as_str());
                return Err(Unfollowed::Body { status, there });
            }
            self.is_away = true;
            self.headers.clear();
        }
        self.url = there.into();
        Ok(true)
    }
}

fn is_http(url: &Url) -> bool {
    ["http", "https"].contains(&url.scheme()) && url.has_host()
}

/// Whether a redirect makes a GET of what was asked for by this method.
fn is_turned(status: StatusCode, method: &Method) -> bool {
    match status.as_u16() {
        301 | 302 => *method == Method::POST,
        303 => ![Method::GET, Method::HEAD].contains(method),
        _ => false,
    }
}
