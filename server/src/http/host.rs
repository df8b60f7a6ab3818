//! The header `Host`: a request has to name this server.
//!
//! A web page can have its own name resolve to this machine (DNS rebinding), and its requests are
//! then of one origin with what they ask for. They still carry that name in `Host`. An address
//! cannot be rebound, and a name is right where it was given to the server.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use axum::extract::{Request, State};
use axum::http::{Version, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::error::HttpError;
use super::query::quoted;
use crate::config::Config;
use crate::connection::Whence;
use crate::state::AppState;

/// The paths of the health checks: balancers ask for them by address, or by no name at all.
const HEALTH: [&str; 2] = ["/healthz", "/readyz"];

/// A name of a server, without its port: `hub.example`. Capitals make no difference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostName(String);

impl HostName {
    /// Whether a host in a request is this one.
    fn is(&self, host: &str) -> bool {
        self.0.eq_ignore_ascii_case(host)
    }
}

impl fmt::Display for HostName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for HostName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match bare(text) {
            Some(host) if host == text && host != "*" => Ok(Self(text.to_owned())),
            _ => Err(
                "is not a name alone; give it without scheme and port, as in hub.example or \
                 192.0.2.7 or [2001:db8::7]"
                    .to_owned(),
            ),
        }
    }
}

/// The layer of routes that have no [`Front`](crate::front::Front): see [`check`].
pub(crate) async fn layer(State(state): State<AppState>, request: Request, next: Next) -> Response {
    match check(&state, &request).await {
        Ok(()) => next.run(request).await,
        Err(error) => super::body::refuse(request, error).into_response(),
    }
}

/// Refuses what is not addressed to this server.
///
/// # Errors
/// 400 where there is no `Host` (in HTTP/2: no `:authority` either), but not in HTTP/1.0, or there are
/// two, or one that is none (RFC 9112 3.2);
/// 421 where it names another server (RFC 9110 15.5.20), but not for the health check, nor for who shows a good
/// token: a page that has rebound its name has none, and whoever has one may ask from anywhere. Any text in its place
/// is none: scripts can send that.
pub(crate) fn check(
    state: &AppState,
    request: &Request,
) -> impl Future<Output = Result<(), HttpError>> + Send {
    let checked = is_right(&state.config, request);
    // A body that is still to come cannot be shared by threads, as what waits for this may be; headers can.
    let headers = checked.is_err().then(|| request.headers().clone());
    async move {
        match (checked, headers) {
            (Err(HttpError::Misdirected(why)), Some(headers)) => {
                match state.guard.knows_bearer(&headers).await {
                    true => Ok(()),
                    false => Err(HttpError::Misdirected(why)),
                }
            }
            (checked, _) => checked,
        }
    }
}

fn is_right(config: &Config, request: &Request) -> Result<(), HttpError> {
    let header = header(request)?;
    if HEALTH.contains(&request.uri().path()) {
        return Ok(());
    }
    // Where the target has an authority it counts (RFC 9112 3.2.2), and yet both have to be right.
    let target = request.uri().authority().map(|target| target.as_str());
    let whence = request.extensions().get::<Whence>();
    let bound = whence
        .and_then(|whence| whence.local)
        .map(|local| local.ip());
    let is_ours = |name: &str| bare(name).is_some_and(|host| is_ours(config, bound, host));
    // Without any name it is HTTP/1.0, which no page of a browser speaks.
    match [header, target]
        .into_iter()
        .flatten()
        .find(|name| !is_ours(name))
    {
        Some(other) => Err(misdirected(other)),
        None => Ok(()),
    }
}

/// The one header `Host`, as which `:authority` is there too (`connection/whence.rs`); HTTP/1.0 may do
/// without.
fn header(request: &Request) -> Result<Option<&str>, HttpError> {
    let mut values = request.headers().get_all(header::HOST).iter();
    let (first, second) = (values.next(), values.next());
    let value = match (first, second) {
        (Some(value), None) => value,
        (None, _) if request.version() >= Version::HTTP_11 => {
            return Err(HttpError::bad_request(
                "`Host` is missing; HTTP/1.1 requires it, give the server's name",
            ));
        }
        (None, _) => return Ok(None),
        (Some(_), Some(_)) => {
            return Err(HttpError::bad_request(
                "`Host` is there twice; give it once",
            ));
        }
    };
    match value.to_str().ok().map(str::trim) {
        Some(text) if text.is_empty() || bare(text).is_some() => Ok(Some(text)),
        _ => Err(malformed(&String::from_utf8_lossy(value.as_bytes()))),
    }
}

