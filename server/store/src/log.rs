//! The log behind the hub's trait.

use std::{
    path::Path,
    sync::{Arc, Mutex, PoisonError, atomic::Ordering},
    thread::JoinHandle,
    time::SystemTime,
};

use futures::{StreamExt, stream, stream::BoxStream};
use hub::limits::TAIL_RECORDS;
use hub::{
    Appended, Bounds, Clock, Cursor, Draft, Filter, Fut, Health, Kept, Log, LogError, Page, Policy,
    Record, Seq, SystemClock, Tail, Topic, TopicInfo, TopicPage, TopicQuery,
};
use tokio::sync::{mpsc, oneshot};
use tracing::Instrument;

use crate::{
    disk::{Disk, SystemDisk},
    open::{self, OpenError, Plan},
    shared::{SPANS, Shared, State},
    writer::{Command, Writer},
};

/// How many publishes wait for the writer; the next wait to be let in.
const QUEUE: usize = 1_024;

/// How a log is kept.
pub struct Options {
    /// Retention.
    pub policy: Policy,
    /// When a segment is full, in bytes. Space is given back in whole segments: 16 MiB.
    pub segment_bytes: u64,
    /// Where it reads the time.
    pub clock: Arc<dyn Clock>,
    /// What it writes to.
    pub disk: Arc<dyn Disk>,
}

impl Options {
    /// The machine's clock and disk, and segments of 16 MiB.
    #[must_use]
    pub fn new(policy: Policy) -> Self {
        Self {
            policy,
            segment_bytes: 16 * 1024 * 1024,
            clock: Arc::new(SystemClock::default()),
            disk: Arc::new(SystemDisk),
        }
    }
}

/// A log in a directory of segment files.
pub struct SegmentLog {
    shared: Arc<Shared>,
    queue: Mutex<Option<mpsc::Sender<Command>>>,
    writer: Mutex<Option<JoinHandle<()>>>,
}

impl SegmentLog {
    /// Opens the log of a directory, or makes a new one in it. Reads all of it, once.
    ///
    /// # Errors
    /// Where another process has it, where something that was answered for is damaged, and where
    /// the system refuses; see [`OpenError`].
    pub fn open(dir: &Path, options: Options) -> Result<Self, OpenError> {
        let Options {
            policy,
            segment_bytes,
            clock,
            disk,
        } = options;
        let opened = open::open(Plan {
            dir,
            policy,
            clock: Arc::clone(&clock),
            disk: &*disk,
        })?;
        let (writer, shared) = Writer::new(opened, dir.to_owned(), segment_bytes, clock, disk);
        let (sender, queue) = mpsc::channel(QUEUE);
        let writer = std::thread::Builder::new()
            .name("tickertape-log".into())
            .spawn(move || writer.run(queue))
            .map_err(|error| OpenError::io("start the writer of", dir, error))?;
        Ok(Self {
            shared,
            queue: Mutex::new(Some(sender)),
            writer: Mutex::new(Some(writer)),
        })
    }

    /// Lets go of what is too old now, without waiting for the next publish.
    pub fn trim(&self) {
        self.shared.lock().catalogue.trim();
        if let Some(queue) = self.queue() {
            // A writer that is busy tidies after its work.
            let _ = queue.try_send(Command::Tidy);
        }
    }

    /// How many syncs there have been for publishes.
    #[must_use]
    pub fn syncs(&self) -> u64 {
        self.shared.syncs.read().count()
    }

    /// How often the disk was read since the log was opened: readers of the same part share it.
    #[must_use]
    pub fn reads(&self) -> u64 {
        self.shared.reads.load(Ordering::Relaxed)
    }

    /// How many events could not be read back since the log was opened.
    #[must_use]
    pub fn damaged(&self) -> u64 {
        self.shared.damaged.load(Ordering::Relaxed)
    }

    /// Takes no more, answers what waits, and gives the directory free. Blocks for as long as a
    /// sync takes.
    pub fn close(&self) {
        let queue = self
            .queue
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        drop(queue);
        let writer = self
            .writer
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if let Some(writer) = writer {
            // It panics nowhere; if it did, its queue is gone and so is its lock.
            let _ = writer.join();
        }
    }

    fn queue(&self) -> Option<mpsc::Sender<Command>> {
        self.queue
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    async fn ask<T>(
        &self,
        command: impl FnOnce(oneshot::Sender<Result<T, LogError>>) -> Command,
    ) -> Result<T, LogError> {
        let queue = self.queue().ok_or(LogError::Closed)?;
        let (answer, outcome) = oneshot::channel();
        queue
            .send(command(answer))
            .await
            .map_err(|_| LogError::Closed)?;
        drop(queue);
        outcome.await.map_err(|_| LogError::Closed)?
    }
}

impl Drop for SegmentLog {
    fn drop(&mut self) {
        self.close();
    }
}

impl Log for SegmentLog {
    fn append(&self, batch: Vec<Draft>) -> Fut<'_, Result<Vec<Appended>, LogError>> {
        let span = tracing::info_span!(target: SPANS, "publish", events = batch.len());
        let appended = self.ask(|answer| Command::Append(batch, answer));
        Box::pin(appended.instrument(span))
    }

