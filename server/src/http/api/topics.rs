//! `GET /api/topics`: what is kept, by topic.

use axum::extract::State;
use axum::http::Uri;
use axum::response::Response;
use hub::{Epoch, EventId, Seq, TopicEntry, TopicQuery, rfc3339};
use serde::Serialize;
use utoipa::ToSchema;

use super::super::error::HttpError;
use super::super::query::{Query, quoted};
use super::{json, limit};
use crate::state::AppState;

/// The parameters.
pub(crate) const PARAMETERS: [&str; 4] = ["prefix", "after", "limit", "topic"];

/// `GET /api/topics?prefix=&after=&limit=`: the topics of which something is kept, in the order of
/// their bytes; `GET /api/topics?topic=T`: one of them.
///
/// # Errors
/// 400 for a parameter that is unknown or malformed, 404 where nothing is kept of the one that is
/// named, 503 where the log cannot be read.
pub(crate) async fn list(State(state): State<AppState>, uri: Uri) -> Result<Response, HttpError> {
    let query = Query::of(&uri, &PARAMETERS)?;
    let page = match query.one("topic")? {
        Some(topic) => one(&state, &query, topic).await?,
        None => page(&state, &query).await?,
    };
    json(&page)
}

async fn page(state: &AppState, query: &Query) -> Result<Topics, HttpError> {
    let asked = TopicQuery {
        prefix: query.one("prefix")?.unwrap_or_default().to_owned(),
        after: query.one("after")?.map(str::to_owned),
        limit: limit(query)?,
    };
    let listing = state.hub.topics(asked).await?;
    let epoch = state.hub.epoch();
    let topics = listing.entries.iter().map(|entry| Topic::of(entry, epoch));
    Ok(Topics {
        topics: topics.collect(),
        next: listing.next.map(|topic| topic.to_string()),
    })
}

async fn one(state: &AppState, query: &Query, text: &str) -> Result<Topics, HttpError> {
    for name in ["prefix", "after", "limit"] {
        if query.one(name)?.is_some() {
            return Err(HttpError::bad_request(format!(
                "`{name}` is for a list, and `topic` names one; give one of them"
            )));
        }
    }
    let topic = hub::Topic::parse(text).map_err(|error| {
        HttpError::bad_request(format!("`topic` is {}, which {error}", quoted(text)))
    })?;
    let Some(entry) = state.hub.topic(&topic).await? else {
        return Err(HttpError::NotFound(
            format!("nothing is kept of the topic {}", quoted(text)).into(),
        ));
    };
    Ok(Topics {
        topics: vec![Topic::of(&entry, state.hub.epoch())],
        next: None,
    })
}

/// A page of topics.
#[derive(Serialize, ToSchema)]
pub(crate) struct Topics {
    /// In the order of their bytes.
    topics: Vec<Topic>,
    /// What to give as `after` for the next page; null at the end. A page may have fewer topics
    /// than its limit, and more after it.
    #[schema(required)]
    next: Option<String>,
}

/// A topic of which something is kept.
#[derive(Serialize, ToSchema)]
pub(crate) struct Topic {
    topic: String,
    /// How many of its events are kept.
    #[schema(minimum = 1)]
    events: u64,
    /// What they cost to keep, in bytes, as retention counts them: each its data, its topic and
    /// 192 for the rest.
    bytes: u64,
    /// Events a second, as an average that fades over a minute.
    #[schema(minimum = 0)]
    rate: f64,
    /// How many subscribe to it, by name or by a pattern.
    subscribers: u64,
    /// The id of the oldest event that is kept.
    first_id: String,
    /// The id of the newest.
    last_id: String,
    /// When the newest was accepted.
    #[schema(format = DateTime)]
    last_time: String,
}

impl Topic {
    fn of(TopicEntry { info, subscribers }: &TopicEntry, epoch: &Epoch) -> Self {
        let id = |seq: Seq| {
            let epoch = epoch.clone();
            EventId { epoch, seq }.to_string()
        };
        Self {
            topic: info.topic.to_string(),
            events: info.events,
            bytes: info.bytes,
            // More digits than that say nothing.
            rate: (info.rate * 1e3).round() / 1e3,
            subscribers: *subscribers,
            first_id: id(info.first),
            last_id: id(info.last),
            last_time: rfc3339(info.last_time),
        }
    }
}
