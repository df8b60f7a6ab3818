//! Memory for what clients have begun to send: bounded for all of them together.
//!
//! A body may have 8 MiB and take half a minute, and every connection can begin one; what each may
//! have bounds nothing.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::error::HttpError;
use crate::limits::SMALL_BODY;

/// What all bodies of a kind may take together.
#[derive(Clone, Debug)]
pub(crate) struct Room {
    /// A permit is a KiB.
    left: Arc<Semaphore>,
}

impl Room {
    /// Room for so many bytes.
    pub(crate) fn new(bytes: usize) -> Self {
        Self {
            left: Arc::new(Semaphore::new(bytes / 1024)),
        }
    }

    /// The share of one body, which has nothing yet.
    pub(crate) fn share(&self) -> Share {
        Share {
            room: self.clone(),
            taken: None,
        }
    }
}

/// What one body has taken; it is given back when this is dropped.
#[derive(Debug)]
pub(crate) struct Share {
    room: Room,
    taken: Option<OwnedSemaphorePermit>,
}

impl Share {
    /// Takes what a body of so many bytes needs, and gives back what it needs no more. Small bodies
    /// need nothing: who publishes little is not kept out by who sends much.
    ///
    /// # Errors
    /// 503 where others have taken too much.
    pub(crate) fn hold(&mut self, bytes: usize) -> Result<(), HttpError> {
        let needed = match bytes {
            ..=SMALL_BODY => 0,
            _ => bytes.div_ceil(1024),
        };
        let has = self
            .taken
            .as_ref()
            .map_or(0, OwnedSemaphorePermit::num_permits);
        if needed < has {
            let surplus = self
                .taken
                .as_mut()
                .and_then(|taken| taken.split(has - needed));
            drop(surplus);
        }
        if needed > has {
            // No body is larger than u32 KiB.
            let more = u32::try_from(needed - has).unwrap_or(u32::MAX);
            let left = Arc::clone(&self.room.left);
            let more = left.try_acquire_many_owned(more).map_err(|_| {
                HttpError::Overload(
                    "too many large bodies are on their way at once; try again in a moment, or send less at a time"
                        .into(),
                )
            })?;
            match &mut self.taken {
                Some(taken) => taken.merge(more),
                None => self.taken = Some(more),
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn large_bodies_share_what_there_is_and_small_ones_need_none() {
        let room = Room::new(100 * 1024);
        let (mut one, mut other) = (room.share(), room.share());
        one.hold(60 * 1024).unwrap();
        other.hold(40 * 1024).unwrap();
        assert!(matches!(
            one.hold(60 * 1024 + 1),
            Err(HttpError::Overload(_))
        ));
        room.share().hold(SMALL_BODY).unwrap();
        assert!(room.share().hold(SMALL_BODY + 1).is_err());
        drop(other);
        one.hold(100 * 1024).unwrap();
        // The next line is short again.
        one.hold(20 * 1024).unwrap();
        let mut third = room.share();
        third.hold(80 * 1024).unwrap();
        one.hold(0).unwrap();
        third.hold(100 * 1024).unwrap();
    }
}
