//! The cookies of a request.

use axum::http::{HeaderMap, header};

/// Names and values, in their order; a header that is no text says nothing.
pub(crate) fn pairs(headers: &HeaderMap) -> impl Iterator<Item = (&str, &str)> {
    let lists = headers.get_all(header::COOKIE).iter();
    let pairs = lists
        .filter_map(|list| list.to_str().ok())
        .flat_map(|list| list.split(';'));
    pairs.filter_map(|pair| pair.trim().split_once('='))
}
