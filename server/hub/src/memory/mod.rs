//! The log in memory: it ends with the process, and begins with a new epoch.

mod keys;
mod losses;
mod state;

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::SystemTime,
};

use futures::{StreamExt, stream, stream::BoxStream};
use tokio::sync::watch;

use crate::{
    clock::Clock,
    draft::Draft,
    id::{Epoch, Seq},
    log::{Appended, Bounds, Cursor, Fut, Log, LogError, Page, Tail},
    record::Record,
    retention::Policy,
    selector::Filter,
    topic::Topic,
};
use state::State;

/// How many records the ring takes at a time.
const TAIL_RECORDS: usize = 1_024;

/// A log in memory. The lock is held for a few map operations, never across an await.
pub struct MemoryLog {
    shared: Arc<Shared>,
}

struct Shared {
    state: Mutex<State>,
    head: watch::Sender<Seq>,
}

impl MemoryLog {
    /// An empty log with an epoch of its own.
    #[must_use]
    pub fn new(policy: Policy, clock: Arc<dyn Clock>) -> Self {
        let state = Mutex::new(State::new(Epoch::random(), policy, clock));
        Self {
            shared: Arc::new(Shared {
                state,
                head: watch::Sender::new(0),
            }),
        }
    }

    /// Trims what is too old now, without waiting for the next publish.
    pub fn trim(&self) {
        self.shared.lock().trim();
    }
}

impl Shared {
    /// A panic while the lock was held cannot leave the state half changed in a way that would
    /// show: every method checks before it writes.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Log for MemoryLog {
    fn append(&self, batch: Vec<Draft>) -> Fut<'_, Result<Vec<Appended>, LogError>> {
        Box::pin(async move {
            let mut state = self.shared.lock();
            let appended = state.append(batch)?;
            // Under the lock, so that heads are announced in order.
            self.shared.head.send_replace(state.head());
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
        Box::pin(async move { Ok(self.shared.lock().read(after, until, &want, max_bytes)) })
    }

    fn newest(
        &self,
        until: Seq,
        want: Arc<Filter>,
        n: usize,
    ) -> Fut<'_, Result<Vec<Arc<Record>>, LogError>> {
        Box::pin(async move { Ok(self.shared.lock().newest(until, &want, n)) })
    }

    fn seek(&self, time: SystemTime) -> Fut<'_, Result<Seq, LogError>> {
        Box::pin(async move { Ok(self.shared.lock().seek(time)) })
    }

    fn forget(&self, topic: &Topic) -> Fut<'_, Result<u64, LogError>> {
        let topic = topic.clone();
        Box::pin(async move { Ok(self.shared.lock().forget(&topic)) })
    }

    fn tail(&self, after: Seq) -> BoxStream<'static, Result<Tail, LogError>> {
        let (shared, head) = (Arc::clone(&self.shared), self.shared.head.subscribe());
        stream::unfold(
            (shared, head, after),
            |(shared, mut head, after)| async move {
                if head.wait_for(|head| *head > after).await.is_err() {
                    return None;
                }
                let (records, through) = shared.lock().tail(after, TAIL_RECORDS);
                Some((Ok(Tail::Records(records, through)), (shared, head, through)))
            },
        )
        .boxed()
    }

    fn bounds(&self) -> Bounds {
        self.shared.lock().bounds()
    }
}
