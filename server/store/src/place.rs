//! Where an event lies.

use std::{sync::Arc, time::SystemTime};

use hub::{Kept, Record, Seq, Topic};

use crate::{codec, frame, segment::Segment};

/// What the log keeps of an event in memory: 56 bytes beside what the catalogue needs.
#[derive(Clone)]
pub(crate) struct Place {
    pub(crate) seq: Seq,
    nanos: i64,
    topic: Topic,
    cost: u32,
    /// The segment, which stays as long as a place is in it.
    pub(crate) segment: Arc<Segment>,
    /// Where its record begins.
    pub(crate) offset: u64,
    /// The length of its payload.
    pub(crate) len: u32,
}

impl Place {
    pub(crate) fn new(record: &Record, segment: Arc<Segment>, offset: u64, len: u32) -> Self {
        Self {
            seq: record.seq,
            nanos: codec::nanos(record.time),
            topic: record.topic.clone(),
            // The payload's length, which holds it, is as narrow.
            cost: u32::try_from(record.cost()).unwrap_or(u32::MAX),
            segment,
            offset,
            len,
        }
    }

    /// The same with another copy of its topic's text, which is shared.
    pub(crate) fn on(self, topic: Topic) -> Self {
        Self { topic, ..self }
    }

    /// The same in another segment.
    pub(crate) fn moved(self, segment: Arc<Segment>, offset: u64) -> Self {
        Self {
            segment,
            offset,
            ..self
        }
    }

    /// The first byte after its record.
    pub(crate) fn end(&self) -> u64 {
        self.offset + u64::from(self.len) + frame::OVERHEAD as u64
    }
}

impl Kept for Place {
    fn seq(&self) -> Seq {
        self.seq
    }

    fn time(&self) -> SystemTime {
        codec::time(self.nanos)
    }

    fn topic(&self) -> &Topic {
        &self.topic
    }

    fn cost(&self) -> u64 {
        self.cost.into()
    }
}
