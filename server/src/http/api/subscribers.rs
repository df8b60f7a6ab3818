//! `GET /api/subscribers`: who follows what, and how far each has got.

use std::net::SocketAddr;

use axum::extract::State;
use axum::http::Uri;
use axum::response::Response;
use hub::{SubscriberEntry, rfc3339};
use serde::Serialize;
use utoipa::ToSchema;

use super::super::error::HttpError;
use super::super::query::{Query, quoted};
use super::{json, limit};
use crate::auth::Observer;
use crate::state::AppState;

/// The most digits of `after`.
pub(crate) const AFTER_DIGITS: usize = 19;

/// The parameters.
pub(crate) const PARAMETERS: [&str; 2] = ["after", "limit"];

/// `GET /api/subscribers?after=&limit=`: the subscribers, in the order in which they came.
///
/// # Errors
/// 400 for a parameter that is unknown or malformed.
pub(crate) async fn list(
    State(state): State<AppState>,
    _: Observer,
    uri: Uri,
) -> Result<Response, HttpError> {
    let query = Query::of(&uri, &PARAMETERS)?;
    let listing = state.hub.subscribers(after(&query)?, limit(&query)?);
    json(&Subscribers {
        subscribers: listing.entries.iter().map(Subscriber::of).collect(),
        next: listing.next.map(|number| number.to_string()),
    })
}

fn after(query: &Query) -> Result<u64, HttpError> {
    let Some(text) = query.one("after")? else {
        return Ok(0);
    };
    // So many fit, whichever they are.
    let digits =
        (1..=AFTER_DIGITS).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
    text.parse().ok().filter(|_| digits).ok_or_else(|| {
        HttpError::bad_request(format!(
            "`after` is {}; give the `next` of the page before, or leave it out",
            quoted(text)
        ))
    })
}

/// A page of subscribers.
#[derive(Serialize, ToSchema)]
pub(crate) struct Subscribers {
    /// In the order in which they came.
    subscribers: Vec<Subscriber>,
    /// What to give as `after` for the next page; null at the end.
    #[schema(required)]
    next: Option<String>,
}

/// A subscriber.
#[derive(Serialize, ToSchema)]
pub(crate) struct Subscriber {
    /// Its own for as long as it is there; opaque.
    id: String,
    /// What it asked for.
    #[schema(min_items = 1, max_items = 100)]
    selectors: Vec<String>,
    /// As what it gets its events: `event-stream`, `envelope`, `ndjson`, `poll`.
    format: &'static str,
    /// Its address and port: of the other end of its connection, or as a trusted proxy says, without the port where that
    /// does not say it; null where it is not known.
    #[schema(required)]
    remote: Option<String>,
    /// When it came.
    #[schema(format = DateTime)]
    since: String,
    /// Up to where it was handed all that matches.
    cursor: String,
    /// How many places of the log lie between its cursor and the newest that it has yet to look
    /// at; 0 where it waits for what comes.
    behind: u64,
}

/// An address, with its port where that is known.
fn shown(addr: SocketAddr) -> String {
    match addr.port() {
        0 => addr.ip().to_string(),
        _ => addr.to_string(),
    }
}

impl Subscriber {
    fn of(entry: &SubscriberEntry) -> Self {
        let selectors = entry.filter.selectors().iter();
        Self {
            id: entry.number.to_string(),
            selectors: selectors.map(ToString::to_string).collect(),
            format: entry.client.format,
            remote: entry.client.remote.map(shown),
            since: rfc3339(entry.since),
            cursor: entry.cursor.to_string(),
            behind: entry.behind,
        }
    }
}
