//! Subscribers with one filter who have everything, handed what is new together.
//!
//! What is new is read once for all of them. Who is behind reads by itself, as a [`Subscription`]; once
//! it has everything it enters, and it exits where it cannot keep up.

use std::{
    sync::{Arc, atomic::Ordering},
    task::{Context, Poll},
};

use crate::{
    delivery::{Close, CloseReason, Delivery},
    fanout::Registration,
    handed::Handed,
    handle::{Hub, Shared},
    id::Seq,
    limits::BATCH_BYTES,
    log::{Cursor, LogError},
    ring::Ring,
    selector::Filter,
    subscription::{Batch, Subscription},
};

/// A place in the log that many subscribers share.
pub struct Channel {
    shared: Arc<Shared>,
    filter: Arc<Filter>,
    seq: Seq,
    registration: Registration,
    /// Whether it has looked at all there was, and its bell says whether there is more.
    caught_up: bool,
}

/// What there is for all in a channel.
#[derive(Debug)]
pub enum News {
    /// This.
    Batch(Batch),
    /// What the newest events in memory do not have; see [`Channel::fetch`].
    Older,
    /// The end of every stream, each with an end of its own.
    End(CloseReason),
}

/// Whether a subscription entered a channel.
pub enum Entering {
    /// It did; see what has to be handed out.
    Entered(Entered),
    /// It has to read by itself for longer.
    NotYet(Subscription),
}

/// What has to be handed out now that a subscription has entered.
pub struct Entered {
    /// The one that entered, for when it exits; dropping it ends the subscription.
    pub member: Member,
    /// To those who were in the channel.
    pub news: Batch,
    /// To the one that entered.
    pub own: Batch,
}

/// A subscription that waits in a channel, and has nothing of its own but its name in the lists.
pub struct Member(Registration);

impl Hub {
    /// Counts what ends the stream of one that is in a channel.
    pub fn ended(&self, close: Close) {
        let last = [Delivery::Close(close)];
        self.shared
            .counters
            .handed_out(&last, &Handed::default(), 1);
    }

    /// A channel for this filter, which begins with what comes.
    #[must_use]
    pub fn channel(&self, filter: Arc<Filter>) -> Channel {
        let shared = Arc::clone(&self.shared);
        let sweep = shared.sweep.load(Ordering::Relaxed);
        let registration = shared.fanout.open(Arc::clone(&filter), sweep);
        let seq = shared.head();
        registration.waiter.moved(seq);
        Channel {
            shared,
            filter,
            seq,
            registration,
            caught_up: false,
        }
    }
}

impl Channel {
    /// What is new; pending where nothing is, and the task is woken once something may be.
    pub fn poll(&mut self, cx: &Context<'_>) -> Poll<News> {
        loop {
            let is_quiet = self.passes();
            if !is_quiet {
                self.registration.waiter.clear();
                self.caught_up = false;
            }
            // After clearing, or the ring for the end could be lost.
            if let Some(reason) = self.shared.closing.get() {
                return Poll::Ready(News::End(*reason));
            }
            if !is_quiet {
                let Some(batch) = self.read(self.shared.head()) else {
                    return Poll::Ready(News::Older);
                };
                if !batch.is_empty() {
                    return Poll::Ready(News::Batch(self.sent(batch)));
                }
                self.caught_up = true;
                self.filter.verdicts().forget();
            }
            if self.registration.waiter.take_beat() {
                let beat = Delivery::Beat(self.shared.id(self.seq));
                return Poll::Ready(News::Batch(self.sent(vec![beat])));
            }
            if self.registration.waiter.poll_rung(cx).is_pending() {
                return Poll::Pending;
            }
        }
    }

    /// What [`News::Older`] stands for, a part of it: read from the log, with what is lost told where it was.
    ///
    /// # Errors
    /// Where the log cannot be read.
    pub async fn fetch(&mut self) -> Result<Batch, LogError> {
        let cursor = Cursor {
            seq: self.seq,
            told: 0,
        };
        let mut reader =
            Subscription::aside(Arc::clone(&self.shared), Arc::clone(&self.filter), cursor);
        let batch = reader.read(self.shared.head()).await?;
        self.seq = reader.seq();
        if batch.is_empty() {
            // Nothing was sent, so a beat that is due stays due.
            self.registration.waiter.moved(self.seq);
            return Ok(batch);
        }
        Ok(self.sent(batch))
    }

