//! Every path and every layer.

use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::routing::{get, post};

use crate::http::cors::{self, Cors};
use crate::http::{chat, error, health, subscribe, time};
use crate::state::AppState;

/// The whole of what the server answers.
pub(crate) fn router(state: AppState) -> Router {
    let cors = Cors::new(&state.config);
    let mut routes = Router::new()
        .route("/events", get(subscribe::stream).head(subscribe::head))
        .route("/healthz", get(health::alive));
    if state.config.demo {
        routes = routes
            .route("/sse/time", get(time::stream))
            .route("/sse/connect", get(chat::connect).head(chat::head))
            .route("/post", post(chat::post));
    }
    let routes = routes
        .fallback(error::not_found)
        .method_not_allowed_fallback(error::other_method)
        .with_state(state);
    // The pages: let routes = routes.merge(pages::router(state));

    // Around the router as a whole, as the header `Allow` is added outside a route's own layers.
    Router::new()
        .fallback_service(routes)
        .layer(from_fn_with_state(cors, cors::layer))
}
