//! What a stream may say to one reader.

use std::collections::HashSet;

use hub::{Delivery, Entry, EventId, Gap, GapReason};

use crate::contract::{Fate, Model, matches};

/// A reader, as the contract has it: what it asked for, where it is, what it knows to be gone.
#[derive(Debug)]
pub(crate) struct Reader {
    pub(crate) want: &'static [&'static str],
    /// Everything up to here was sent, or did not match, or its loss was told.
    at: u64,
    told: HashSet<u64>,
}

/// Where a reader wants to begin.
#[derive(Clone, Debug)]
pub(crate) enum Opening {
    Live,
    All,
    Newest(usize),
    After(u64),
    Unknown(GapReason),
}

impl Reader {
    /// Checks what a stream begins with, as of now: a gap if one is due, and the cursor.
    pub(crate) fn open(
        model: &Model,
        want: &'static [&'static str],
        opening: &Opening,
        requested: &str,
        preface: &[Delivery],
    ) -> Self {
        let (gap, open) = match preface {
            [Delivery::Open(open)] => (None, open),
            [Delivery::Gap(gap), Delivery::Open(open)] => (Some(gap), open),
            other => panic!("a stream begins with {other:?}"),
        };
        let mut reader = Self {
            want,
            at: open.seq,
            told: HashSet::new(),
        };
        match opening {
            Opening::Live => assert_eq!(open.seq, model.head()),
            Opening::All => reader.skips(model, usize::MAX),
            Opening::Newest(n) => reader.skips(model, *n),
            Opening::After(seq) => {
                reader.at = *seq;
                let due = !reader.untold(model, reader.next(model) - 1).is_empty();
                assert_eq!(gap.is_some(), due, "a gap exactly where something was lost");
                if let Some(gap) = gap {
                    assert_eq!(gap.requested, requested);
                    reader.gap(model, gap);
                }
            }
            Opening::Unknown(reason) => {
                let gap = gap.expect("an unknown cursor is answered with a gap");
                assert_eq!((gap.reason, gap.missed), (*reason, None));
                assert_eq!(gap.requested, requested);
                assert_eq!(gap.resumed_after.to_string(), model.id(model.head()));
                reader.at = model.head();
            }
        }
        let gap_may_be = matches!(opening, Opening::After(_) | Opening::Unknown(_));
        assert!(gap.is_none() || gap_may_be, "no gap for {opening:?}");
        assert_eq!(open.to_string(), model.id(reader.at), "the cursor goes on");
        reader
    }

    /// Begins before the newest `n` that are kept, and hears of nothing that is gone by now.
    fn skips(&mut self, model: &Model, n: usize) {
        let mut coming = model.matching(self.want, self.at, model.head());
        coming.retain(|(_, fate)| *fate == Fate::Kept);
        let coming: Vec<u64> = coming.into_iter().map(|(seq, _)| seq).collect();
        assert_eq!(coming, model.newest(self.want, n));
        self.told
            .extend(self.untold(model, model.head()).iter().map(|(seq, _)| seq));
    }

    /// Checks a batch.
    pub(crate) fn read(&mut self, model: &Model, batch: &[Delivery]) {
        assert!(!batch.is_empty(), "a batch is never empty");
        for delivery in batch {
            match delivery {
                Delivery::Event(entry) => self.event(model, entry),
                Delivery::Gap(gap) => {
                    let requested = EventId::parse(&gap.requested).expect("an id").seq;
                    assert!((self.at..=gap.resumed_after.seq).contains(&requested));
                    self.gap(model, gap);
                }
                Delivery::Beat(id) => {
                    assert_eq!(id.to_string(), model.id(id.seq));
                    assert!(id.seq <= model.head());
                    self.passes(model, id.seq);
                }
                other => panic!("nobody asked for {other:?}"),
            }
        }
    }

    /// Everything that is kept was sent, and every loss told.
    pub(crate) fn is_done(&self, model: &Model) -> bool {
        self.at == model.head()
    }

    fn event(&mut self, model: &Model, entry: &Entry) {
        let record = entry.record();
        assert!(record.seq > self.at, "{} again or late", record.seq);
        self.passes(model, record.seq - 1);
        self.at = record.seq;
        let event = &model.events[record.seq as usize - 1];
        assert_eq!(event.fate, Fate::Kept, "{} is gone", record.seq);
        assert!(matches(self.want, event.topic), "{} unasked", record.seq);
        assert_eq!(record.topic.as_str(), event.topic);
        assert_eq!(*record.data, *event.data);
        assert_eq!(entry.id(), model.id(record.seq));
    }

    fn gap(&mut self, model: &Model, gap: &Gap) {
        let lost = self.untold(model, gap.resumed_after.seq);
        assert!(!lost.is_empty(), "a gap and nothing lost: {gap:?}");
        assert_eq!(gap.missed, Some(lost.len() as u64), "{lost:?}");
        let reason = match gap.reason {
            GapReason::Trimmed => Fate::Trimmed,
            GapReason::Deleted => Fate::Deleted,
            other => panic!("{other:?} and {lost:?}"),
        };
        assert!(
            lost.iter().any(|(_, fate)| *fate == reason),
            "{reason:?} of {lost:?}"
        );
        self.told.extend(lost.iter().map(|(seq, _)| seq));
        assert!((self.at..=model.head()).contains(&gap.resumed_after.seq));
        assert_eq!(
            gap.resumed_after.to_string(),
            model.id(gap.resumed_after.seq)
        );
        self.passes(model, gap.resumed_after.seq);
    }

    /// Moves on: what lies between must be gone, and the reader must know.
    fn passes(&mut self, model: &Model, to: u64) {
        assert!(to >= self.at, "{to} is before {}", self.at);
        for (seq, fate) in model.matching(self.want, self.at, to) {
            assert_ne!(fate, Fate::Kept, "{seq} was left out");
            assert!(self.told.contains(&seq), "{seq} was lost in silence");
        }
        self.at = to;
    }

    /// The next event that is kept and matches; one past the head where none is.
    fn next(&self, model: &Model) -> u64 {
        let mut coming = model.matching(self.want, self.at, model.head());
        coming.retain(|(_, fate)| *fate == Fate::Kept);
        coming.first().map_or(model.head() + 1, |(seq, _)| *seq)
    }

    /// What matches after the cursor, is gone, and was not told on this stream.
    fn untold(&self, model: &Model, until: u64) -> Vec<(u64, Fate)> {
        let mut lost = model.matching(self.want, self.at, until);
        lost.retain(|(seq, fate)| *fate != Fate::Kept && !self.told.contains(seq));
        lost
    }
}
