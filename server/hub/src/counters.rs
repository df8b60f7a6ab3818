//! What has happened since the start, in numbers.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::delivery::{Delivery, GapReason};

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

/// Each is added to where it happens, and only ever read as a whole by who looks.
#[derive(Default)]
pub(crate) struct Counters {
    stored: Meter,
    delivered: Meter,
    gaps: [AtomicU64; GapReason::ALL.len()],
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

impl Counters {
    pub(crate) fn stored(&self, events: u64, bytes: u64) {
        self.stored.add(Traffic { events, bytes });
    }

    /// Notes what one subscriber is handed: two additions, however many events that are.
    pub(crate) fn handed_out(&self, batch: &[Delivery]) {
        let mut traffic = Traffic::default();
        for delivery in batch {
            if let Delivery::Event(entry) = delivery {
                traffic.events += 1;
                traffic.bytes += entry.record().data.len() as u64;
            }
        }
        if traffic.events > 0 {
            self.delivered.add(traffic);
        }
    }

    pub(crate) fn gap(&self, reason: GapReason) {
        self.gaps[reason as usize].fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn published(&self) -> Traffic {
        self.stored.read()
    }

    pub(crate) fn delivered(&self) -> Traffic {
        self.delivered.read()
    }

    pub(crate) fn gaps(&self) -> Gaps {
        Gaps(std::array::from_fn(|reason| {
            self.gaps[reason].load(Ordering::Relaxed)
        }))
    }
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
