//! `GET /api/stats`: the hub in figures, once or once a second.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, Uri};
use axum::response::Response;
use futures::{Stream, stream};
use hub::{Close, CloseReason, Delivery, EventId, Form, GapReason, Hub, Traffic};
use serde::Serialize;
use tokio::time::{Instant, MissedTickBehavior, interval};
use utoipa::ToSchema;

use super::super::accept::wants_event_stream;
use super::super::error::HttpError;
use super::super::query::Query;
use super::super::stream::{event_stream, frame, overload, unknown};
use super::json;
use crate::auth::{Reader, TICKET, Until};
use crate::limits::STATS_AGE;
use crate::shutdown::Stopping;
use crate::state::AppState;

/// `GET /api/stats`: the figures as JSON; where an event stream is asked for, at once and then once a
/// second.
///
/// # Errors
/// 400 for any parameter.
pub(crate) async fn show(
    State(state): State<AppState>,
    reader: Result<Reader, HttpError>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, HttpError> {
    Query::of(&uri, &[TICKET])?;
    let is_stream = wants_event_stream(&headers);
    let Some(mut caller) = Reader::of(reader, !is_stream)? else {
        return Ok(overload());
    };
    caller.may_observe()?;
    if is_stream {
        let Ok(seat) = caller.client.seat() else {
            return Ok(overload());
        };
        state.guard.take(&mut caller)?;
        let company = (caller.until(), seat);
        let frames = frames(
            state.hub.clone(),
            state.stats.clone(),
            state.stopping.clone(),
            company,
        );
        return Ok(event_stream(Body::from_stream(frames)));
    }
    json(&Stats::of(&state.hub))
}

/// `HEAD /api/stats`: the headers alone; a ticket is taken from nobody.
///
/// # Errors
/// Those of [`show`].
pub(crate) async fn head(
    State(state): State<AppState>,
    Reader(caller): Reader,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, HttpError> {
    Query::of(&uri, &[TICKET])?;
    caller.may_observe()?;
    if wants_event_stream(&headers) {
        return Ok(event_stream(unknown()));
    }
    json(&Stats::of(&state.hub))
}

/// How often those who follow the figures get them.
const EVERY: Duration = Duration::from_secs(1);

/// The newest figures as they are sent, shared by all who follow them: two a second are encoded,
/// however many follow.
///
/// The lock is held while they are, which is a few microseconds, and never across an await.
#[derive(Clone, Default)]
pub(crate) struct Feed(Arc<Mutex<Option<(Instant, Bytes)>>>);

impl Feed {
    fn newest(&self, hub: &Hub) -> Bytes {
        let mut newest = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match &*newest {
            Some((made, frame)) if made.elapsed() < STATS_AGE => frame.clone(),
            _ => {
                let data = serde_json::to_string(&Stats::of(hub)).unwrap_or_default();
                let mut bytes = Vec::new();
                frame("stats", &data, &mut bytes);
                let bytes = Bytes::from(bytes);
                *newest = Some((Instant::now(), bytes.clone()));
                bytes
            }
        }
    }
}

/// The pieces of a stream of figures, until the server stops.
fn frames(
    hub: Hub,
    feed: Feed,
    stopping: Stopping,
    company: (Until, impl Send + 'static),
) -> impl Stream<Item = Result<Bytes, std::io::Error>> {
    let mut clock = interval(EVERY);
    // A client that was held up gets the newest, not a burst of what it missed.
    clock.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let state = Some((clock, stopping, company, true));
    stream::unfold((hub, feed, state), |(hub, feed, state)| async move {
        let (mut clock, mut stopping, (mut until, seat), begins) = state?;
        let mut piece = Vec::new();
        if begins {
            hub::preamble(&mut piece);
        }
        let stops = tokio::select! {
            biased;
            () = stopping.wait() => Some(CloseReason::Shutdown),
            () = until.over() => Some(CloseReason::Expired),
            _ = clock.tick() => None,
        };
        let state = if let Some(reason) = stops {
            let close = Delivery::Close(Close::new(reason));
            close.encode(Form::Plain, &mut piece);
            None
        } else {
            piece.extend_from_slice(&feed.newest(&hub));
            Some((clock, stopping, (until, seat), false))
        };
        Some((Ok(piece.into()), (hub, feed, state)))
    })
}

/// The hub in figures.
#[derive(Serialize, ToSchema)]
pub(crate) struct Stats {
    /// Which log this is.
    epoch: String,
    /// The id of the oldest event that is kept; null where none is.
    #[schema(required)]
    first_id: Option<String>,
    /// The newest id: the cursor after everything so far.
    last_id: String,
    /// For how many seconds the server has been running.
    uptime_s: u64,
    /// On how many topics events are kept.
    topics: u64,
    /// How many subscribers there are.
    subscribers: u64,
    /// What was stored since the start.
    r#in: Amount,
    /// What was handed to subscribers since the start: an event counts once for each.
    out: Amount,
    /// What the events that are kept cost, in bytes, as retention counts them.
    log_bytes: u64,
    /// The gaps that subscribers were told of since the start, by reason.
    gaps: Gaps,
}

/// How much.
#[derive(Serialize, ToSchema)]
struct Amount {
    events: u64,
    /// Of their data.
    bytes: u64,
}

/// How many gaps, by reason.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
struct Gaps {
    trimmed: u64,
    deleted: u64,
    damaged: u64,
    unknown_id: u64,
    epoch_changed: u64,
}

impl Stats {
    /// As of now.
    pub(crate) fn of(hub: &Hub) -> Self {
        let hub::Stats {
            log,
            subscribers,
            uptime,
            published,
            delivered,
            gaps,
        } = hub.stats();
        let id = |seq| {
            let epoch = log.epoch.clone();
            EventId { epoch, seq }.to_string()
        };
        Self {
            epoch: log.epoch.to_string(),
            first_id: (log.events > 0).then(|| id(log.first)),
            last_id: id(log.head),
            uptime_s: uptime.as_secs(),
            topics: log.topics,
            subscribers: subscribers as u64,
            r#in: published.into(),
            out: delivered.into(),
            log_bytes: log.bytes,
            gaps: gaps.into(),
        }
    }
}

impl From<Traffic> for Amount {
    fn from(Traffic { events, bytes }: Traffic) -> Self {
        Self { events, bytes }
    }
}

impl From<hub::Gaps> for Gaps {
    fn from(gaps: hub::Gaps) -> Self {
        Self {
            trimmed: gaps.of(GapReason::Trimmed),
            deleted: gaps.of(GapReason::Deleted),
            damaged: gaps.of(GapReason::Damaged),
            unknown_id: gaps.of(GapReason::UnknownId),
            epoch_changed: gaps.of(GapReason::EpochChanged),
        }
    }
}