    /// Whether there may be something new by now.
    #[must_use]
    pub fn is_rung(&self) -> bool {
        self.registration.waiter.is_rung()
    }

    /// Lets a subscription in where the newest events in memory bring both to the same place; it has to have
    /// the filter of this channel.
    pub fn enter(&mut self, mut subscription: Subscription) -> Entering {
        let head = self.shared.head();
        if head < subscription.seq() || subscription.has_more_than_events() {
            return Entering::NotYet(subscription);
        }
        // Who is not ahead comes to where the others are, and they are not disturbed.
        let until = match subscription.seq() <= self.seq {
            true => self.seq,
            false => head,
        };
        let Some((news, own)) = self.between(subscription.seq(), until) else {
            return Entering::NotYet(subscription);
        };
        let Some(registration) = subscription.take_registration() else {
            return Entering::NotYet(subscription);
        };
        self.seq = until;
        self.caught_up = false;
        self.registration.waiter.moved(self.seq);
        let news = match news.is_empty() {
            true => news,
            false => self.sent(news),
        };
        registration.enter(&self.registration);
        Entering::Entered(Entered {
            member: Member(registration),
            news,
            own,
        })
    }

    /// What matches up to `until`, from here and from another place; none where the ring does not have all of it.
    fn between(&self, other: Seq, until: Seq) -> Option<(Batch, Batch)> {
        // Before the ring is held: who holds the log for long is not to hold up who waits for the ring.
        let lost = self.shared.log.bounds().lost;
        let ring = self.shared.ring();
        let reaches = self.seq >= lost && other >= lost;
        let read = |from| read_all(&ring, from, until, &self.filter);
        Some((read(self.seq)?, read(other)?)).filter(|_| reaches)
    }

    /// Lets one out again that was handed all up to here, and these last.
    #[must_use]
    pub fn exit(&self, Member(registration): Member, last: &[Delivery]) -> Subscription {
        let (shared, filter) = (Arc::clone(&self.shared), Arc::clone(&self.filter));
        Subscription::resume(shared, filter, self.seq, registration, last)
    }

    /// Counts what so many subscribers were handed.
    pub fn handed_out(&self, batch: &[Delivery], subscribers: u64) {
        let events = Handed::events_of(batch);
        let counters = &self.shared.counters;
        counters.handed_out(batch, &events, subscribers);
        counters.arrived(&events, subscribers);
    }

    /// See [`Subscription::passes`]: the same argument holds here.
    fn passes(&mut self) -> bool {
        let through = self.shared.rung.load(Ordering::SeqCst);
        let nothing = self.caught_up
            && !self.registration.waiter.is_rung()
            && self.seq >= self.shared.log.bounds().lost;
        if nothing {
            self.seq = self.seq.max(through);
        }
        nothing
    }

    /// What matches up to a place, or what fits; none where the ring does not have it.
    fn read(&mut self, until: Seq) -> Option<Batch> {
        let mut batch = Batch::new();
        while batch.is_empty() && self.seq < until {
            if self.seq < self.shared.log.bounds().lost {
                return None;
            }
            let (entries, seq) = self
                .shared
                .ring()
                .read(self.seq, &self.filter, BATCH_BYTES)?;
            self.seq = seq;
            batch = entries.into_iter().map(Delivery::Event).collect();
        }
        Some(batch)
    }

    fn sent(&self, batch: Batch) -> Batch {
        let waiter = &self.registration.waiter;
        waiter.sent(self.shared.sweep.load(Ordering::Relaxed));
        waiter.moved(self.seq);
        batch
    }
}

/// All that matches between two places, where that is one page at most.
fn read_all(ring: &Ring, from: Seq, until: Seq, filter: &Filter) -> Option<Batch> {
    if from >= until {
        return Some(Batch::new());
    }
    let (entries, examined) = ring.read(from, filter, BATCH_BYTES)?;
    let between = entries.into_iter().filter(|entry| entry.seq() <= until);
    (examined >= until).then(|| between.map(Delivery::Event).collect())
}
