//! `poll=1`, `Accept: application/json`: what there is after a cursor, at once.

use std::sync::Arc;

use axum::http::{HeaderName, header};
use axum::response::{IntoResponse, Response};
use hub::{Client, Delivery, EventId, Filter, Form, Hub, Start};
use serde_json::json;
use tokio::time::{Instant, timeout_at};

use super::error::HttpError;
use crate::limits::{POLL_BYTES, POLL_TIME};

/// The headers of the answer.
pub(crate) const HEADERS: [(HeaderName, &str); 2] = [
    (header::CONTENT_TYPE, "application/json"),
    (header::CACHE_CONTROL, "no-store"),
];

/// Answers with what matches from `start` on, up to the newest event of this moment.
///
/// # Errors
/// 503 where the log cannot be read, or the server stops.
pub(crate) async fn answer(
    hub: &Hub,
    filter: Arc<Filter>,
    start: Start,
    client: Client,
    limit: usize,
) -> Result<Response, HttpError> {
    let head = hub.head();
    let mut subscription = hub.subscribe_as(filter, start, client).await?;
    let mut answer = Answer::new(subscription.begins_after().clone());
    let end = Instant::now() + POLL_TIME;
    // Who asks again goes on from where a long stretch without a match was left.
    while let Ok(batch) = timeout_at(end, subscription.up_to(head.seq)).await {
        let batch = batch?;
        if batch.is_empty() {
            break;
        }
        for (at, delivery) in batch.iter().enumerate() {
            if !answer.take(delivery, limit)? {
                subscription.took(&batch[..at]);
                return Ok(answer.finish(true));
            }
        }
        subscription.took(&batch);
    }
    answer.cursor = subscription.reached();
    let more = answer.cursor.seq < head.seq;
    Ok(answer.finish(more))
}

/// The answer as far as it is written.
struct Answer {
    events: Vec<u8>,
    count: usize,
    cursor: EventId,
}

impl Answer {
    fn new(cursor: EventId) -> Self {
        Self {
            events: Vec::new(),
            count: 0,
            cursor,
        }
    }

    /// Takes a delivery; false where there is no room for it.
    fn take(&mut self, delivery: &Delivery, limit: usize) -> Result<bool, HttpError> {
        let cursor = match delivery {
            Delivery::Event(_) if self.count == limit || self.events.len() >= POLL_BYTES => {
                return Ok(false);
            }
            Delivery::Event(entry) => {
                self.count += 1;
                EventId {
                    epoch: self.cursor.epoch.clone(),
                    seq: entry.record().seq,
                }
            }
            Delivery::Gap(gap) => gap.resumed_after.clone(),
            Delivery::Open(_) | Delivery::Beat(_) => return Ok(true),
            Delivery::Close(close) => return Err(HttpError::Closed(*close)),
        };
        if !self.events.is_empty() {
            self.events.push(b',');
        }
        delivery.encode(Form::NdJson, &mut self.events);
        self.events.pop_if(|byte| *byte == b'\n');
        self.cursor = cursor;
        Ok(true)
    }

    fn finish(self, more: bool) -> Response {
        let mut body = b"{\"events\":[".to_vec();
        body.extend_from_slice(&self.events);
        let cursor = json!(self.cursor.to_string());
        body.extend_from_slice(format!("],\"cursor\":{cursor},\"more\":{more}}}").as_bytes());
        (HEADERS, body).into_response()
    }
}
