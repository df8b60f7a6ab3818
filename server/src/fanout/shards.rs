//! All shards, and the way into them.

#[cfg(test)]
mod tests;

use std::io;
use std::os::fd::OwnedFd;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use futures::FutureExt;
use hub::Hub;
use mio::Poll;
use tokio::net::TcpStream;
use tokio::runtime::Handle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::carrier::{self, Carried};
use super::inbox::{Inbox, Message, Named};
use super::keep::Keep;
use super::live::Live;
use super::member::Joining;
use super::portions::Portions;
use super::shard::Shard;
use super::spread::Spread;
use crate::limits::{Limits, SHARDS};
use crate::metrics::ConnectionCount;

/// The threads that write to the sockets of streams that have everything.
pub(crate) struct Shards {
    inboxes: Vec<Arc<Inbox>>,
    threads: Mutex<Vec<JoinHandle<()>>>,
    spread: Arc<Spread>,
    patience: Duration,
    /// What they were sent, for those who ask for the same.
    pub(super) portions: Portions,
    /// The streams that are carried by tasks.
    tasks: TaskTracker,
    cut: CancellationToken,
    runtime: Handle,
    /// Where failures are seen.
    count: Arc<ConnectionCount>,
}

impl Shards {
    /// One thread for each core, [`SHARDS`] at most; to be called within a runtime.
    ///
    /// # Errors
    /// Where the system gives no thread, or no descriptor for one.
    pub(crate) fn start(
        hub: &Hub,
        limits: &Limits,
        count: Arc<ConnectionCount>,
    ) -> io::Result<Arc<Self>> {
        let cores = thread::available_parallelism().map_or(1, usize::from);
        let (shards, polls) = Self::new(cores.min(SHARDS), limits, count)?;
        for (poll, inbox) in polls.into_iter().zip(&shards.inboxes) {
            let (inbox, hub, all) = (Arc::clone(inbox), hub.clone(), Arc::clone(&shards));
            let thread = thread::Builder::new().name("shard".into());
            let thread = thread.spawn(move || run(poll, &inbox, &hub, &all))?;
            shards.threads().push(thread);
        }
        Ok(shards)
    }

    /// So many, and what the thread of each waits with.
    pub(super) fn new(
        many: usize,
        limits: &Limits,
        count: Arc<ConnectionCount>,
    ) -> io::Result<(Arc<Self>, Vec<Poll>)> {
        let (polls, inboxes): (Vec<_>, Vec<_>) = (0..many)
            .map(|_| Shard::poll())
            .collect::<io::Result<Vec<_>>>()?
            .into_iter()
            .unzip();
        let shards = Arc::new(Self {
            inboxes,
            threads: Mutex::default(),
            spread: Arc::new(Spread::new(many)),
            patience: limits.write_timeout + limits.goodbye,
            portions: Portions::default(),
            tasks: TaskTracker::new(),
            cut: CancellationToken::new(),
            runtime: Handle::current(),
            count,
        });
        Ok((shards, polls))
    }

    /// How long a client may take nothing before it is cut off.
    pub(crate) fn patience(&self) -> Duration {
        self.patience
    }

    /// Carries a stream that does not wait with others, by a task of its own.
    pub(super) fn carry(self: &Arc<Self>, carried: Carried) {
        let carrying = carried.carry(Arc::clone(self));
        self.spawn(carrying);
    }

    /// Writes the last of a stream, by a task of its own.
    pub(super) fn finish(&self, stream: TcpStream, last: Vec<u8>, keep: Keep) {
        let patience = self.patience;
        self.spawn(async move {
            carrier::finish(&stream, &last, patience).await;
            drop(keep);
        });
    }

    /// Reads for a channel, by a task of its own.
    pub(super) fn fetch(&self, inbox: &Arc<Inbox>, named: Named, mut channel: hub::Channel) {
        let inbox = Arc::clone(inbox);
        let fetching = async move {
            match channel.fetch().await {
                Ok(batch) => Some((channel, batch)),
                Err(error) => {
                    tracing::error!(%error, "streams end because the log cannot be read");
                    None
                }
            }
        };
        self.spawn(async move {
            // Its streams wait for an answer, whatever happens.
            let fetched = AssertUnwindSafe(fetching).catch_unwind().await;
            inbox.tell(Message::Fetched(named, fetched.unwrap_or_default()));
        });
    }

    /// Lets a stream that has everything wait with others.
    pub(super) fn join(&self, stream: TcpStream, live: Live, keep: Keep) {
        let (shard, counted) = self.spread.pick(live.subscription.filter());
        match stream.into_std() {
            Ok(socket) => {
                let joining = Joining {
                    socket,
                    live,
                    keep,
                    counted,
                };
                self.inboxes[shard].tell(Message::Join(Box::new(joining)));
            }
            // Its client comes back, and resumes.
            Err(error) => {
                tracing::debug!(%error, "a stream ends, as its socket cannot be handed on")
            }
        }
    }

    /// Waits until the streams that are carried by tasks have ended; to be called once the hub has closed.
    pub(crate) async fn ended(&self) {
        self.tasks.close();
        self.tasks.wait().await;
    }

    /// Ends the threads, and cuts off what has not ended.
    ///
    /// They hold the log, which the next server in its directory opens: so they are waited for.
    pub(crate) async fn stop(&self) {
        self.cut_off();
        let threads = std::mem::take(&mut *self.threads());
        let joined = tokio::task::spawn_blocking(move || {
            // One that has panicked has ended too.
            threads.into_iter().for_each(|thread| drop(thread.join()));
        });
        let _ = joined.await;
    }

    /// The same, and waits for nothing.
    pub(crate) fn cut_off(&self) {
        self.cut.cancel();
        for inbox in &self.inboxes {
            inbox.tell(Message::End);
        }
    }

    /// The way to one of them.
    #[cfg(test)]
    pub(super) fn inbox(&self, shard: usize) -> &Arc<Inbox> {
        &self.inboxes[shard]
    }

    fn threads(&self) -> MutexGuard<'_, Vec<JoinHandle<()>>> {
        self.threads.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What a connection holds so that [`Shards::ended`] waits for it.
    pub(crate) fn token(&self) -> impl Send + 'static {
        self.tasks.token()
    }

    /// A socket that tasks can wait for.
    pub(super) fn watched(&self, socket: OwnedFd) -> io::Result<TcpStream> {
        let _runtime = self.runtime.enter();
        TcpStream::from_std(socket.into())
    }

    fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        let cut = self.cut.clone();
        let bounded = async move {
            tokio::select! {
                () = cut.cancelled() => {}
                () = task => {}
            }
        };
        self.tasks.spawn_on(bounded, &self.runtime);
    }
}

/// One thread: a shard after the other, until one ends as it should.
fn run(mut poll: Poll, inbox: &Arc<Inbox>, hub: &Hub, shards: &Arc<Shards>) {
    for number in 0.. {
        let (inbox, all) = (Arc::clone(inbox), Arc::clone(shards));
        let shard = Shard::new(&mut poll, number, inbox, hub.clone(), all);
        match catch_unwind(AssertUnwindSafe(|| shard.run())) {
            Ok(()) => return,
            // A fault of ours: those that come next are to be served all the same.
            Err(_) => {
                shards.count.shard_failed();
                tracing::error!("a shard has failed; its streams end, and their clients resume");
            }
        }
        // It may have been told in the turn in which it failed.
        if shards.cut.is_cancelled() {
            return;
        }
    }
}
