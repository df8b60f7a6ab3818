//! Places for connections: those that may stay, and some to spare, so that one that may not is told so, and a
//! balancer's health check is answered.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::limits::Limits;

/// The places that are left; clones share them.
#[derive(Clone)]
pub(super) struct Places {
    stays: Arc<Semaphore>,
    spares: Arc<Semaphore>,
}

/// A place for one connection, until it is dropped.
pub(super) struct Place {
    /// Whether the connection may not stay.
    pub(super) is_spare: bool,
    _permit: OwnedSemaphorePermit,
}

impl Places {
    pub(super) fn new(limits: &Limits) -> Self {
        Self {
            stays: Arc::new(Semaphore::new(limits.connections)),
            spares: Arc::new(Semaphore::new(limits.spares)),
        }
    }

    /// A place, once there is one: a spare one where there is no other.
    pub(super) async fn next(&self) -> Place {
        let (stays, spares) = (Arc::clone(&self.stays), Arc::clone(&self.spares));
        let (is_spare, permit) = tokio::select! {
            biased;
            permit = stays.acquire_owned() => (false, permit),
            permit = spares.acquire_owned() => (true, permit),
        };
        match permit {
            Ok(permit) => Place {
                is_spare,
                _permit: permit,
            },
            // Never closed; if they were, there would be nothing to accept any more.
            Err(_) => std::future::pending().await,
        }
    }

    /// One in which a connection may stay, where there is one by now; else the same.
    pub(super) fn better(&self, place: Place) -> Place {
        if !place.is_spare {
            return place;
        }
        match Arc::clone(&self.stays).try_acquire_owned() {
            Ok(permit) => Place {
                is_spare: false,
                _permit: permit,
            },
            Err(_) => place,
        }
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;

    use super::*;

    #[tokio::test]
    async fn a_spare_place_is_given_only_where_there_is_no_other_and_better_ones_are_taken() {
        let places = Places::new(&Limits {
            connections: 1,
            spares: 1,
            ..Limits::default()
        });
        let stays = places.next().await;
        let spare = places.next().await;
        assert!(!stays.is_spare && spare.is_spare);
        assert!(places.next().now_or_never().is_none(), "all are taken");
        let spare = places.better(spare);
        assert!(spare.is_spare);
        drop(stays);
        // It waited for its connection meanwhile.
        assert!(!places.better(spare).is_spare);
        assert!(!places.next().await.is_spare);
    }
}
