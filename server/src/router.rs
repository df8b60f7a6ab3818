//! Every path and every layer.

use axum::Router;
use axum::http::Uri;
use axum::middleware::from_fn_with_state;
use axum::routing::{get, post};

use crate::http::cors::{self, Cors};
use crate::http::error::HttpError;
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
        .with_state(state)
        // The pages: .merge(pages::router(state.clone())), and pages::missing in `missing`.
        .fallback(missing)
        .method_not_allowed_fallback(error::other_method);
    // Around the router as a whole, as the header `Allow` is added outside a route's own layers.
    Router::new()
        .fallback_service(routes)
        .layer(from_fn_with_state(cors, cors::layer))
}

/// The answer where no route matches.
async fn missing(uri: Uri) -> HttpError {
    error::not_found(uri.path())
}
