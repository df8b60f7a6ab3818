//! `GET /api/topics`: what is kept, by topic.

use axum::extract::State;
use axum::http::Uri;
use axum::response::Response;
use hub::limits::MAX_LEADING;
use hub::{Epoch, EventId, Listing, Order, Seq, TopicEntry, TopicQuery, rfc3339};
use serde::Serialize;
use utoipa::ToSchema;

use super::super::error::HttpError;
use super::super::fields;
use super::super::query::{Query, quoted};
use super::{json, limit};
use crate::auth::Observer;
use crate::state::AppState;

/// The parameters.
pub(crate) const PARAMETERS: [&str; 7] = [
    "prefix", "contains", "after", "limit", "topic", "sort", "recent",
];

/// `GET /api/topics?prefix=&contains=&after=&limit=`: the topics of which something is kept, in the order of
/// their bytes; with `sort=rate` or `sort=last` those that lead; `GET /api/topics?topic=T`: one of
/// them. `recent=1` adds the last minute of each.
///
/// # Errors
/// 400 for a parameter that is unknown or malformed, 404 where nothing is kept of the one that is
/// named, 503 where the log cannot be read.
pub(crate) async fn list(
    State(state): State<AppState>,
    _: Observer,
    uri: Uri,
) -> Result<Response, HttpError> {
    let query = Query::of(&uri, &PARAMETERS)?;
    let listing = match (query.one("topic")?, order(&query)?) {
        (Some(topic), _) => one(&state, &query, topic).await?,
        (None, Some(order)) => leading(&state, &query, order).await?,
        (None, None) => page(&state, &query).await?,
    };
    let recent = if query.switch("recent")? {
        let topics = listing.entries.iter().map(|entry| &entry.info.topic);
        let recent = state.hub.recent(topics);
        recent.into_iter().map(Some).collect()
    } else {
        vec![None; listing.entries.len()]
    };
    let epoch = state.hub.epoch();
    let topics = listing.entries.iter().zip(recent);
    json(&Topics {
        topics: topics
            .map(|(entry, recent)| Topic::of(entry, epoch, recent))
            .collect(),
        next: listing.next.map(|topic| topic.to_string()),
    })
}

type Found = Listing<TopicEntry, hub::Topic>;

async fn page(state: &AppState, query: &Query) -> Result<Found, HttpError> {
    let asked = TopicQuery {
        after: query.one("after")?.map(str::to_owned),
        limit: limit(query)?,
        ..named(query)?
    };
    Ok(state.hub.topics(asked).await?)
}

/// Which names are asked for.
fn named(query: &Query) -> Result<TopicQuery, HttpError> {
    Ok(TopicQuery {
        prefix: query.one("prefix")?.unwrap_or_default().to_owned(),
        contains: query.one("contains")?.unwrap_or_default().to_owned(),
        ..TopicQuery::default()
    })
}

/// What leads changes from moment to moment, so there is one page of it.
async fn leading(state: &AppState, query: &Query, order: Order) -> Result<Found, HttpError> {
    refuse(
        query,
        &["after"],
        "goes on in the order of names; leave out `sort`",
    )?;
    let limit = query.number("limit", 1..=MAX_LEADING as u64)?;
    let asked = TopicQuery {
        limit: limit.map_or(MAX_LEADING, |limit| limit as usize),
        ..named(query)?
    };
    Ok(Listing {
        entries: state.hub.leading(order, asked).await?,
        next: None,
    })
}

async fn one(state: &AppState, query: &Query, text: &str) -> Result<Found, HttpError> {
    let names = ["prefix", "contains", "after", "limit", "sort"];
    refuse(
        query,
        &names,
        "is for a list, and `topic` names one; give one of them",
    )?;
    let topic = fields::topic(text)?;
    let Some(entry) = state.hub.topic(&topic).await? else {
        return Err(HttpError::NotFound(
            format!("nothing is kept of the topic {}", quoted(text)).into(),
        ));
    };
    Ok(Listing {
        entries: vec![entry],
        next: None,
    })
}

fn order(query: &Query) -> Result<Option<Order>, HttpError> {
    match query.one("sort")? {
        None | Some("topic") => Ok(None),
        Some("rate") => Ok(Some(Order::Rate)),
        Some("last") => Ok(Some(Order::Last)),
        Some(other) => Err(HttpError::bad_request(format!(
            "`sort` is {}; give `topic`, `rate` or `last`",
            quoted(other)
        ))),
    }
}

/// Refuses parameters that say nothing here.
fn refuse(query: &Query, names: &[&str], why: &str) -> Result<(), HttpError> {
    for name in names {
        if query.one(name)?.is_some() {
            return Err(HttpError::bad_request(format!("`{name}` {why}")));
        }
    }
    Ok(())
}

/// A page of topics.
#[derive(Serialize, ToSchema)]
pub(crate) struct Topics {
    /// In the order of their bytes, or as they lead.
    topics: Vec<Topic>,
    /// What to give as `after` for the next page; null at the end. A page may have fewer topics
    /// than its limit, or none, and more after it.
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
    /// With `recent=1`: its events in each of the last 60 whole seconds, oldest first; empty where
    /// there were none, null where it is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    recent: Option<Option<Vec<u32>>>,
}

impl Topic {
    fn of(entry: &TopicEntry, epoch: &Epoch, recent: Option<Option<Vec<u32>>>) -> Self {
        let TopicEntry { info, subscribers } = entry;
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
            recent,
        }
    }
}
