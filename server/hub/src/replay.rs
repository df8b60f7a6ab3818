//! Events that were read back from the log, encoded once for all who read them at a time.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex, PoisonError},
};

use crate::{
    entry::Entry,
    id::{Epoch, Seq},
    limits::REPLAY_BYTES,
    record::Record,
    tally::Tally,
};

/// The entries that were made last, the longest held first to go.
///
/// It never says what there is: a reader comes with the records that the log has given it, and
/// finds their bytes here. What is at a place of one log never changes.
#[derive(Default)]
pub(crate) struct Replay {
    held: Mutex<Held>,
}

#[derive(Default)]
struct Held {
    entries: HashMap<Seq, Arc<Entry>>,
    order: VecDeque<Seq>,
    tally: Tally,
}

impl Replay {
    /// The entries of these records: those that others have, where they are still held.
    pub(crate) fn entries(&self, records: Vec<Arc<Record>>, epoch: &Epoch) -> Vec<Arc<Entry>> {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        let shared = |record| held.entry(record, epoch);
        records.into_iter().map(shared).collect()
    }
}

impl Held {
    fn entry(&mut self, record: Arc<Record>, epoch: &Epoch) -> Arc<Entry> {
        if let Some(entry) = self.entries.get(&record.seq) {
            return Arc::clone(entry);
        }
        let seq = record.seq;
        let entry = Arc::new(Entry::new(record, epoch, &self.tally));
        self.entries.insert(seq, Arc::clone(&entry));
        self.order.push_back(seq);
        while self.tally.bytes() > REPLAY_BYTES {
            let Some(oldest) = self.order.pop_front().and_then(|s| self.entries.remove(&s)) else {
                break;
            };
            oldest.leave();
        }
        entry
    }
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use super::*;
    use crate::topic::Topic;

    fn record(seq: Seq) -> Arc<Record> {
        Arc::new(Record {
            seq,
            time: SystemTime::UNIX_EPOCH,
            topic: Topic::parse("a").unwrap(),
            event: None,
            retry: None,
            data: "x".repeat(100_000).into(),
        })
    }

    #[test]
    fn those_who_read_the_same_share_it_and_what_is_held_is_bounded() {
        let (replay, epoch) = (Replay::default(), Epoch::random());
        let [one] = &replay.entries(vec![record(1)], &epoch)[..] else {
            panic!("one for one");
        };
        let again = replay.entries(vec![record(1)], &epoch);
        assert!(Arc::ptr_eq(one, &again[0]));
        for seq in 2..=200 {
            replay.entries(vec![record(seq)], &epoch);
        }
        let held = replay.held.lock().unwrap();
        let bytes: usize = held.entries.values().map(|e| e.record().data.len()).sum();
        assert!((bytes as u64..=REPLAY_BYTES).contains(&held.tally.bytes()));
        assert_eq!(held.order.len(), held.entries.len());
        assert!(!held.entries.contains_key(&1) && held.entries.contains_key(&200));
    }
}
