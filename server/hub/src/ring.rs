//! The newest events, encoded: where live readers and short reconnects find them.

use std::{collections::VecDeque, sync::Arc};

use crate::{
    entry::Entry,
    id::{Epoch, Seq},
    limits::{RING_BYTES, RING_EVENTS},
    record::Record,
    selector::Filter,
};

/// The newest stretch of the log, fed from the log's tail alone.
#[derive(Debug)]
pub(crate) struct Ring {
    entries: VecDeque<Arc<Entry>>,
    bytes: usize,
    /// A reader at or past this finds everything here.
    start: Seq,
    /// The newest position that is known here.
    head: Seq,
}

impl Ring {
    /// An empty ring that begins after `head`.
    pub(crate) fn new(head: Seq) -> Self {
        Self {
            entries: VecDeque::new(),
            bytes: 0,
            start: head,
            head,
        }
    }

    pub(crate) fn head(&self) -> Seq {
        self.head
    }

    pub(crate) fn push(&mut self, records: &[Arc<Record>], through: Seq, epoch: &Epoch) {
        for record in records {
            self.bytes += record.data.len();
            self.entries
                .push_back(Arc::new(Entry::new(Arc::clone(record), epoch)));
        }
        self.head = through;
        while self.bytes > RING_BYTES || self.entries.len() > RING_EVENTS {
            let Some(oldest) = self.entries.pop_front() else {
                break;
            };
            self.bytes -= oldest.record().data.len();
            self.start = oldest.seq();
        }
    }

    /// What matches after `seq`, up to about `max_bytes` by [`Record::cost`], and how far was looked;
    /// none where the ring begins later.
    pub(crate) fn read(
        &self,
        seq: Seq,
        want: &Filter,
        max_bytes: u64,
    ) -> Option<(Vec<Arc<Entry>>, Seq)> {
        if seq < self.start {
            return None;
        }
        let from = self.entries.partition_point(|entry| entry.seq() <= seq);
        let (mut found, mut bytes) = (Vec::new(), 0);
        for entry in self
            .entries
            .range(from..)
            .filter(|e| want.matches(&e.record().topic))
        {
            bytes += entry.record().cost();
            if bytes > max_bytes && !found.is_empty() {
                let examined = found.last().map_or(seq, |last: &Arc<Entry>| last.seq());
                return Some((found, examined));
            }
            found.push(Arc::clone(entry));
        }
        Some((found, self.head.max(seq)))
    }
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use super::*;
    use crate::topic::Topic;

    fn record(seq: Seq, bytes: usize) -> Arc<Record> {
        Arc::new(Record {
            seq,
            time: SystemTime::UNIX_EPOCH,
            topic: Topic::parse(if seq.is_multiple_of(2) { "even" } else { "odd" }).unwrap(),
            event: None,
            retry: None,
            data: "x".repeat(bytes).into(),
        })
    }

    fn ring(records: impl Iterator<Item = Arc<Record>>) -> Ring {
        let (mut ring, epoch) = (Ring::new(0), Epoch::random());
        for record in records {
            ring.push(std::slice::from_ref(&record), record.seq, &epoch);
        }
        ring
    }

    fn seqs(ring: &Ring, after: Seq, max_bytes: u64) -> Option<(Vec<Seq>, Seq)> {
        let (found, examined) = ring.read(after, &Filter::topic("odd").unwrap(), max_bytes)?;
        Some((found.iter().map(|e| e.seq()).collect(), examined))
    }

    #[test]
    fn a_reader_gets_what_matches_and_moves_past_the_rest() {
        let ring = ring((1..=6).map(|seq| record(seq, 1)));
        assert_eq!(seqs(&ring, 0, u64::MAX), Some((vec![1, 3, 5], 6)));
        assert_eq!(seqs(&ring, 3, u64::MAX), Some((vec![5], 6)));
        assert_eq!(seqs(&ring, 6, u64::MAX), Some((vec![], 6)));
    }

    #[test]
    fn a_page_ends_at_its_size_and_at_an_event() {
        let ring = ring((1..=6).map(|seq| record(seq, 10)));
        let two = 2 * record(1, 10).cost();
        assert_eq!(seqs(&ring, 0, two), Some((vec![1, 3], 3)));
        assert_eq!(seqs(&ring, 0, 1), Some((vec![1], 1)));
    }

    #[test]
    fn the_oldest_make_room_and_a_reader_before_them_is_sent_to_the_log() {
        let ring = ring((1..=20).map(|seq| record(seq, RING_BYTES / 10)));
        assert!(ring.bytes <= RING_BYTES);
        assert_eq!(seqs(&ring, 9, u64::MAX), None);
        assert_eq!(seqs(&ring, 10, u64::MAX).unwrap().0, [11, 13, 15, 17, 19]);
    }
}
