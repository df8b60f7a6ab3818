//! `GET /metrics`: what the server counts, as Prometheus reads it.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{Uri, header};
use axum::response::{IntoResponse, Response};

use super::error::HttpError;
use super::query::Query;
use crate::auth::Observer;
use crate::metrics::{CONTENT_TYPE, Metrics};
use crate::state::AppState;

/// Where it is.
pub(crate) const PATH: &str = "/metrics";

/// `GET /metrics` at the main address.
///
/// # Errors
/// 401 and 403 for who may not observe; 404 where the metrics have an address of their own; 400 for any
/// parameter.
pub(crate) async fn show(
    State(state): State<AppState>,
    _: Observer,
    uri: Uri,
) -> Result<Response, HttpError> {
    if state.metrics_elsewhere {
        return Err(HttpError::NotFound(
            "the metrics have an address of their own, which `--metrics-addr` names; ask there"
                .into(),
        ));
    }
    answer(Arc::clone(&state.metrics), &uri).await
}

/// `GET /metrics` at an address of its own.
///
/// # Errors
/// 400 for any parameter.
pub(crate) async fn show_apart(
    State(state): State<AppState>,
    uri: Uri,
) -> Result<Response, HttpError> {
    answer(Arc::clone(&state.metrics), &uri).await
}

async fn answer(metrics: Arc<Metrics>, uri: &Uri) -> Result<Response, HttpError> {
    Query::of(uri, &[])?;
    // The system is asked, whose disk may take its time.
    let text = tokio::task::spawn_blocking(move || metrics.text()).await;
    let failed = |error: String| HttpError::Internal(error.into());
    let text = text
        .map_err(|error| failed(error.to_string()))?
        .map_err(|error| failed(error.to_string()))?;
    let headers = [
        (header::CONTENT_TYPE, CONTENT_TYPE),
        (header::CACHE_CONTROL, "no-store"),
    ];
    Ok((headers, text).into_response())
}
