//! Every path and every layer.

use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::routing::get;

use crate::http::cors::{self, Cors};
use crate::http::{error, health, time};
use crate::state::AppState;

/// The whole of what the server answers.
pub(crate) fn router(state: AppState) -> Router {
    let cors = Cors::new(&state.config);
    let mut routes = Router::new().route("/healthz", get(health::alive));
    if state.config.demo {
        routes = routes.route("/sse/time", get(time::stream));
    }
    routes
        .fallback(error::not_found)
        .method_not_allowed_fallback(error::other_method)
        .with_state(state)
        // The pages: .merge(pages::router(state))
        .layer(from_fn_with_state(cors, cors::layer))
}
