//! Every path; what comes before all of them is in `front.rs`.

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{Method, header};
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, get, post};

use crate::http::api::{openapi, stats, subscribers, tickets, topics};
use crate::http::{
    chat, client, error, faults, health, host, lines, metrics, publish, subscribe, time, watch,
};
use crate::pages;
use crate::state::AppState;

/// The whole of what the server answers, behind its [`Front`].
pub(crate) fn router(state: AppState) -> Router {
    let mut routes = Router::new().route(client::PATH, get(client::script));
    for (path, methods) in api(state.config.demo) {
        routes = routes.route(path, methods);
    }
    routes
        .fallback(missing)
        .with_state(state.clone())
        .merge(pages::router(state))
        .method_not_allowed_fallback(error::other_method)
        .layer(from_fn(watch::note_route))
}

/// What is answered at the address of the metrics: those, and the health checks.
pub(crate) fn metrics_router(state: AppState) -> Router {
    let asked = state.clone();
    Router::new()
        .route(metrics::PATH, get(metrics::show_apart))
        .route("/healthz", get(health::alive))
        .route("/readyz", get(health::ready))
        .fallback(async |request: Request| error::not_found(request.uri().path()))
        .method_not_allowed_fallback(error::other_method)
        .layer(from_fn_with_state(asked, host::layer))
        .with_state(state)
}

/// All but the pages and the script for pages of others; every one of these is in the OpenAPI document.
fn api(demo: bool) -> Vec<(&'static str, MethodRouter<AppState>)> {
    let mut routes = vec![
        ("/events", events()),
        // An empty topic too is answered in words.
        ("/events/", events()),
        ("/events/{*topic}", events()),
        ("/lines", lines()),
        ("/lines/", lines()),
        ("/lines/{*topic}", lines()),
        ("/api/topics", get(topics::list)),
        ("/api/subscribers", get(subscribers::list)),
        ("/api/stats", get(stats::show).head(stats::head)),
        ("/api/tickets", post(tickets::issue)),
        ("/api/openapi.json", get(openapi::show)),
        (metrics::PATH, get(metrics::show)),
        ("/healthz", get(health::alive)),
        ("/readyz", get(health::ready)),
    ];
    if demo {
        routes.extend([
            ("/sse/time", get(time::stream)),
            ("/sse/connect", get(chat::connect).head(chat::head)),
            ("/post", post(chat::post)),
            ("/faults/{scenario}", get(faults::stream)),
        ]);
    }
    routes
}

/// What can be done with events; the topic stands in the path or in the query.
fn events() -> MethodRouter<AppState> {
    get(subscribe::stream)
        .head(subscribe::head)
        .post(publish::publish)
        .put(publish::publish)
        .delete(publish::forget)
}

/// Uploads, line by line; the topic stands in the path or in the query.
fn lines() -> MethodRouter<AppState> {
    post(lines::upload).put(lines::upload)
}

/// The answer where no route matches: a page for who asks for one, else a problem.
async fn missing(State(state): State<AppState>, request: Request) -> Response {
    let accepted = request
        .headers()
        .get(header::ACCEPT)
        .and_then(|accept| accept.to_str().ok());
    if request.method() == Method::GET && accepted.is_some_and(|list| list.starts_with("text/html"))
    {
        return pages::missing(&state, request).await;
    }
    error::not_found(request.uri().path()).into_response()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use axum::body::Body;
    use tower::ServiceExt;
    use utoipa::openapi::path::PathItem;

    use super::*;

    /// The methods that an item of the document describes, as `Allow` has them.
    fn described(item: &PathItem) -> BTreeSet<&'static str> {
        let methods = [
            ("GET", &item.get),
            ("HEAD", &item.head),
            ("POST", &item.post),
            ("PUT", &item.put),
            ("DELETE", &item.delete),
            ("PATCH", &item.patch),
        ];
        let there = methods.iter().filter(|(_, operation)| operation.is_some());
        there.map(|(name, _)| *name).collect()
    }

    /// The methods that a route answers.
    async fn answered(methods: MethodRouter<AppState>) -> BTreeSet<String> {
        let request = Request::builder().method("TRACE").body(Body::empty());
        let (_stop, state) = AppState::empty();
        let route = Router::new().route("/", methods).with_state(state);
        let response = route.oneshot(request.unwrap()).await.unwrap();
        let allow = response.headers()[header::ALLOW].to_str().unwrap();
        allow.split(',').map(str::to_owned).collect()
    }

    #[tokio::test]
    async fn the_document_has_every_route_with_its_methods_and_no_other() {
        for demo in [true, false] {
            let document = openapi::document(demo);
            let mut missing: BTreeSet<_> = document.paths.paths.keys().cloned().collect();
            for (path, methods) in api(demo) {
                // An empty topic is refused, and no path of its own.
                let path = path.strip_suffix('/').unwrap_or(path).replace("{*", "{");
                let item = document.paths.paths.get(&path);
                let item = item.unwrap_or_else(|| panic!("{path} is not in the document"));
                let described = described(item).into_iter().map(str::to_owned);
                assert_eq!(answered(methods).await, described.collect(), "{path}");
                missing.remove(&path);
            }
            assert!(missing.is_empty(), "without a route: {missing:?}");
        }
    }
}
