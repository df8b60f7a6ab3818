//! Stretches of the log for who pages through it: by place, without a subscription.

use std::sync::Arc;

use crate::{
    delivery::GapReason,
    handle::Hub,
    id::Seq,
    log::{Cursor, LogError, Page},
    record::Record,
    selector::Filter,
};

/// What is at a place of the log, as one filter sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// An event that matches.
    Event(Arc<Record>),
    /// One that matched and is gone.
    Gone(GapReason),
    /// Nothing that is known to match: it is of another topic, or it went so long ago that its topic is
    /// forgotten, or there never was one.
    Nothing,
}

impl Hub {
    /// The place before the newest `n` events that match, up to `until`, which it is where none does.
    /// Reads no event.
    ///
    /// # Errors
    /// Where the log cannot be read.
    pub async fn before_newest(
        &self,
        filter: Arc<Filter>,
        until: Seq,
        n: usize,
    ) -> Result<Seq, LogError> {
        self.shared.log.before_newest(until, filter, n).await
    }

    /// What matches in `after < seq <= until`, and what of it is gone, as far as one read goes: up
    /// to `max_bytes` by [`Record::cost`], but at least one event. [`Page::examined`] is the place from
    /// which the next read goes on.
    ///
    /// # Errors
    /// Where the log cannot be read.
    pub async fn stretch(
        &self,
        filter: Arc<Filter>,
        after: Seq,
        until: Seq,
        max_bytes: u64,
    ) -> Result<Page, LogError> {
        let cursor = Cursor {
            seq: after,
            told: 0,
        };
        self.shared.log.read(cursor, until, filter, max_bytes).await
    }

    /// What is at a place.
    ///
    /// # Errors
    /// Where the log cannot be read.
    pub async fn at(&self, filter: Arc<Filter>, seq: Seq) -> Result<Found, LogError> {
        let Some(before) = seq.checked_sub(1).filter(|_| seq <= self.head().seq) else {
            return Ok(Found::Nothing);
        };
        let page = self.stretch(filter, before, seq, 1).await?;
        Ok(match (page.records.into_iter().next(), page.gaps.first()) {
            (Some(record), _) => Found::Event(record),
            (None, Some(lost)) => Found::Gone(lost.reason),
            (None, None) => Found::Nothing,
        })
    }
}
