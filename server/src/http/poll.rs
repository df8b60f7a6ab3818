//! `poll=1`, `Accept: application/json`: what there is after a cursor, at once.

use std::sync::Arc;

use axum::http::{HeaderName, header};
use axum::response::{IntoResponse, Response};
use hub::{Client, Delivery, EventId, Filter, Form, Hub, Start};
use serde_json::json;

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
    // The newest that matches now is where the answer may end; the head is the cursor then.
    let now = hub.newest(Arc::clone(&filter), 1).await?;
    let goal = now.records.last().map_or(0, |record| record.seq);
    let mut subscription = hub.subscribe_as(filter, start, client).await?;
    let mut answer = Answer::new(subscription.begins_after().clone());
    // What comes before the events is there at once: a gap perhaps.
    for delivery in subscription.next().await?.unwrap_or_default() {
        answer.take(&delivery, limit)?;
    }
    while answer.reached() < goal {
        // It ends by itself, unless what it waits for is deleted in between.
        let next = tokio::time::timeout(POLL_TIME, subscription.next());
        let Some(batch) = next.await.unwrap_or(Ok(None))? else {
            break;
        };
        for delivery in batch {
            if !answer.take(&delivery, limit)? {
                return Ok(answer.finish(true));
            }
        }
    }
    if answer.reached() >= goal && answer.reached() < now.cursor.seq {
        answer.cursor = now.cursor;
    }
    let more = answer.reached() < goal;
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

    fn reached(&self) -> hub::Seq {
        self.cursor.seq
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
