//! What has happened since the start, in numbers.

use std::sync::atomic::{AtomicU64, Ordering};

use std::time::{Duration, SystemTime};

use crate::delivery::{CloseReason, Delivery, GapReason};
use crate::handed::Handed;
use crate::histogram::{Durations, Histogram};

/// Events, and the bytes of their data.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Traffic {
    /// How many.
    pub events: u64,
    /// Their data, in bytes of UTF-8; ids, names and framing are not in it.
    pub bytes: u64,
}

/// How many gaps subscribers were told of, by reason.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Gaps([u64; GapReason::ALL.len()]);

/// How many subscribers the hub ended the streams of, by reason.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Closed([u64; CloseReason::ALL.len()]);

/// Each is added to where it happens, and only ever read as a whole by who looks.
#[derive(Default)]
pub(crate) struct Counters {
    stored_bytes: AtomicU64,
    delivered: Meter,
    gaps: [AtomicU64; GapReason::ALL.len()],
    closed: [AtomicU64; CloseReason::ALL.len()],
    publishing: Histogram,
    delivery: Histogram,
}

#[derive(Default)]
struct Meter {
    events: AtomicU64,
    bytes: AtomicU64,
}

impl Gaps {
    /// Those of one reason.
    #[must_use]
    pub fn of(&self, reason: GapReason) -> u64 {
        self.0[reason as usize]
    }

    /// All of them.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.0.iter().sum()
    }
}

impl Closed {
    /// Those of one reason.
    #[must_use]
    pub fn of(&self, reason: CloseReason) -> u64 {
        self.0[reason as usize]
    }
}

impl Counters {
    /// Notes the data of a publish that is durable, and how long that took.
    pub(crate) fn stored(&self, bytes: u64, took: Duration) {
        add(&self.stored_bytes, bytes);
        self.publishing.note(took);
    }

    /// Notes what so many subscribers are handed, each the same, of which these are the events: two additions,
    /// however many events that are.
    pub(crate) fn handed_out(&self, batch: &[Delivery], events: &Handed, subscribers: u64) {
        for delivery in batch {
            match delivery {
                Delivery::Gap(gap) => add(&self.gaps[gap.reason as usize], subscribers),
                Delivery::Close(close) => add(&self.closed[close.reason as usize], subscribers),
                Delivery::Event(_) | Delivery::Open(_) | Delivery::Beat(_) => {}
            }
        }
        if events.events > 0 {
            self.delivered.add(Traffic {
                events: events.events * subscribers,
                bytes: events.bytes * subscribers,
            });
        }
    }

    /// Notes how long ago the first of the events that so many subscribers are handed was accepted: one sample
    /// for each of them, however many events that are. A calendar that went back says nothing.
    pub(crate) fn arrived(&self, events: &Handed, subscribers: u64) {
        if let Some(first) = events.first
            && let Ok(ago) = SystemTime::now().duration_since(first)
        {
            self.delivery.note_times(ago, subscribers);
        }
    }

    pub(crate) fn stored_bytes(&self) -> u64 {
        self.stored_bytes.load(Ordering::Relaxed)
    }

    pub(crate) fn delivered(&self) -> Traffic {
        self.delivered.read()
    }

    pub(crate) fn gaps(&self) -> Gaps {
        Gaps(std::array::from_fn(|reason| {
            self.gaps[reason].load(Ordering::Relaxed)
        }))
    }

    pub(crate) fn closed(&self) -> Closed {
        Closed(std::array::from_fn(|reason| {
            self.closed[reason].load(Ordering::Relaxed)
        }))
    }

    pub(crate) fn publishing(&self) -> Durations {
        self.publishing.read()
    }

    pub(crate) fn delivery(&self) -> Durations {
        self.delivery.read()
    }
}

fn add(count: &AtomicU64, many: u64) {
    count.fetch_add(many, Ordering::Relaxed);
}

impl Meter {
    fn add(&self, Traffic { events, bytes }: Traffic) {
        self.events.fetch_add(events, Ordering::Relaxed);
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
    }

    fn read(&self) -> Traffic {
        Traffic {
            events: self.events.load(Ordering::Relaxed),
            bytes: self.bytes.load(Ordering::Relaxed),
        }
    }
}
