//! An accepted event, as the log keeps it.

use std::{sync::Arc, time::SystemTime};

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
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

/// A time as RFC 3339 in UTC, with microseconds; the first or the last that a calendar has where
/// it lies beyond, as a client's own `since` may.
#[must_use]
pub fn rfc3339(time: SystemTime) -> String {
    utc(time).to_rfc3339_opts(SecondsFormat::Micros, true)
}

fn utc(time: SystemTime) -> DateTime<Utc> {
    let (since, beyond) = match time.duration_since(SystemTime::UNIX_EPOCH) {
        Ok(since) => (TimeDelta::from_std(since), DateTime::<Utc>::MAX_UTC),
        Err(before) => (
            TimeDelta::from_std(before.duration()).map(|before| -before),
            DateTime::<Utc>::MIN_UTC,
        ),
    };
    since
        .ok()
        .and_then(|since| DateTime::UNIX_EPOCH.checked_add_signed(since))
        .unwrap_or(beyond)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn every_time_can_be_written() {
        let epoch = SystemTime::UNIX_EPOCH;
        let us = Duration::from_micros;
        assert_eq!(rfc3339(epoch + us(1)), "1970-01-01T00:00:00.000001Z");
        assert_eq!(rfc3339(epoch - us(1)), "1969-12-31T23:59:59.999999Z");
        let age = Duration::from_secs(300_000 * 366 * 86_400);
        assert!(rfc3339(epoch - age).starts_with("-262143-01-01T"));
        assert!(rfc3339(epoch + age).starts_with("+262142-12-31T"));
        let all = Duration::from_secs(i64::MAX as u64);
        assert_eq!(rfc3339(epoch - all), rfc3339(epoch - age));
    }
}
