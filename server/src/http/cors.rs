//! Which pages of other origins may do what.
//!
//! The client script and the demo's streams are for everyone, without credentials. For all the rest an origin has to be
//! listed, exactly; then it may use credentials everywhere. Whoever wants to change something and is of
//! an origin that is neither listed nor the server's own is refused before a handler sees it: a
//! browser would send a form's POST without asking first.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

use axum::extract::Request;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, Uri, header};

use super::client;
use super::error::HttpError;
use super::query::quoted;
use super::subscribe;
use crate::config::{Config, Origin};
use crate::connection::Scheme;
use crate::limits::REFUSED_ORIGINS;

/// The policy, and the origins that it has refused.
#[derive(Debug)]
pub(crate) struct Cors {
    listed: Vec<Origin>,
    demo: bool,
    refused: Mutex<HashSet<String>>,
}

impl Cors {
    pub(crate) fn new(config: &Config) -> Self {
        Self {
            listed: config.cors_origins.clone(),
            demo: config.demo,
            refused: Mutex::default(),
        }
    }

    /// Lets a request in, whatever its route.
    ///
    /// # Errors
    /// 403 for what would change something, and is of a page that may not.
    pub(crate) fn admit(&self, request: &Request) -> Result<Admitted, HttpError> {
        let preflight = asked_for(request);
        let method = preflight.as_ref().unwrap_or(request.method());
        let access = self.access(request, method);
        if let Access::Refused(origin) = &access {
            self.log_refusal(origin);
            if !is_read(request.method()) && request.method() != Method::OPTIONS {
                return Err(refusal(origin));
            }
        }
        if !is_read(request.method()) && is_of_another_site(request.headers()) {
            return Err(another_site("ask from a page of this server"));
        }
        Ok(Admitted {
            access,
            is_preflight: preflight.is_some(),
        })
    }

    /// Adds to an answer what the page may do with it.
    pub(crate) fn allow(&self, admitted: &Admitted, headers: &mut HeaderMap) {
        allow(&admitted.access, admitted.is_preflight, headers);
        if !self.listed.is_empty() {
            headers.append(header::VARY, HeaderValue::from_static("origin"));
        }
    }

    /// What a request may do; `method` is the one that a preflight asks for.
    fn access(&self, request: &Request, method: &Method) -> Access {
        let scheme = Scheme::of(request.extensions());
        let access = origin(&self.listed, scheme, request.headers());
        let uri = request.uri();
        let is_open = is_read(method) && (uri.path() == client::PATH || self.demo && is_demo(uri));
        // A listed page may ask with credentials, which browsers do not accept for `*`.
        match access {
            Access::Listed(_) => access,
            _ if is_open => Access::Anyone,
            _ => access,
        }
    }

    /// Says once for each origin what would let it in.
    fn log_refusal(&self, origin: &str) {
        let mut refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
        if refused.len() >= REFUSED_ORIGINS || !refused.insert(origin.to_owned()) {
            return;
        }
        drop(refused);
        tracing::warn!(
            "refused a page of the origin {}; {}",
            quoted(origin),
            remedy(origin)
        );
    }
}

/// Refuses a page of another origin that would publish by a GET, which browsers send without
/// `Origin` for an image or a link; `Sec-Fetch-Site` tells those too. It is `none` for who types
/// the address, and absent where no browser asks.
///
/// # Errors
/// 403 where the page is neither the server's own nor of a listed origin.
pub(crate) fn check_announcement(
    config: &Config,
    scheme: Scheme,
    headers: &HeaderMap,
) -> Result<(), HttpError> {
    if let Access::Refused(origin) = origin(&config.cors_origins, scheme, headers) {
        return Err(refusal(&origin));
    }
    if is_of_another_site(headers) {
        return Err(another_site(
            "subscribe with `/events?topic=chat`, which announces nobody",
        ));
    }
    Ok(())
}

/// Whether a browser says that a page of another origin asks, and not which.
fn is_of_another_site(headers: &HeaderMap) -> bool {
    let site = headers.get(SITE).map(HeaderValue::as_bytes);
    matches!(site, Some(b"cross-site" | b"same-site")) && !headers.contains_key(header::ORIGIN)
}

fn origin(listed: &[Origin], scheme: Scheme, headers: &HeaderMap) -> Access {
    let mut origins = headers.get_all(header::ORIGIN).iter();
    match (origins.next(), origins.next()) {
        (None, _) => Access::NoPage,
        (Some(origin), None) if is_own(origin, scheme, headers) => Access::NoPage,
        (Some(origin), None) if listed.iter().any(|known| origin == known.as_str()) => {
            Access::Listed(origin.clone())
        }
        (Some(origin), _) => {
            Access::Refused(String::from_utf8_lossy(origin.as_bytes()).into_owned())
        }
    }
}

/// What a request may do because of where its page is from.
enum Access {
    /// No page of another origin is concerned.
    NoPage,
    /// Everyone may read this.
    Anyone,
    /// A listed origin.
    Listed(HeaderValue),
    /// Any other.
    Refused(String),
}

