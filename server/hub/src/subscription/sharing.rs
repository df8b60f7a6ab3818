//! What a subscription shares with others: its place in a channel, and what they were handed.

use std::sync::{Arc, atomic::Ordering};

use tokio::time::Instant;

use super::{Batch, Subscription};
use crate::{
    delivery::Delivery, fanout::Registration, handed::Handed, handle::Shared, id::Seq, log::Cursor,
    selector::Filter,
};

/// How many places of the log a subscriber may be behind, and have nearly everything: most are others' events.
const NEARLY: u64 = 256;

impl Subscription {
    /// A reader of a stretch of the log that no one hears of.
    pub(crate) fn aside(shared: Arc<Shared>, filter: Arc<Filter>, cursor: Cursor) -> Self {
        Self {
            begins_after: shared.id(cursor.seq),
            shared,
            filter,
            cursor,
            preface: Batch::new(),
            registration: None,
            caught_up: false,
            is_live: false,
            patience: None,
            ended: false,
        }
    }

    /// What it asks for.
    #[must_use]
    pub fn filter(&self) -> &Arc<Filter> {
        &self.filter
    }

    /// The place after which it would be handed events; none where it has another word to hear first, or
    /// something after that place is lost.
    #[must_use]
    pub fn place(&self) -> Option<Seq> {
        let is_late = self.patience.is_some_and(|at| Instant::now() >= at);
        let has_word =
            is_late || self.has_more_than_events() || self.shared.closing.get().is_some();
        let is_whole = self.cursor.seq >= self.shared.log.bounds().lost;
        (!has_word && is_whole).then_some(self.cursor.seq)
    }

    /// The place up to which it was handed all that matches.
    #[must_use]
    pub fn seq(&self) -> Seq {
        self.cursor.seq
    }

    /// Takes as handed out what another with the same filter was handed, who stood at [`Subscription::place`]
    /// too and came as far as this.
    pub fn hand(&mut self, handed: &Handed, through: Seq) {
        self.cursor.seq = through;
        self.caught_up = false;
        self.note_handed(&[], handed);
    }

    /// Whether it may wait with others in a [`crate::Channel`]: it has all there is so far, or nearly.
    #[must_use]
    pub fn may_enter(&self) -> bool {
        self.place().is_some() && self.head().saturating_sub(self.cursor.seq) <= NEARLY
    }

    /// Whether it has a word of its own to hear first, or its last.
    pub(crate) fn has_more_than_events(&self) -> bool {
        self.ended || !self.preface.is_empty() || self.registration.is_none()
    }

    /// What is left of it while it waits in a channel; nothing where there was no room for it.
    pub(crate) fn take_registration(&mut self) -> Option<Registration> {
        self.registration.take()
    }

    /// One that waits by itself again, with these on their way.
    pub(crate) fn resume(
        shared: Arc<Shared>,
        filter: Arc<Filter>,
        seq: Seq,
        registration: Registration,
        last: &[Delivery],
    ) -> Self {
        registration.exit(seq, shared.sweep.load(Ordering::Relaxed));
        let mut resumed = Self::aside(shared, filter, Cursor { seq, told: 0 });
        resumed.registration = Some(registration);
        resumed.is_live = true;
        resumed.patience =
            Instant::now().checked_add(resumed.time_for(Handed::events_of(last).cost));
        resumed
    }
}
