//! What is known of a stream, to be read.

use std::collections::VecDeque;
use std::time::Duration;

use super::Inspection;
use crate::{Chunk, Connection, Row, Seen, Spread, Told, Trial, Verdict, refused_with};

/// What Chromium waits before it comes back where a stream says nothing of it, in milliseconds.
const RETRY: u64 = 3_000;

impl<L> Inspection<L> {
    /// How many connections there were.
    #[must_use]
    pub fn opened(&self) -> u64 {
        self.opened
    }

    /// A trial of the connection before.
    ///
    /// # Errors
    /// Where nothing can be tried: why.
    pub fn trial(&self) -> Result<Trial, Verdict> {
        Trial::of(&self.seen, self.with_id)
    }

    /// How long a trial waits for what is to follow.
    #[must_use]
    pub fn trial_time(&self) -> Duration {
        Trial::wait(self.pace.longest())
    }

    /// What came of a trial, which is the newest connection; `is_open` says that the server had not ended it.
    #[must_use]
    pub fn judge(&self, trial: &Trial, is_open: bool) -> Verdict {
        let mut newest = self.connections.iter().rev();
        let tried = newest.next().filter(|tried| tried.status.is_some());
        let content_type = tried.map(|tried| tried.head.text("content-type"));
        let status = tried.and_then(|tried| tried.status);
        let begun = newest.find(|begun| !begun.is_trial);
        let method = begun.map_or("", |begun| &begun.method);
        match status.filter(|status| *status != 200) {
            Some(status) => refused_with(status).of_asked_by(method),
            None => trial.judge_answer(method, content_type.as_deref(), &self.in_trial, is_open),
        }
    }

    /// What came of a trial, oldest first.
    #[must_use]
    pub fn seen_in_trial(&self) -> &VecDeque<Seen> {
        &self.in_trial
    }

    /// How long a browser waits before it comes back, in milliseconds; where no stream has said it, as Chromium does.
    #[must_use]
    pub fn wait(&self) -> u64 {
        let newest = self.connections.back();
        let retry = newest.and_then(|newest| newest.retry.as_ref());
        // What no number holds is longer than anyone waits.
        retry.map_or(RETRY, |retry| retry.parse().unwrap_or(u64::MAX))
    }

    /// Connections that are kept, oldest first.
    pub fn connections(&self) -> impl DoubleEndedIterator<Item = &Connection> {
        self.connections.iter()
    }

    /// Events that are kept, oldest first.
    #[must_use]
    pub fn events(&self) -> &VecDeque<Row> {
        &self.events
    }

    /// Pieces that are kept, oldest first.
    #[must_use]
    pub fn chunks(&self) -> &VecDeque<Chunk> {
        &self.chunks
    }

    /// What there is to say, in its order.
    #[must_use]
    pub fn told(&self) -> &[Told] {
        &self.told
    }

    /// How many violations there are.
    #[must_use]
    pub fn violations(&self) -> u64 {
        self.violations
    }

    /// How many events came.
    #[must_use]
    pub fn counted(&self) -> u64 {
        self.counted
    }

    /// Bytes of all connections that are no longer kept, the oldest; those that are begin there.
    #[must_use]
    pub fn dropped_bytes(&self) -> u64 {
        self.dropped_bytes
    }

    /// Findings that were not kept, the newest.
    #[must_use]
    pub fn dropped_findings(&self) -> u64 {
        self.dropped_findings
    }

    /// Bytes of all connections, one after the other.
    #[must_use]
    pub fn total_bytes(&self) -> u64 {
        self.dropped_bytes + self.bytes.len() as u64
    }

    /// Bytes that are kept, from a place in all of them, as many at most.
    #[must_use]
    pub fn bytes(&self, from: u64, most: usize) -> Vec<u8> {
        let from = usize::try_from(from.saturating_sub(self.dropped_bytes)).unwrap_or(usize::MAX);
        let from = from.min(self.bytes.len());
        let to = from.saturating_add(most).min(self.bytes.len());
        self.bytes.range(from..to).copied().collect()
    }

    /// The times of the newest connection: between pieces, between events, and latency.
    #[must_use]
    pub fn times(&self) -> [Option<Spread>; 3] {
        [
            self.pace.chunks(),
            self.pace.events(),
            self.pace.latencies(),
        ]
    }
}