/// A request that was let in.
pub(crate) struct Admitted {
    access: Access,
    /// Whether it is the question before a request.
    is_preflight: bool,
}

/// Adds what the access stands for to an answer; `preflight`: to the question before a request.
fn allow(access: &Access, preflight: bool, headers: &mut HeaderMap) {
    let methods = match access {
        Access::NoPage | Access::Refused(_) => return,
        Access::Anyone => {
            headers.insert(
                header::ACCESS_CONTROL_ALLOW_ORIGIN,
                HeaderValue::from_static("*"),
            );
            Some(HeaderValue::from_static("GET, HEAD"))
        }
        Access::Listed(origin) => {
            headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
            let yes = HeaderValue::from_static("true");
            headers.insert(header::ACCESS_CONTROL_ALLOW_CREDENTIALS, yes);
            headers.get(header::ALLOW).cloned()
        }
    };
    if !preflight {
        headers.insert(
            header::ACCESS_CONTROL_EXPOSE_HEADERS,
            HeaderValue::from_static(EXPOSED_HEADERS),
        );
    } else if let Some(methods) = methods {
        headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, methods);
        let allowed = HeaderValue::from_static(ALLOWED_HEADERS);
        headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, allowed);
        // Ten minutes: as long as Chromium keeps it by default at most two hours; an origin that
        // is taken off the list is not to be let in for much longer.
        headers.insert(
            header::ACCESS_CONTROL_MAX_AGE,
            HeaderValue::from_static("600"),
        );
    }
}

/// The request headers that a page may set. Browsers send `Last-Event-ID` and `Cache-Control` on
/// a reconnect by themselves.
const ALLOWED_HEADERS: &str =
    "Last-Event-ID, Cache-Control, Content-Type, Idempotency-Key, Authorization";

/// The headers of an answer that a page may read, beside those that every page may: where a stream is, when to
/// ask again, what to show.
const EXPOSED_HEADERS: &str = "Tickertape-Last-Event-ID, Retry-After, WWW-Authenticate";

/// The method that a preflight asks for; none where the request is no preflight.
fn asked_for(request: &Request) -> Option<Method> {
    if request.method() != Method::OPTIONS {
        return None;
    }
    let asked = request
        .headers()
        .get(header::ACCESS_CONTROL_REQUEST_METHOD)?;
    Method::from_bytes(asked.as_bytes()).ok()
}

fn is_read(method: &Method) -> bool {
    method == Method::GET || method == Method::HEAD
}

/// The tutorials' two streams, and those with faults.
fn is_demo(uri: &Uri) -> bool {
    match uri.path() {
        "/sse/time" => true,
        "/events" => !subscribe::names_topics(uri),
        path => path.starts_with("/faults/"),
    }
}

/// How the page that asks is related to what it asks, as the browser sees it; no page can set it.
const SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Whether an origin is the server's own: the one that the request is addressed to, or the one that
/// the browser says it is.
///
/// Behind a proxy that speaks TLS, or names another `Host`, the server does not know how it was asked
/// for. The browser does, and says so in `Sec-Fetch-Site`, which no page can set (Fetch, 2.2.2). A
/// page whose name was rebound to this server is of one origin with it, too: that is what the
/// check of `Host` is for, which comes before this one (`http/host.rs`). `null` is nobody's own.
fn is_own(origin: &HeaderValue, scheme: Scheme, headers: &HeaderMap) -> bool {
    let Some(page) = origin.to_str().ok().and_then(|page| page.split_once("://")) else {
        return false;
    };
    let mut said = headers.get_all(SITE).iter();
    if let (Some(site), None) = (said.next(), said.next())
        && site == "same-origin"
    {
        return true;
    }
    let host = headers
        .get(header::HOST)
        .and_then(|host| host.to_str().ok());
    let bare = |authority: &str| {
        let port = authority.rsplit_once(':');
        let bare = port.filter(|(_, port)| *port == scheme.port());
        bare.map_or(authority, |(bare, _)| bare).to_owned()
    };
    host.is_some_and(|host| {
        page.0 == scheme.as_str() && bare(host).eq_ignore_ascii_case(&bare(page.1))
    })
}

/// Where a browser does not say which origin it is; `instead`: what would be right on this route.
fn another_site(instead: &str) -> HttpError {
    let detail = format!(
        "`Sec-Fetch-Site` says that a page of another origin asks, which may not change anything \
         here; {instead}, or start the server with `--cors-origin` and the page's origin, and use \
         an EventSource or fetch"
    );
    HttpError::OriginRefused(detail.into())
}

fn refusal(origin: &str) -> HttpError {
    let (quoted, remedy) = (quoted(origin), remedy(origin));
    let detail = format!("`Origin` is {quoted}, which is not this server's own; {remedy}");
    HttpError::OriginRefused(detail.into())
}

fn remedy(origin: &str) -> String {
    match origin.parse::<Origin>() {
        Ok(origin) => format!("start the server with `--cors-origin {origin}` to let it in"),
        Err(_) => "such an origin cannot be let in; `--cors-origin` takes one with scheme and \
                   host, such as https://app.example"
            .to_owned(),
    }
}
