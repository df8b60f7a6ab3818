//! What was read back lately, so that many readers of one part share a read.

use std::{
    collections::{HashMap, VecDeque},
    sync::Arc,
};

use hub::{Kept, Record, Seq, Topic};

use crate::place::Place;

/// What is held of it, in bytes by [`Record::cost`]: 8 MiB are 128 pages, room for readers that
/// began together and have drifted apart.
const CACHE_BYTES: u64 = 8 * 1024 * 1024;

/// Records by place, the longest held first to go.
///
/// It says what lies at a place, never what is kept: who asks has its places from the catalogue as
/// of that moment, so what is gone is not served though it may still be here. What lies at a place
/// never changes.
#[derive(Default)]
pub(crate) struct Cache {
    records: HashMap<Seq, Arc<Record>>,
    order: VecDeque<Seq>,
    bytes: u64,
}

impl Cache {
    pub(crate) fn get(&self, place: &Place) -> Option<Arc<Record>> {
        self.records.get(&place.seq()).cloned()
    }

    pub(crate) fn add(&mut self, record: &Arc<Record>) {
        let held = self.records.insert(record.seq, Arc::clone(record));
        if held.is_some() {
            return;
        }
        self.bytes += record.cost();
        self.order.push_back(record.seq);
        while self.bytes > CACHE_BYTES {
            let Some(oldest) = self.order.pop_front() else {
                break;
            };
            self.drop_one(oldest);
        }
    }

    /// Lets go of a topic's records.
    pub(crate) fn forget(&mut self, topic: &Topic) {
        self.records.retain(|_, record| record.topic != *topic);
        self.order.retain(|seq| self.records.contains_key(seq));
        self.bytes = self.records.values().map(|record| record.cost()).sum();
    }

    fn drop_one(&mut self, seq: Seq) {
        if let Some(record) = self.records.remove(&seq) {
            self.bytes -= record.cost();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use super::*;

    fn record(seq: Seq, topic: &str, bytes: usize) -> Arc<Record> {
        Arc::new(Record {
            seq,
            time: SystemTime::UNIX_EPOCH,
            topic: Topic::parse(topic).unwrap(),
            event: None,
            retry: None,
            data: "x".repeat(bytes).into(),
        })
    }

    #[test]
    fn it_holds_no_more_than_its_bytes_and_the_same_record_once() {
        let mut cache = Cache::default();
        for seq in (1..=200).chain(100..=200) {
            cache.add(&record(seq, "t", 100_000));
            assert!(cache.bytes <= CACHE_BYTES);
            assert_eq!(cache.records.len(), cache.order.len());
        }
        assert!(cache.records.contains_key(&200) && !cache.records.contains_key(&1));
        let held: u64 = cache.records.values().map(|record| record.cost()).sum();
        assert_eq!(cache.bytes, held);
    }

    #[test]
    fn a_topic_that_is_forgotten_is_not_held() {
        let mut cache = Cache::default();
        for seq in 1..=10 {
            cache.add(&record(seq, ["secret", "other"][seq as usize % 2], 10));
        }
        cache.forget(&Topic::parse("secret").unwrap());
        assert_eq!((cache.records.len(), cache.order.len()), (5, 5));
        assert_eq!(cache.bytes, 5 * record(1, "other", 10).cost());
    }
}
