//! Where a request comes from, and by which way.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::uri::Authority;
use axum::http::{Extensions, HeaderValue, Response, Version, header};
use hyper::Request;
use hyper::body::Incoming;
use hyper::service::{Service, service_fn};
use tokio::net::TcpStream;

use super::handover::Handover;
use crate::front::Front;

/// Whether the server itself got a request by TLS.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Scheme {
    #[default]
    Http,
    Https,
}

impl Scheme {
    /// That of a request.
    pub(crate) fn of(extensions: &Extensions) -> Self {
        let whence = extensions.get::<Whence>();
        whence.map(|whence| whence.scheme).unwrap_or_default()
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

/// What is known of a connection; one extension of each of its requests, as each more costs a publish.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Whence {
    /// At which of its addresses the server got the request.
    pub(crate) local: Option<SocketAddr>,
    /// From which address the server got it.
    pub(crate) peer: Option<SocketAddr>,
    /// Behind a proxy it is how the proxy asked, unless it is trusted and says how its client did.
    pub(crate) scheme: Scheme,
    /// Whether the connection is beyond those that may stay.
    pub(crate) is_spare: bool,
}

impl Whence {
    pub(super) fn of(stream: &TcpStream, peer: SocketAddr, scheme: Scheme, is_spare: bool) -> Self {
        Self {
            local: stream.local_addr().ok(),
            peer: Some(peer),
            scheme,
            is_spare,
        }
    }

    /// The front, which is told all of this; `hsts` goes into each of its responses. A stream that is handed
    /// over has no response.
    pub(super) fn service(
        self,
        front: Front,
        hsts: Option<HeaderValue>,
        handover: Option<Arc<Handover>>,
    ) -> impl Service<
        Request<Incoming>,
        Response = Response<Body>,
        Error = Infallible,
        Future = impl Future<Output = Result<Response<Body>, Infallible>> + Send + 'static,
    > {
        service_fn(move |mut request: Request<Incoming>| {
            self.tell(&mut request);
            let handover = handover.clone().filter(|_| Handover::is_for(&request));
            let hsts = hsts.clone();
            // hyper keeps the room for one future as long as the connection: it is to be small.
            let answer = Box::pin(front.clone().answer(request.map(Body::new)));
            async move {
                let mut response = answer.await;
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
        request.extensions_mut().insert(self);
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
