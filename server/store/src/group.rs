//! Publishes that share one write and one sync.

use std::{sync::Arc, time::SystemTime};

use hub::{Appended, Draft, Keys, LogError, Record, Seq};
use tokio::sync::oneshot;

use crate::{codec, frame};

/// Where an append's outcome goes.
pub(crate) type Answer = oneshot::Sender<Result<Vec<Appended>, LogError>>;

/// What is to be written next.
pub(crate) struct Group {
    /// The records as they go to the disk.
    pub(crate) bytes: Vec<u8>,
    /// The events in them.
    pub(crate) events: Vec<Written>,
    /// The checksum of the last record.
    pub(crate) crc: u32,
    /// The newest place that is taken.
    pub(crate) head: Seq,
    /// Whether one of the events has a key.
    pub(crate) keyed: bool,
    waiting: Vec<(Answer, Vec<Appended>)>,
}

/// An event in a group.
pub(crate) struct Written {
    pub(crate) record: Arc<Record>,
    /// Where its record begins in the group's bytes.
    pub(crate) at: usize,
    /// The length of its payload.
    pub(crate) len: u32,
}

impl Group {
    /// An empty one, to be written after a record with this checksum.
    pub(crate) fn new(head: Seq, crc: u32) -> Self {
        Self {
            bytes: Vec::new(),
            events: Vec::new(),
            crc,
            head,
            keyed: false,
            waiting: Vec::new(),
        }
    }

    /// Adds a publish; what its keys refuse is answered at once.
    pub(crate) fn add(
        &mut self,
        batch: Vec<Draft>,
        keys: &mut Keys,
        now: std::time::Duration,
        time: SystemTime,
        answer: Answer,
    ) {
        keys.expire(now);
        if let Err(refused) = keys.check(&batch) {
            // A publisher that no longer waits needs no answer.
            let _ = answer.send(Err(refused));
            return;
        }
        let mut appended = Vec::with_capacity(batch.len());
        let mut new = Vec::with_capacity(batch.len());
        for draft in batch {
            let known = keys.find(&draft);
            let seq = known.unwrap_or(self.head + 1);
            if known.is_none() {
                self.head = seq;
                keys.note(&draft, seq, now);
                new.push((seq, draft));
            }
            appended.push(Appended {
                seq,
                duplicate: known.is_some(),
            });
        }
        let count = new.len();
        for (index, (seq, draft)) in new.into_iter().enumerate() {
            self.encode(draft, seq, time, index + 1 == count);
        }
        self.waiting.push((answer, appended));
    }

    fn encode(&mut self, draft: Draft, seq: Seq, time: SystemTime, last: bool) {
        let key = draft.key_text().map(str::to_owned);
        self.keyed |= key.is_some();
        let (record, at) = (Arc::new(draft.into_record(seq, time)), self.bytes.len());
        let payload = |out: &mut Vec<u8>| codec::encode(&record, key.as_deref(), last, out);
        self.crc = frame::append(&mut self.bytes, self.crc, payload);
        let len = (self.bytes.len() - at - frame::OVERHEAD) as u32;
        self.events.push(Written { record, at, len });
    }

    /// Answers all of them: `failed` is none where everything is on the disk. What was stored
    /// before, up to `head`, is a duplicate all the same.
    pub(crate) fn answer(self, failed: Option<LogError>, head: Seq) {
        for (answer, appended) in self.waiting {
            let stored = failed.is_none() || appended.iter().all(|a| a.seq <= head);
            let outcome = match failed {
                Some(error) if !stored => Err(error),
                _ => Ok(appended),
            };
            // A publisher that no longer waits needs no answer.
            let _ = answer.send(outcome);
        }
    }
}