/// The host of an authority, without its port; none where it is no authority, or has a user.
pub(crate) fn bare(authority: &str) -> Option<&str> {
    let (host, port) = match authority.strip_prefix('[') {
        Some(rest) => authority.split_at(rest.find(']')? + 2),
        None => authority.split_at(authority.find(':').unwrap_or(authority.len())),
    };
    let digits = match port.strip_prefix(':') {
        Some(digits) => digits,
        None if port.is_empty() => "",
        None => return None,
    };
    // The reg-name of RFC 3986 3.2.2 without its percent-encoding, which no browser sends.
    let allowed = |b: u8| b.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=".contains(&b);
    let is_host = match host.strip_prefix('[') {
        Some(inner) => inner
            .bytes()
            .all(|b| b.is_ascii_hexdigit() || b".:]".contains(&b)),
        None => host.bytes().all(allowed),
    };
    let is_port = digits.bytes().all(|b| b.is_ascii_digit());
    (is_host && is_port && !host.is_empty()).then_some(host)
}

fn is_ours(config: &Config, bound: Option<IpAddr>, host: &str) -> bool {
    let name = host.strip_suffix('.').unwrap_or(host);
    if config.hosts.iter().any(|known| known.is(name)) {
        return true;
    }
    is_loopback(host)
        || address(host)
            .is_some_and(|address| bound.is_some_and(|bound| bound.to_canonical() == address))
}

/// Whether a host, as [`bare`] gives it, is this machine for whoever asks: `localhost`, or an address of loopback.
pub(super) fn is_loopback(host: &str) -> bool {
    host.strip_suffix('.')
        .unwrap_or(host)
        .eq_ignore_ascii_case("localhost")
        || address(host).is_some_and(|address| address.is_loopback())
}

/// The address that a host is, where it is one.
fn address(host: &str) -> Option<IpAddr> {
    let bare = host
        .strip_prefix('[')
        .and_then(|host| host.strip_suffix(']'));
    let address = bare.unwrap_or(host).parse::<IpAddr>().ok()?;
    Some(address.to_canonical())
}

fn malformed(authority: &str) -> HttpError {
    HttpError::bad_request(format!(
        "`Host` is {}; give a name or an address, and perhaps a port",
        quoted(authority)
    ))
}

fn misdirected(name: &str) -> HttpError {
    let detail = format!(
        "`Host` is {}, which is no name of this server; ask for it as localhost or by its address, \
         or start it with `--host NAME` for the name it is to have",
        quoted(name)
    );
    HttpError::Misdirected(detail.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_taken_from_its_authority() {
        for (authority, host) in [
            ("a", Some("a")),
            ("a:80", Some("a")),
            ("a:", Some("a")),
            ("[::1]:80", Some("[::1]")),
            ("[::1]", Some("[::1]")),
            ("", None),
            (":80", None),
            ("u@a", None),
            ("a b", None),
            ("a:b", None),
            ("a:80:80", None),
            ("[::1", None),
            ("[::1]80x", None),
            ("a/b", None),
        ] {
            assert_eq!(bare(authority), host, "{authority}");
        }
    }

    #[test]
    fn the_servers_own_addresses_and_names_are_its_names() {
        let config = Config {
            hosts: vec!["hub.example".parse().unwrap()],
            ..Config::default()
        };
        let bound = Some("192.0.2.7".parse().unwrap());
        for ours in [
            "localhost",
            "LOCALHOST.",
            "127.0.0.1",
            "127.9.9.9",
            "[::1]",
            "[::ffff:127.0.0.1]",
            "192.0.2.7",
            "Hub.Example",
        ] {
            assert!(is_ours(&config, bound, ours), "{ours}");
        }
        for other in [
            "evil.example",
            "localhost.evil.example",
            "hub.example.evil.example",
            "192.0.2.8",
            "0.0.0.0",
            "[::]",
            "2130706433",
        ] {
            assert!(!is_ours(&config, bound, other), "{other}");
        }
    }

    #[test]
    fn a_name_to_answer_to_is_a_name_alone() {
        for good in ["hub.example", "192.0.2.7", "[2001:db8::7]"] {
            assert_eq!(good.parse::<HostName>().unwrap().to_string(), good);
        }
        for bad in ["", "*", "https://a", "a:80", "a/", "a b"] {
            assert!(bad.parse::<HostName>().is_err(), "{bad}");
        }
    }
}
