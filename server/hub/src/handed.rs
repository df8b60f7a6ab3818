//! What a subscriber is handed, in numbers.

use std::time::SystemTime;

use crate::delivery::Delivery;

/// Events that a subscriber is handed at a time, in numbers: for others who are handed the same.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Handed {
    pub(crate) events: u64,
    /// Of their data.
    pub(crate) bytes: u64,
    /// By [`crate::Record::cost`].
    pub(crate) cost: u64,
    /// When the first was accepted.
    pub(crate) first: Option<SystemTime>,
}

impl Handed {
    /// The numbers of a batch; none where there is more in it than events.
    #[must_use]
    pub fn of(batch: &[Delivery]) -> Option<Self> {
        let is_event = |delivery: &Delivery| matches!(delivery, Delivery::Event(_));
        batch.iter().all(is_event).then(|| Self::events_of(batch))
    }

    /// The numbers of the events in a batch.
    pub(crate) fn events_of(batch: &[Delivery]) -> Self {
        let mut handed = Self::default();
        for delivery in batch {
            if let Delivery::Event(entry) = delivery {
                let record = entry.record();
                handed.events += 1;
                handed.bytes += record.data.len() as u64;
                handed.cost += record.cost();
                handed.first.get_or_insert(record.time);
            }
        }
        handed
    }
}
