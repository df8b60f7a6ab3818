//! What a shard is told by others, and what wakes it.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Wake;

use hub::{Batch, Channel};
use mio::{Registry, Token, Waker};

use super::member::Joining;

/// What a shard is told.
pub(super) enum Message {
    /// A stream has everything, and waits with others from now on.
    Join(Box<Joining>),
    /// What a channel had to read from the log; nothing where it could not.
    Fetched(Named, Option<(Channel, Batch)>),
    /// Something new may be there for a channel.
    Rung(Named),
    /// There is nothing to do any more.
    End,
    /// A test has it do this, within a turn.
    #[cfg(test)]
    Do(Box<dyn FnOnce() + Send>),
}

/// A channel of a shard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Named {
    /// Which shard of its thread: one that failed had others.
    pub(super) run: u64,
    pub(super) at: usize,
}

/// The way to a shard.
pub(super) struct Inbox {
    messages: Mutex<Vec<Message>>,
    /// Whether the shard was woken and has not looked yet.
    is_awake: AtomicBool,
    waker: Waker,
}

impl Inbox {
    /// One that wakes who polls.
    pub(super) fn new(registry: &Registry, token: Token) -> io::Result<Self> {
        Ok(Self {
            messages: Mutex::default(),
            is_awake: AtomicBool::new(false),
            waker: Waker::new(registry, token)?,
        })
    }

    /// Tells the shard something.
    pub(super) fn tell(&self, message: Message) {
        self.messages
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(message);
        if !self.is_awake.swap(true, Ordering::SeqCst)
            && let Err(error) = self.waker.wake()
        {
            tracing::error!(%error, "cannot wake a shard; its streams wait for what comes next");
        }
    }

    /// What it was told since it looked last.
    pub(super) fn take(&self) -> Vec<Message> {
        // Before looking, so that who tells something in between wakes it again.
        self.is_awake.store(false, Ordering::SeqCst);
        std::mem::take(&mut *self.messages.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// The bell of a channel.
pub(super) struct Bell {
    pub(super) inbox: Arc<Inbox>,
    pub(super) channel: Named,
}

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.inbox.tell(Message::Rung(self.channel));
    }
}
