//! Every path and every layer.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{Method, header};
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, get, post};

use crate::http::api::{stats, subscribers, topics};
use crate::http::cors::{self, Cors};
use crate::http::{chat, client, error, health, host, lines, publish, subscribe, time};
use crate::pages;
use crate::state::AppState;

/// The whole of what the server answers.
pub(crate) fn router(state: AppState) -> Router {
    let (config, cors) = (Arc::clone(&state.config), Cors::new(&state.config));
    let mut routes = Router::new().route(client::PATH, get(client::script));
    for (path, methods) in api(state.config.demo) {
        routes = routes.route(path, methods);
    }
    let routes = routes
        .fallback(missing)
        .with_state(state.clone())
        .merge(pages::router(state))
        .method_not_allowed_fallback(error::other_method);
    // Around the router as a whole, as the header `Allow` is added outside a route's own layers.
    Router::new()
        .fallback_service(routes)
        .layer(from_fn_with_state(cors, cors::layer))
        .layer(from_fn_with_state(config, host::layer))
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
        ("/api/stats", get(stats::show)),
        ("/healthz", get(health::alive)),
        ("/readyz", get(health::ready)),
    ];
    if demo {
        routes.extend([
            ("/sse/time", get(time::stream)),
            ("/sse/connect", get(chat::connect).head(chat::head)),
            ("/post", post(chat::post)),
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
