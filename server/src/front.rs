//! What every request passes on its way to a route, and its answer on the way back: in one place, in order.
//!
//! These are no layers of the router: each of those boxes its future and clones all that is inside of it, which
//! for a publish was most of what the server did (docs/benchmarks.md).

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::http::{Method, header};
use axum::response::{IntoResponse, Response};
use http_body::Body as _;
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
    pub(crate) async fn answer(self, request: Request) -> Response {
        match self {
            Self::Hub(gates) => gates.answer(request).await,
            Self::Plain(routes) => ask(&routes, request).await,
        }
    }
}

impl Gates {
    /// Who asks, then the count around the rest, then whom it is for, then from which page.
    async fn answer(&self, mut request: Request) -> Response {
        self.proxies.tell(&mut request);
        let (watch, is_head) = (Watch::begin(&request), request.method() == Method::HEAD);
        let answered = match host::check(&self.state, &request).await {
            Ok(()) => self.admit(request).await,
            Err(error) => body::refuse(request, error).into_response().into(),
        };
        let response = watch.end(&self.state.metrics, answered);
        match is_head {
            true => without_body(response),
            false => response,
        }
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

/// The answer to a HEAD. Over HTTP/1.1 hyper sees to it, over HTTP/2 it sends what is there, and the router
/// empties what it answers itself.
fn without_body(mut response: Response) -> Response {
    let length = response.body().size_hint().exact();
    if let Some(length) = length.filter(|length| *length > 0) {
        let length_said = response.headers_mut().entry(header::CONTENT_LENGTH);
        length_said.or_insert(length.into());
    }
    *response.body_mut() = Body::empty();
    response
}

/// A router is always ready, and never fails.
async fn ask(routes: &Router, request: Request) -> Response {
    routes.clone().call(request).await.into_response()
}

#[cfg(test)]
mod tests {
    use axum::body::to_bytes;
    use axum::http::HeaderMap;

    use super::*;
    use crate::router;

    /// The status, the headers, and the members of the answer.
    async fn read(response: Response) -> (u16, HeaderMap, Vec<String>) {
        let (status, mut headers) = (response.status().as_u16(), response.headers().clone());
        // The router says what hyper says otherwise.
        headers.remove(header::CONTENT_LENGTH);
        let body = to_bytes(response.into_body(), 10_000).await.unwrap();
        let value: serde_json::Value = serde_json::from_slice(&body).unwrap();
        let mut members: Vec<_> = match value {
            serde_json::Value::Object(members) => members.into_iter().collect(),
            other => vec![("array".to_owned(), other)],
        };
        // Each event has an id of its own.
        members.retain(|(name, _)| name != "id" && name != "array");
        let members = members
            .into_iter()
            .map(|(name, value)| format!("{name}: {value}"));
        (status, headers, members.collect())
    }

    #[tokio::test]
    async fn a_publish_past_the_router_is_answered_as_by_it() {
        let (_stop, state) = AppState::empty();
        let mut routes = router::router(state.clone());
        let front = Front::new(state, routes.clone());
        for (method, uri, headers, body) in [
            ("POST", "/events/a", &[][..], "x"),
            ("PUT", "/events?topic=a/b&event=error", &[], "x"),
            ("POST", "/events/a", &[("idempotency-key", "")], "x"),
            (
                "POST",
                "/events",
                &[("content-type", "application/json")],
                r#"{"topic":"a","data":"x"}"#,
            ),
            (
                "POST",
                "/events",
                &[("content-type", "application/json")],
                r#"[{"topic":"a","data":"x"}]"#,
            ),
            ("POST", "/events", &[("content-type", "image/png")], "x"),
            ("POST", "/events/a*", &[], "x"),
            ("POST", "/events/a?topic=b", &[], "x"),
            ("POST", "/events/", &[], "x"),
            ("POST", "/events/a", &[("content-encoding", "gzip")], "x"),
            ("POST", "/events/a", &[], "\0"),
        ] {
            let mut request = Request::builder()
                .method(method)
                .uri(uri)
                .header("host", "localhost");
            for (name, value) in headers {
                request = request.header(*name, *value);
            }
            let (parts, ()) = request.body(()).unwrap().into_parts();
            let request = || Request::from_parts(parts.clone(), Body::from(body));
            let by_router = read(routes.call(request()).await.into_response()).await;
            let past_it = read(front.clone().answer(request()).await).await;
            let (status, _, _) = past_it;
            assert_eq!(past_it, by_router, "{method} {uri}");
            assert!(status == 200 || status >= 400, "{method} {uri}: {status}");
        }
    }

    #[tokio::test]
    async fn a_head_that_no_route_answers_has_no_body() {
        let (_stop, state) = AppState::empty();
        let front = Front::new(state.clone(), router::router(state));
        let request = Request::builder().method("HEAD").uri("/events/a");
        let request = request.header("host", "evil.example").body(Body::empty());
        let response = front.answer(request.unwrap()).await;
        assert_eq!(response.status(), 421);
        let length = response.headers()[header::CONTENT_LENGTH].to_str().unwrap();
        assert!(length.parse::<u64>().unwrap() > 0);
        let body = to_bytes(response.into_body(), 10_000).await.unwrap();
        assert!(body.is_empty());
    }
}
