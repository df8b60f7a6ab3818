//! A subscriber: a cursor into the log, and nothing else.

mod sharing;

use std::{
    future::poll_fn,
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use tokio::time::Instant;

use crate::{
    delivery::{Close, CloseReason, Delivery},
    entry::Entry,
    fanout::Registration,
    handed::Handed,
    handle::Shared,
    id::{EventId, Seq},
    limits::BATCH_BYTES,
    log::{Cursor, LogError, Lost},
    observe::Client,
    selector::Filter,
    start::{Start, gap, place},
    waiter::Waiter,
};

/// What a subscriber is handed at a time: one delivery or more.
pub type Batch = Vec<Delivery>;

/// A subscriber's place in the log, and its bell.
pub struct Subscription {
    shared: Arc<Shared>,
    filter: Arc<Filter>,
    cursor: Cursor,
    /// What comes before the first event: a gap perhaps, then `hub.open`.
    preface: Batch,
    /// The id before the first event.
    begins_after: EventId,
    /// None where there was no room.
    registration: Option<Registration>,
    /// Whether it has looked at all there was, and its bell says whether there is more.
    caught_up: bool,
    /// Whether it ever had: what it is handed from then on is new.
    is_live: bool,
    /// Until when more has to be asked for, once something was handed out.
    patience: Option<Instant>,
    ended: bool,
}

impl Subscription {
    pub(crate) async fn begin(
        shared: Arc<Shared>,
        filter: Arc<Filter>,
        start: Start,
        client: Client,
        max: usize,
    ) -> Result<Self, LogError> {
        let sweep = shared.sweep.load(Ordering::Relaxed);
        let registration = shared.fanout.join(Arc::clone(&filter), client, sweep, max);
        let filter = match &registration {
            Some(registration) => Arc::clone(registration.waiter.filter()),
            None => filter,
        };
        let (cursor, gap) = place(&shared, &filter, start).await?;
        if let Some(registration) = &registration {
            registration.waiter.moved(cursor.seq);
        }
        let begins_after = shared.id(cursor.seq);
        let mut preface = Vec::with_capacity(2);
        preface.extend(gap.map(Delivery::Gap));
        preface.push(Delivery::Open(begins_after.clone()));
        Ok(Self {
            shared,
            filter,
            cursor,
            preface,
            begins_after,
            registration,
            caught_up: false,
            is_live: false,
            patience: None,
            ended: false,
        })
    }

    /// The id before the first event that is sent.
    #[must_use]
    pub fn begins_after(&self) -> &EventId {
        &self.begins_after
    }

    /// Whether there was room for it; without, it is told to come back later.
    #[must_use]
    pub fn has_room(&self) -> bool {
        self.registration.is_some()
    }

    /// The next deliveries; none after the last. Dropping the future loses nothing.
    ///
    /// Who asks too late for what has come in the meantime is closed, `slow`; see
    /// [`crate::limits::SLOW`].
    ///
    /// # Errors
    /// Where the log cannot be read.
    pub async fn next(&mut self) -> Result<Option<Batch>, LogError> {
        if self.ended {
            return Ok(None);
        }
        if !self.preface.is_empty() {
            let preface = std::mem::take(&mut self.preface);
            return Ok(Some(self.sent(preface)));
        }
        let late = self.patience.take().is_some_and(|at| Instant::now() >= at);
        if late && self.is_behind() {
            return Ok(Some(self.goodbye(CloseReason::Slow)));
        }
        loop {
            let Some(waiter) = self.registration.as_ref().map(|r| Arc::clone(&r.waiter)) else {
                return Ok(Some(self.goodbye(CloseReason::Overload)));
            };
            let nothing = self.passes(&waiter);
            if !nothing {
                waiter.clear();
                self.caught_up = false;
            }
            // After clearing, or the ring for the end could be lost.
            if let Some(reason) = self.shared.closing.get() {
                return Ok(Some(self.goodbye(*reason)));
            }
            if !nothing {
                let batch = self.advance(self.head()).await?;
                if !batch.is_empty() {
                    return Ok(Some(self.sent(batch)));
                }
                (self.caught_up, self.is_live) = (true, true);
                self.filter.verdicts().forget();
            }
            if waiter.take_beat() {
                let beat = Delivery::Beat(self.shared.id(self.cursor.seq));
                return Ok(Some(self.sent(vec![beat])));
            }
            poll_fn(|cx| waiter.poll_rung(cx)).await;
        }
    }

    /// What there is up to a place, a part at a time, without waiting for what comes; nothing once all
    /// of it was handed out. It counts as handed out once [`Subscription::took`] says so.
    ///
    /// # Errors
    /// Where the log cannot be read.
    pub async fn up_to(&mut self, until: Seq) -> Result<Batch, LogError> {
        if !self.preface.is_empty() {
            return Ok(std::mem::take(&mut self.preface));
        }
        if self.ended {
            return Ok(Batch::new());
        }
        let closing = self.shared.closing.get().copied();
        let full = self.registration.is_none().then_some(CloseReason::Overload);
        if let Some(reason) = full.or(closing) {
            return Ok(self.end(reason));
        }
        self.advance(until).await
    }

    /// Counts what was taken of [`Subscription::up_to`]: there may be no room for all of it.
    pub fn took(&self, deliveries: &[Delivery]) {
        let events = Handed::events_of(deliveries);
        self.shared.counters.handed_out(deliveries, &events, 1);
    }

    /// The id up to which everything was handed out.
    #[must_use]
    pub fn reached(&self) -> EventId {
        self.shared.id(self.cursor.seq)
    }

    /// Whether more is known already than has been handed out.
    #[must_use]
    pub fn is_behind(&self) -> bool {
        self.cursor.seq < self.head()
    }

    /// Moves the cursor past what is not for it, without looking at any of it; false where there
    /// may be something.
    ///
    /// It has looked at all up to its cursor after it last cleared its bell, and was not rung
    /// since. What matches and lies up to the place that is read first was rung for before that
    /// place was announced; so the bell would show it, or the look came later than the ring, and
    /// has seen it. What was lost before anyone was woken rings no bell: it was lost before the
    /// place was announced, and is asked for last.
    fn passes(&mut self, waiter: &Waiter) -> bool {
        let through = self.shared.rung.load(Ordering::SeqCst);
        let nothing =
            self.caught_up && !waiter.is_rung() && self.cursor.seq >= self.shared.log.bounds().lost;
        if nothing {
            self.cursor.seq = self.cursor.seq.max(through);
        }
        nothing
    }

    /// Moves the cursor to `until`, or to the end of what fits; hands out what lies between.
    async fn advance(&mut self, until: Seq) -> Result<Batch, LogError> {
        let mut batch = Batch::new();
        while batch.is_empty() && self.cursor.seq < until {
            batch = self.read(until).await?;
            if batch.is_empty() && self.cursor.seq < until {
                // A long stretch without a match is read bit by bit; others come in between.
                tokio::task::yield_now().await;
            }
        }
        Ok(batch)
    }

    /// From the ring where it reaches back far enough and nothing after the cursor is gone, else
    /// from the log. What is gone is told where it was.
    pub(crate) async fn read(&mut self, until: Seq) -> Result<Batch, LogError> {
        if let Some((entries, seq)) = self.read_ring(until) {
            self.cursor.seq = seq;
            return Ok(entries.into_iter().map(Delivery::Event).collect());
        }
        let want = Arc::clone(&self.filter);
        let page = self.shared.log.read(self.cursor, until, want, BATCH_BYTES);
        let page = page.await?;
        let entries = self.shared.replay.entries(page.records, &self.shared.epoch);
        let mut batch = Batch::with_capacity(entries.len() + page.gaps.len());
        let mut gaps = page.gaps.iter().peekable();
        for entry in entries {
            while let Some(lost) = gaps.next_if(|lost| lost.through < entry.seq()) {
                batch.push(self.tell(lost));
            }
            self.cursor.seq = entry.seq();
            batch.push(Delivery::Event(entry));
        }
        batch.extend(gaps.map(|lost| self.tell(lost)));
        self.cursor.seq = page.examined;
        Ok(batch)
    }

    fn read_ring(&self, until: Seq) -> Option<(Vec<Arc<Entry>>, Seq)> {
        let seq = self.cursor.seq;
        if seq < self.shared.log.bounds().lost {
            return None;
        }
        let ring = self.shared.ring();
        let reaches = ring.head() >= until;
        reaches.then(|| ring.read(seq, &self.filter, BATCH_BYTES))?
    }

    /// A gap, after which the cursor is past what it tells.
    fn tell(&mut self, lost: &Lost) -> Delivery {
        let requested = self.shared.id(self.cursor.seq).to_string();
        self.cursor.seq = lost.through;
        Delivery::Gap(gap(&self.shared, lost, requested))
    }

    fn end(&mut self, reason: CloseReason) -> Batch {
        self.ended = true;
        vec![Delivery::Close(Close::new(reason))]
    }

    /// The last that it is handed.
    fn goodbye(&mut self, reason: CloseReason) -> Batch {
        let batch = self.end(reason);
        self.took(&batch);
        batch
    }

    fn sent(&mut self, batch: Batch) -> Batch {
        self.note_handed(&batch, &Handed::events_of(&batch));
        batch
    }

    /// Notes what it is handed, of which these are the events.
    fn note_handed(&mut self, batch: &[Delivery], events: &Handed) {
        self.patience = Instant::now().checked_add(self.time_for(events.cost));
        if let Some(registration) = &self.registration {
            registration
                .waiter
                .sent(self.shared.sweep.load(Ordering::Relaxed));
            registration.waiter.moved(self.cursor.seq);
        }
        self.shared.counters.handed_out(batch, events, 1);
        if self.is_live {
            self.shared.counters.arrived(events, 1);
        }
    }

    /// How long so much may be on its way: one large event takes longer than a page of small ones on the
    /// same line.
    fn time_for(&self, cost: u64) -> Duration {
        let pages = cost.div_ceil(BATCH_BYTES);
        let pages = u32::try_from(pages.max(1)).unwrap_or(u32::MAX);
        self.shared.settings.slow.saturating_mul(pages)
    }

    fn head(&self) -> Seq {
        self.shared.head()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Draft, Hub, MemoryLog, Policy, Retention, Selector, Settings, SystemClock, Topic};

    async fn publish(hub: &Hub, topic: &str) {
        let draft = Draft::new(Topic::parse(topic).unwrap(), "x").unwrap();
        hub.publish(vec![draft]).await.unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn a_quiet_reader_beats_without_looking_at_the_traffic_of_others() {
        let policy = Policy::new(Retention::default());
        let log = MemoryLog::new(policy, Arc::new(SystemClock::default()));
        let (hub, driver) = Hub::open(Arc::new(log), Settings::default());
        tokio::spawn(driver.run());
        let quiet = Selector::parse("quiet/*").unwrap();
        let filter = Arc::new(Filter::new(vec![quiet]).unwrap());
        let mut reader = hub.subscribe(filter, Start::Live).await.unwrap();
        let mut next = async || {
            let batch = reader.next().await.unwrap().unwrap();
            batch.into_iter().next().unwrap()
        };
        assert!(matches!(next().await, Delivery::Open(_)));
        assert!(matches!(next().await, Delivery::Beat(_)));
        let looks = || hub.shared.ring().looks();
        let before = looks();
        for round in 1..=10 {
            for _ in 0..100 {
                publish(&hub, "busy").await;
            }
            let Delivery::Beat(id) = next().await else {
                panic!("a beat");
            };
            assert_eq!(id.seq, 100 * round, "the cursor goes on all the same");
        }
        assert_eq!(looks(), before);
        publish(&hub, "quiet/a").await;
        assert!(matches!(next().await, Delivery::Event(_)));
    }
}
