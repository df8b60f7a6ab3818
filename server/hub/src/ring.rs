//! The newest events, encoded: where live readers and short reconnects find them.

use std::{
    collections::{HashMap, VecDeque},
    sync::Arc,
};

use crate::{
    entry::Entry,
    id::{Epoch, Seq},
    limits::{RING_BYTES, RING_EVENTS},
    look::Look,
    record::Record,
    selector::Filter,
    tally::Tally,
    topic::Topic,
    union::Union,
};

/// The newest stretch of the log, fed from the log's tail alone.
#[derive(Debug)]
pub(crate) struct Ring {
    entries: VecDeque<Arc<Entry>>,
    /// The places of each topic's entries: who names topics passes over no other's.
    topics: HashMap<Topic, VecDeque<Seq>>,
    tally: Tally,
    /// A reader at or past this finds everything here.
    start: Seq,
    /// The newest position that is known here.
    head: Seq,
    /// How often somebody looked.
    #[cfg(test)]
    looks: std::sync::atomic::AtomicU64,
}

impl Ring {
    /// An empty ring that begins after `head`.
    pub(crate) fn new(head: Seq) -> Self {
        Self {
            entries: VecDeque::new(),
            topics: HashMap::new(),
            tally: Tally::default(),
            start: head,
            head,
            #[cfg(test)]
            looks: Default::default(),
        }
    }

    pub(crate) fn head(&self) -> Seq {
        self.head
    }

    pub(crate) fn push(&mut self, records: &[Arc<Record>], through: Seq, epoch: &Epoch) {
        for record in records {
            match self.topics.get_mut(&record.topic) {
                Some(places) => places.push_back(record.seq),
                None => {
                    let places = VecDeque::from([record.seq]);
                    self.topics.insert(record.topic.clone(), places);
                }
            }
            let entry = Entry::new(Arc::clone(record), epoch, &self.tally);
            self.entries.push_back(Arc::new(entry));
        }
        self.head = through;
        self.trim();
    }

    /// Whether readers have asked for so many forms since the last event that there is no room.
    pub(crate) fn is_over(&self) -> bool {
        self.tally.bytes() > RING_BYTES || self.entries.len() > RING_EVENTS
    }

    /// Lets go of the oldest as long as there is no room.
    pub(crate) fn trim(&mut self) {
        while self.is_over() {
            let Some(oldest) = self.entries.pop_front() else {
                break;
            };
            oldest.leave();
            self.start = oldest.seq();
            let topic = &oldest.record().topic;
            if let Some(places) = self.topics.get_mut(topic) {
                places.pop_front();
                if places.is_empty() {
                    self.topics.remove(topic);
                }
            }
        }
    }

    /// What matches after `seq`, up to about `max_bytes` by [`Record::cost`] and as far as one look
    /// goes, and how far that was; none where the ring begins later.
    pub(crate) fn read(
        &self,
        seq: Seq,
        want: &Filter,
        max_bytes: u64,
    ) -> Option<(Vec<Arc<Entry>>, Seq)> {
        #[cfg(test)]
        self.looks
            .fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        if seq < self.start {
            return None;
        }
        let (mut found, mut bytes) = (Vec::new(), 0);
        let mut look = Look::new(want);
        for entry in self.candidates(seq, want) {
            match look.at(&entry.record().topic) {
                Some(true) => {}
                Some(false) => continue,
                None => return Some((found, entry.seq() - 1)),
            }
            bytes += entry.record().cost();
            if bytes > max_bytes && !found.is_empty() {
                let examined = found.last().map_or(seq, |last: &Arc<Entry>| last.seq());
                return Some((found, examined));
            }
            found.push(Arc::clone(entry));
        }
        Some((found, self.head.max(seq)))
    }

    #[cfg(test)]
    pub(crate) fn looks(&self) -> u64 {
        self.looks.load(std::sync::atomic::Ordering::Relaxed)
    }

    /// The entries after `seq` that a reader has to look at: its own where it names topics.
    fn candidates<'a>(
        &'a self,
        seq: Seq,
        want: &Filter,
    ) -> Box<dyn Iterator<Item = &'a Arc<Entry>> + 'a> {
        let Some(topics) = want.topics() else {
            return Box::new(self.entries.range(self.place(seq + 1)..));
        };
        let lists = topics
            .into_iter()
            .filter_map(|topic| self.topics.get(topic));
        let own = Union::new(lists, seq, self.head);
        Box::new(own.filter_map(|seq| self.entries.get(self.place(seq))))
    }

    /// Where the entry with this place is, or the next.
    fn place(&self, seq: Seq) -> usize {
        self.entries.partition_point(|entry| entry.seq() < seq)
    }
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use super::*;
    use crate::{delivery::Form, selector::Selector};

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
    fn a_reader_of_topics_looks_at_none_of_the_others() {
        let ring = ring((1..=1_000).map(|seq| record(seq, 1)));
        let looks = |selectors: &[&str], after| {
            let selectors = selectors.iter().map(|s| Selector::parse(s).unwrap());
            let want = Filter::new(selectors.collect()).unwrap();
            ring.candidates(after, &want).count()
        };
        assert_eq!(looks(&["quiet"], 0), 0);
        assert_eq!(looks(&["odd"], 990), 5);
        assert_eq!(looks(&["odd", "quiet", "odd"], 990), 5);
        assert_eq!(looks(&["odd", "even"], 990), 10);
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
        let ring = ring((1..=20).map(|seq| record(seq, RING_BYTES as usize / 10 - 1_000)));
        assert!(ring.tally.bytes() <= RING_BYTES);
        let indexed: usize = ring.topics.values().map(VecDeque::len).sum();
        assert_eq!(indexed, ring.entries.len(), "the index goes with them");
        assert_eq!(seqs(&ring, 9, u64::MAX), None);
        assert_eq!(seqs(&ring, 10, u64::MAX).unwrap().0, [11, 13, 15, 17, 19]);
    }

    #[test]
    fn every_form_that_is_asked_for_counts() {
        let data = "\u{1}".repeat(1_000_000);
        let control = |seq| Record {
            data: data.as_str().into(),
            ..Record::clone(&record(seq, 0))
        };
        let mut ring = ring((1..=16).map(|seq| Arc::new(control(seq))));
        assert!(!ring.is_over());
        let (all, _) = ring
            .read(1, &Filter::topic("odd").unwrap(), u64::MAX)
            .unwrap();
        let forms = [Form::Plain, Form::WithTopic, Form::Envelope, Form::NdJson];
        let bytes = all
            .iter()
            .flat_map(|entry| forms.map(|form| entry.bytes(form).len()));
        assert!(bytes.sum::<usize>() as u64 > 4 * RING_BYTES);
        assert!(ring.is_over());
        ring.trim();
        assert!(ring.tally.bytes() <= RING_BYTES);
        assert!(ring.entries.len() < 10, "{}", ring.entries.len());
    }
}
