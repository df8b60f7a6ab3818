//! The streams of a shard that have one filter and one form.

use std::sync::Arc;
use std::task::Waker;
use std::time::Instant;

use hub::{Filter, Form};

use super::member::{Joining, Member};

/// What streams have to have in common to share a channel.
pub(super) type Kind = (Arc<Filter>, Form);

/// Streams that get the same bytes.
pub(super) struct Channel {
    pub(super) kind: Kind,
    /// None while it reads from the log.
    pub(super) reader: Option<hub::Channel>,
    pub(super) waker: Waker,
    pub(super) members: Vec<Member>,
    /// Those that came while it reads from the log.
    pub(super) waiting: Vec<Joining>,
    /// When something was sent last; none where nothing was.
    pub(super) sent: Option<Instant>,
    /// Whether it is to be looked at later.
    pub(super) is_due: bool,
}

impl Channel {
    pub(super) fn new(kind: Kind, reader: hub::Channel, waker: Waker) -> Self {
        Self {
            kind,
            reader: Some(reader),
            waker,
            members: Vec::new(),
            waiting: Vec::new(),
            sent: None,
            is_due: false,
        }
    }

    /// Whether nobody is there, nor will be.
    pub(super) fn is_empty(&self) -> bool {
        self.members.is_empty() && self.waiting.is_empty() && self.reader.is_some()
    }
}
