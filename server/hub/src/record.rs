//! An accepted event, as the log keeps it.

use std::{sync::Arc, time::SystemTime};

use chrono::{DateTime, SecondsFormat, Utc};
use wire::{EventName, Retry};

use crate::{
    id::{Epoch, EventId, Seq},
    topic::Topic,
};

/// An event that the log accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// Its place in the log.
    pub seq: Seq,
    /// When it was accepted.
    pub time: SystemTime,
    /// Where it was published.
    pub topic: Topic,
    /// Its name; none is `message`.
    pub event: Option<EventName>,
    /// The reconnection time that its subscribers adopt.
    pub retry: Option<Retry>,
    /// Its data; lines end with LF.
    pub data: Arc<str>,
}

impl Record {
    /// Its id in the log of this epoch.
    #[must_use]
    pub fn id(&self, epoch: &Epoch) -> EventId {
        EventId {
            epoch: epoch.clone(),
            seq: self.seq,
        }
    }

    /// Its name in words: `message` where it has none.
    #[must_use]
    pub fn name(&self) -> &str {
        self.event.as_ref().map_or("message", EventName::as_str)
    }

    /// What it costs to keep, in bytes: its texts and a flat sum for the rest.
    #[must_use]
    pub fn cost(&self) -> u64 {
        const FLAT: usize = 192;
        (self.data.len() + self.topic.as_str().len() + FLAT) as u64
    }
}

/// A time as RFC 3339 in UTC, with microseconds.
#[must_use]
pub fn rfc3339(time: SystemTime) -> String {
    DateTime::<Utc>::from(time).to_rfc3339_opts(SecondsFormat::Micros, true)
}