    fn read(
        &self,
        after: Cursor,
        until: Seq,
        want: Arc<Filter>,
        max_bytes: u64,
    ) -> Fut<'_, Result<Page, LogError>> {
        Box::pin(async move {
            let find = |state: &mut State| {
                let stretch = state.catalogue.read(after, until, &want, max_bytes);
                (stretch.kept, (stretch.examined, stretch.gaps, stretch.told))
            };
            let (records, (examined, gaps, told)) = self.shared.fetch(find).await?;
            Ok(Page {
                records,
                examined,
                gaps,
                told,
            })
        })
    }

    fn newest(
        &self,
        until: Seq,
        want: Arc<Filter>,
        n: usize,
    ) -> Fut<'_, Result<Vec<Arc<Record>>, LogError>> {
        Box::pin(async move {
            let places = self.shared.newest(until, &want, n).await;
            let find = |state: &mut State| (state.still_kept(&places), ());
            Ok(self.shared.fetch(find).await?.0)
        })
    }

    fn before_newest(
        &self,
        until: Seq,
        want: Arc<Filter>,
        n: usize,
    ) -> Fut<'_, Result<Seq, LogError>> {
        Box::pin(async move {
            let newest = self.shared.newest(until, &want, n).await;
            Ok(newest.first().map_or(until, |place| place.seq() - 1))
        })
    }

    fn seek(&self, time: SystemTime) -> Fut<'_, Result<Seq, LogError>> {
        Box::pin(async move { Ok(self.shared.lock().catalogue.seek(time)) })
    }

    fn forget(&self, topic: &Topic) -> Fut<'_, Result<u64, LogError>> {
        let topic = topic.clone();
        Box::pin(self.ask(|answer| Command::Forget(topic, answer)))
    }

    fn topics(&self, query: TopicQuery) -> Fut<'_, Result<TopicPage, LogError>> {
        Box::pin(async move { Ok(self.shared.lock().catalogue.topics(&query)) })
    }

    fn topic(&self, topic: &Topic) -> Fut<'_, Result<Option<TopicInfo>, LogError>> {
        let topic = topic.clone();
        Box::pin(async move { Ok(self.shared.lock().catalogue.topic(&topic)) })
    }

    fn is_read_only(&self) -> bool {
        self.shared.read_only.load(Ordering::Relaxed)
    }

    fn health(&self) -> Health {
        Health {
            is_full: self.shared.full.load(Ordering::Relaxed),
            syncs: self.shared.syncs.read(),
            reads: self.reads(),
            damaged: self.damaged(),
        }
    }

    fn tidy(&self) {
        self.trim();
    }

    fn tail(&self, after: Seq) -> BoxStream<'static, Result<Tail, LogError>> {
        let shared = Arc::clone(&self.shared);
        let head = shared.head.clone();
        stream::unfold(
            (shared, head, after),
            |(shared, mut head, after)| async move {
                if head.wait_for(|head| *head > after).await.is_err() {
                    return None;
                }
                let find = |state: &mut State| state.catalogue.tail(after, TAIL_RECORDS);
                match shared.fetch(find).await {
                    Ok((records, through)) => {
                        let tail = Tail::Records(records, through);
                        Some((Ok(tail), (shared, head, through)))
                    }
                    Err(error) => Some((Err(error), (shared, head, after))),
                }
            },
        )
        .boxed()
    }

    fn bounds(&self) -> Bounds {
        self.shared.lock().catalogue.bounds()
    }
}

#[cfg(test)]
mod tests {
    use hub::Retention;

    use super::*;
    use crate::segment::Segment;

    #[tokio::test]
    async fn an_event_that_was_moved_while_it_was_read_is_not_damaged() {
        let dir = tempfile::tempdir().unwrap();
        let options = Options::new(Policy::new(Retention::default()));
        let log = SegmentLog::open(dir.path(), options).unwrap();
        let draft = Draft::new(Topic::parse("t").unwrap(), "x").unwrap();
        log.append(vec![draft]).await.unwrap();
        let range = || log.shared.lock().catalogue.range(1, 2);
        let old = range().remove(0);
        let path = dir.path().join("elsewhere");
        let epoch = log.bounds().epoch;
        let moved = Segment::create(path, &epoch, 1, &Arc::default(), &SystemDisk).unwrap();
        let new = old.clone().moved(Arc::new(moved.0), old.offset);
        log.shared.lock().catalogue.replace(new);
        log.shared.note_damage(std::slice::from_ref(&old));
        assert_eq!((log.damaged(), range().len()), (0, 1));
        log.shared.note_damage(&range());
        assert_eq!((log.damaged(), range().len()), (1, 0));
    }
}
