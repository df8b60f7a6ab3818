//! Whether the process lives.

use axum::http::header;
use axum::response::IntoResponse;

/// `GET /healthz`: 200 as long as requests are answered at all.
pub(crate) async fn alive() -> impl IntoResponse {
    ([(header::CACHE_CONTROL, "no-store")], "ok\n")
}
