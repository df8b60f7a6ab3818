//! Who asks.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::extract::{FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{Extensions, Version, header};

use super::forwarded;
use super::host;
use crate::config::Network;
use crate::connection::{Scheme, Whence};

/// Where a request comes from; an extension of each.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Remote {
    /// The client's address: the other end of the connection, or what a trusted proxy says. Its port is 0 where that
    /// does not say it. None where it is not known.
    pub(crate) addr: Option<SocketAddr>,
    /// Whether it is a program on this machine: the connection comes from here, and nothing says that a proxy
    /// made it. It may do no more than others, but is not counted.
    pub(crate) is_local: bool,
}

impl Remote {
    /// That of a request.
    pub(crate) fn of(extensions: &Extensions) -> Self {
        extensions.get().copied().unwrap_or_default()
    }
}

impl<S: Sync> FromRequestParts<S> for Remote {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self::of(&parts.extensions))
    }
}

/// The proxies whose word is taken.
#[derive(Debug, Default)]
pub(crate) struct Proxies {
    trusted: Vec<Network>,
    /// Whether it was said that there seems to be another.
    told: AtomicBool,
}

impl Proxies {
    pub(crate) fn new(trusted: Vec<Network>) -> Self {
        Self {
            trusted,
            told: AtomicBool::new(false),
        }
    }

    /// Finds out who asks, and tells it with the request.
    pub(crate) fn tell(&self, request: &mut Request) {
        let remote = self.remote(request);
        let scheme = self.scheme(request);
        let extensions = request.extensions_mut();
        if let (Some(scheme), Some(whence)) = (scheme, extensions.get_mut::<Whence>()) {
            whence.scheme = scheme;
        }
        extensions.insert(remote);
    }

    fn trust(&self, peer: SocketAddr) -> bool {
        self.trusted
            .iter()
            .any(|network| network.contains(peer.ip()))
    }

    /// By which scheme a trusted proxy was asked, where it says so.
    fn scheme(&self, request: &Request) -> Option<Scheme> {
        let peer = peer(request)?;
        let said = || forwarded::scheme(request.headers());
        self.trust(peer).then(said)?
    }

    fn remote(&self, request: &Request) -> Remote {
        let Some(peer) = peer(request) else {
            return Remote::default();
        };
        let headers = request.headers();
        if self.trust(peer) {
            return Remote {
                addr: Some(forwarded::client(headers, peer, &self.trusted)),
                is_local: false,
            };
        }
        let is_by_proxy = forwarded::mentions_a_proxy(headers);
        if is_by_proxy {
            self.log(peer);
        }
        Remote {
            addr: Some(peer),
            is_local: peer.ip().to_canonical().is_loopback()
                && !is_by_proxy
                && is_as_programs_ask(request),
        }
    }

    /// Says once that a proxy may be there whose word is not taken.
    fn log(&self, peer: SocketAddr) {
        if !self.told.swap(true, Ordering::Relaxed) {
            tracing::info!(
                "a request from {} has passed a proxy, or says so; its clients are counted as one, by that address, \
                 unless the proxy is named with --trusted-proxy",
                peer.ip()
            );
        }
    }
}

/// The other end of the connection.
fn peer(request: &Request) -> Option<SocketAddr> {
    request.extensions().get::<Whence>()?.peer
}

/// Whether a request from this machine is as a program on it asks, and not as a proxy on it does that adds no header:
/// such a one passes on the name that its client asked for, or says what only nginx does, that an HTTP/1.0 connection
/// closes.
fn is_as_programs_ask(request: &Request) -> bool {
    let headers = request.headers();
    let host = headers.get(header::HOST);
    let host = host.and_then(|host| host::bare(host.to_str().ok()?.trim()));
    let says_the_obvious = request.version() == Version::HTTP_10
        && headers
            .get(header::CONNECTION)
            .is_some_and(|value| value == "close");
    host.is_none_or(host::is_loopback) && !says_the_obvious
}
