//! The log in memory: it ends with the process, and begins with a new epoch.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, SystemTime},
};

use futures::{StreamExt, stream, stream::BoxStream};
use tokio::sync::watch;

use crate::{
    catalogue::{Catalogue, look_back},
    clock::Clock,
    draft::Draft,
    id::{Epoch, Seq},
    keys::Keys,
    limits::{FORGET, TAIL_RECORDS},
    log::{Appended, Bounds, Cursor, Fut, Health, Log, LogError, Page, Tail, TopicInfo, TopicPage},
    record::Record,
    retention::Policy,
    selector::Filter,
    shelves::TopicQuery,
    topic::Topic,
};

/// A log in memory. The lock is held for a few map operations, never across an await.
pub struct MemoryLog {
    shared: Arc<Shared>,
}

struct Shared {
    state: Mutex<State>,
    clock: Arc<dyn Clock>,
    head: watch::Sender<Seq>,
}

struct State {
    catalogue: Catalogue<Arc<Record>>,
    keys: Keys,
}

impl MemoryLog {
    /// An empty log with an epoch of its own.
    #[must_use]
    pub fn new(policy: Policy, clock: Arc<dyn Clock>) -> Self {
        let state = Mutex::new(State {
            catalogue: Catalogue::new(Epoch::random(), policy, Arc::clone(&clock)),
            keys: Keys::default(),
        });
        Self {
            shared: Arc::new(Shared {
                state,
                clock,
                head: watch::Sender::new(0),
            }),
        }
    }

    /// The same with room for so many publishers' keys, where an empty log has
    /// [`crate::limits::MAX_KEYS`].
    #[must_use]
    pub fn with_keys(self, room: usize) -> Self {
        self.shared.lock().keys = Keys::with_room(room);
        self
    }

    /// Trims what is too old now, without waiting for the next publish.
    pub fn trim(&self) {
        self.shared.lock().catalogue.trim();
    }
}

impl Shared {
    /// A panic while the lock was held cannot leave the state half changed in a way that would
    /// show: every method checks before it writes.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn newest(&self, until: Seq, want: &Filter, n: usize) -> Vec<Arc<Record>> {
        let look = |until, n| self.lock().catalogue.newest(until, want, n);
        look_back(until, n, look).await
    }
}

impl State {
    fn append(&mut self, batch: Vec<Draft>, clock: &dyn Clock) -> Result<Vec<Appended>, LogError> {
        let (now, time) = (clock.steady(), clock.wall());
        self.keys.expire(now);
        // All is checked before anything is written: a refusal leaves no trace.
        self.keys.check(&batch)?;
        let mut appended = Vec::with_capacity(batch.len());
        for draft in batch {
            let known = self.keys.find(&draft);
            let seq = known.unwrap_or_else(|| {
                let seq = self.catalogue.head() + 1;
                self.keys.note(&draft, seq, now);
                let record = Arc::new(draft.into_record(seq, time));
                self.catalogue.insert(record, Duration::ZERO);
                seq
            });
            appended.push(Appended {
                seq,
                duplicate: known.is_some(),
            });
        }
        self.catalogue.trim();
        Ok(appended)
    }
}

impl Log for MemoryLog {
    fn append(&self, batch: Vec<Draft>) -> Fut<'_, Result<Vec<Appended>, LogError>> {
        Box::pin(async move {
            let mut state = self.shared.lock();
            let appended = state.append(batch, &*self.shared.clock)?;
            // Under the lock, so that heads are announced in order.
            self.shared.head.send_replace(state.catalogue.head());
            Ok(appended)
        })
    }

    fn read(
        &self,
        after: Cursor,
        until: Seq,
        want: Arc<Filter>,
        max_bytes: u64,
    ) -> Fut<'_, Result<Page, LogError>> {
        Box::pin(async move {
            let mut state = self.shared.lock();
            let stretch = state.catalogue.read(after, until, &want, max_bytes);
            Ok(Page {
                records: stretch.kept,
                examined: stretch.examined,
                gaps: stretch.gaps,
                told: stretch.told,
            })
        })
    }

    fn newest(
        &self,
        until: Seq,
        want: Arc<Filter>,
        n: usize,
    ) -> Fut<'_, Result<Vec<Arc<Record>>, LogError>> {
        Box::pin(async move { Ok(self.shared.newest(until, &want, n).await) })
    }

    fn before_newest(
        &self,
        until: Seq,
        want: Arc<Filter>,
        n: usize,
    ) -> Fut<'_, Result<Seq, LogError>> {
        Box::pin(async move {
            let newest = self.shared.newest(until, &want, n).await;
            Ok(newest.first().map_or(until, |record| record.seq - 1))
        })
    }

    fn seek(&self, time: SystemTime) -> Fut<'_, Result<Seq, LogError>> {
        Box::pin(async move { Ok(self.shared.lock().catalogue.seek(time)) })
    }

    fn forget(&self, topic: &Topic) -> Fut<'_, Result<u64, LogError>> {
        let topic = topic.clone();
        Box::pin(async move {
            let (head, mut forgotten) = (self.bounds().head, 0);
            loop {
                let now = self.shared.lock().catalogue.forget(&topic, head);
                forgotten += now as u64;
                if now < FORGET {
                    return Ok(forgotten);
                }
                tokio::task::yield_now().await;
            }
        })
    }

    fn topics(&self, query: TopicQuery) -> Fut<'_, Result<TopicPage, LogError>> {
        Box::pin(async move { Ok(self.shared.lock().catalogue.topics(&query)) })
    }

    fn topic(&self, topic: &Topic) -> Fut<'_, Result<Option<TopicInfo>, LogError>> {
        let topic = topic.clone();
        Box::pin(async move { Ok(self.shared.lock().catalogue.topic(&topic)) })
    }

    fn is_read_only(&self) -> bool {
        false
    }

    fn health(&self) -> Health {
        Health::default()
    }

    fn tidy(&self) {
        self.trim();
    }

    fn tail(&self, after: Seq) -> BoxStream<'static, Result<Tail, LogError>> {
        let (shared, head) = (Arc::clone(&self.shared), self.shared.head.subscribe());
        stream::unfold(
            (shared, head, after),
            |(shared, mut head, after)| async move {
                if head.wait_for(|head| *head > after).await.is_err() {
                    return None;
                }
                let (records, through) = shared.lock().catalogue.tail(after, TAIL_RECORDS);
                Some((Ok(Tail::Records(records, through)), (shared, head, through)))
            },
        )
        .boxed()
    }

    fn bounds(&self) -> Bounds {
        self.shared.lock().catalogue.bounds()
    }
}
