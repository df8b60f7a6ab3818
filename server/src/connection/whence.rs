//! Where a request comes from, and by which way.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::uri::Authority;
use axum::http::{Extensions, HeaderValue, Response, Version, header};
use hyper::Request;
use hyper::body::Incoming;
use hyper::service::{Service, service_fn};
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpStream;

use super::handover::Handover;

/// At which of its addresses the server got a request; an extension of each.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LocalAddr(pub(crate) SocketAddr);

/// From which address the server got a request; an extension of each.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PeerAddr(pub(crate) SocketAddr);

/// Whether the server itself got a request by TLS; an extension of each.
///
/// Behind a proxy it is how the proxy asked, unless it is trusted and says how its client did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Scheme {
    #[default]
    Http,
    Https,
}

impl Scheme {
    /// That of a request.
    pub(crate) fn of(extensions: &Extensions) -> Self {
        extensions.get().copied().unwrap_or_default()
    }

    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
        }
    }

    /// The port that is left out of an address of this scheme.
    pub(crate) fn port(self) -> &'static str {
        match self {
            Self::Http => "80",
            Self::Https => "443",
        }
    }
}

impl<S: Sync> FromRequestParts<S> for Scheme {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self::of(&parts.extensions))
    }
}

/// That a connection is beyond those that may stay; an extension of each of its requests.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Spare;

/// What is known of a connection, and told with each of its requests.
#[derive(Clone, Copy)]
pub(super) struct Whence {
    local: Option<LocalAddr>,
    peer: Option<PeerAddr>,
    scheme: Scheme,
    pub(super) is_spare: bool,
}

impl Whence {
    pub(super) fn of(stream: &TcpStream, scheme: Scheme, is_spare: bool) -> Self {
        Self {
            local: stream.local_addr().ok().map(LocalAddr),
            peer: stream.peer_addr().ok().map(PeerAddr),
            scheme,
            is_spare,
        }
    }

    /// The router, which is told all of this; `hsts` goes into each of its responses. A stream that is handed
    /// over has no response.
    pub(super) fn service(
        self,
        router: Router,
        hsts: Option<HeaderValue>,
        handover: Option<Arc<Handover>>,
    ) -> impl Service<
        Request<Incoming>,
        Response = Response<Body>,
        Error = Infallible,
        Future = impl Future<Output = Result<Response<Body>, Infallible>> + Send + 'static,
    > {
        let router = TowerToHyperService::new(router);
        service_fn(move |mut request: Request<Incoming>| {
            self.tell(&mut request);
            let handover = handover.clone().filter(|_| Handover::is_for(&request));
            let (response, hsts) = (router.call(request), hsts.clone());
            async move {
                let mut response = response.await?;
                if let Some(hsts) = hsts {
                    let headers = response.headers_mut();
                    headers.insert(header::STRICT_TRANSPORT_SECURITY, hsts);
                }
                if handover.is_some_and(|handover| handover.take(&response)) {
                    // Whoever polls the connection finds it, and drops this.
                    std::future::pending::<()>().await;
                }
                Ok(response)
            }
        })
    }

    fn tell(self, request: &mut Request<Incoming>) {
        let extensions = request.extensions_mut();
        extensions.insert(self.scheme);
        if let Some(local) = self.local {
            extensions.insert(local);
        }
        if let Some(peer) = self.peer {
            extensions.insert(peer);
        }
        if self.is_spare {
            extensions.insert(Spare);
        }
        if request.version() == Version::HTTP_2 {
            name_host(request);
        }
    }
}

/// HTTP/2 says in `:authority` what `Host` says in HTTP/1.1; what looks for the one finds it.
fn name_host<B>(request: &mut Request<B>) {
    let authority = request.uri().authority().map(Authority::as_str);
    let Some(Ok(host)) = authority.map(HeaderValue::from_str) else {
        return;
    };
    // Where both are there, both have to be right: see `http/host.rs`.
    request.headers_mut().entry(header::HOST).or_insert(host);
}
