//! A refusal, as clients read it: `application/problem+json` (RFC 9457).

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

/// A refusal, as RFC 9457 has it.
#[derive(Serialize, ToSchema)]
pub(crate) struct Problem {
    /// `about:blank`: the status is all there is to the type.
    r#type: &'static str,
    title: &'static str,
    #[schema(minimum = 400, maximum = 599)]
    status: u16,
    /// What was wrong, and what would be accepted.
    detail: String,
    /// Of a refused upload: which line was refused; the first is 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, minimum = 1)]
    pub(super) line: Option<u64>,
    /// Of a refused upload: how many events were stored before it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(super) stored: Option<u64>,
    /// Of a refused upload: the id of the last of them; null where there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, required = false)]
    pub(super) last: Option<Option<String>>,
}

impl Problem {
    pub(super) fn of(status: StatusCode, detail: String) -> Self {
        Self {
            r#type: "about:blank",
            title: status.canonical_reason().unwrap_or("Error"),
            status: status.as_u16(),
            detail,
            line: None,
            stored: None,
            last: None,
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or_default();
        let headers = [
            (header::CONTENT_TYPE, "application/problem+json"),
            (header::CACHE_CONTROL, "no-store"),
        ];
        let body = serde_json::to_string(&self).unwrap_or_default();
        (status, headers, body).into_response()
    }
}
