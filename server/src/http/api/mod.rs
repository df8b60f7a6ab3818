//! `/api`: what an observer may know of topics, subscribers and the hub; one file a noun.

pub(crate) mod openapi;
pub(crate) mod stats;
pub(crate) mod subscribers;
pub(crate) mod tickets;
pub(crate) mod topics;

use axum::response::{IntoResponse, Response};
use hub::limits::MAX_PAGE;
use serde::Serialize;

use super::error::HttpError;
use super::poll;
use super::query::Query;
use crate::limits::PAGE_DEFAULT;

/// An answer that is true for this moment only.
fn json(body: &impl Serialize) -> Result<Response, HttpError> {
    let body = serde_json::to_vec(body).map_err(|error| {
        HttpError::Internal(format!("an answer that is no JSON: {error}").into())
    })?;
    Ok((poll::HEADERS, body).into_response())
}

/// How many a page may have: 1 to 1,000, 100 unless it is said.
fn limit(query: &Query) -> Result<usize, HttpError> {
    let limit = query.number("limit", 1..=MAX_PAGE as u64)?;
    Ok(limit.map_or(PAGE_DEFAULT, |limit| limit as usize))
}
