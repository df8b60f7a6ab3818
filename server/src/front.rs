//! What every request passes on its way to a route, and its answer on the way back: in one place, in order.
//!
//! These are no layers of the router: each of those boxes its future and clones all that is inside of it, which
//! for a publish was most of what the server did (docs/benchmarks.md).

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use hyper::body::Incoming;
use tower_service::Service;

use crate::http::cors::Cors;
use crate::http::peer::Proxies;
use crate::http::watch::{Answered, Watch};
use crate::http::{body, host, publish};
use crate::state::AppState;

/// What answers the requests of an address.
#[derive(Clone)]
pub(crate) enum Front {
    /// The hub's: with all that is asked of a request first.
    Hub(Arc<Gates>),
    /// Routes alone.
    Plain(Router),
}

/// What stands before the routes of the hub.
pub(crate) struct Gates {
    state: AppState,
    proxies: Proxies,
    cors: Cors,
    routes: Router,
}

impl Front {
    /// That of the hub, before these routes.
    pub(crate) fn new(state: AppState, routes: Router) -> Self {
        Self::Hub(Arc::new(Gates {
            proxies: Proxies::new(state.config.trusted_proxies.clone()),
            cors: Cors::new(&state.config),
            state,
            routes,
        }))
    }

    /// The answer to a request.
    pub(crate) async fn answer(&self, request: hyper::Request<Incoming>) -> Response {
        let request = request.map(Body::new);
        match self {
            Self::Hub(gates) => gates.answer(request).await,
            Self::Plain(routes) => ask(routes, request).await,
        }
    }
}

impl Gates {
    /// Who asks, then the count around the rest, then whom it is for, then from which page.
    async fn answer(&self, mut request: Request) -> Response {
        self.proxies.tell(&mut request);
        let watch = Watch::begin(&request);
        let answered = match host::check(&self.state, &request).await {
            Ok(()) => self.admit(request).await,
            Err(error) => body::refuse(request, error).into_response().into(),
        };
        watch.end(&self.state.metrics, answered)
    }

    async fn admit(&self, request: Request) -> Answered {
        let access = match self.cors.admit(&request) {
            Ok(access) => access,
            Err(error) => return error.into_response().into(),
        };
        let mut answered = self.route(request).await;
        self.cors.allow(&access, answered.response.headers_mut());
        answered
    }

    /// A publish is not looked for among the routes, where it is too: they would cost it as much as the rest.
    async fn route(&self, request: Request) -> Answered {
        match publish::route(&request) {
            Some(route) => {
                let answer = |request| Box::pin(publish::answer(&self.state, request));
                Answered::directly(route, request, answer).await
            }
            None => ask(&self.routes, request).await.into(),
        }
    }
}

/// A router is always ready, and never fails.
async fn ask(routes: &Router, request: Request) -> Response {
    routes.clone().call(request).await.into_response()
}
