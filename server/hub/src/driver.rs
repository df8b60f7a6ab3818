//! What the hub does by itself: one future, which its owner runs.

use std::{sync::Arc, time::Duration};

use futures::{StreamExt, stream::BoxStream};
use tokio::time::{MissedTickBehavior, interval};

use crate::{
    handle::Shared,
    limits::TIDY,
    log::{LogError, Tail},
};

/// How often quiet streams are looked for: heartbeats are a sweep, not a timer for each stream, and
/// are late by up to this.
const SWEEP: Duration = Duration::from_secs(1);

/// Follows the log's tail into the ring, wakes subscribers, sweeps heartbeats, has the log tidied.
///
/// Without it running, publishes are accepted and nobody hears of them.
pub struct Driver {
    pub(crate) shared: Arc<Shared>,
    pub(crate) tail: BoxStream<'static, Result<Tail, LogError>>,
}

impl Driver {
    /// Runs until the log ends.
    ///
    /// # Errors
    /// Where the log's tail fails.
    pub async fn run(mut self) -> Result<(), LogError> {
        let mut sweeps = interval(SWEEP);
        sweeps.set_missed_tick_behavior(MissedTickBehavior::Skip);
        // The first tick is at once.
        sweeps.tick().await;
        let mut tidies = interval(TIDY);
        tidies.set_missed_tick_behavior(MissedTickBehavior::Skip);
        // One more: what was sent last may have been sent just before a sweep.
        let heartbeat = self.shared.settings.heartbeat;
        let quiet = (heartbeat.as_secs() / SWEEP.as_secs()) as u32 + 1;
        loop {
            tokio::select! {
                tail = self.tail.next() => match tail.transpose()? {
                    Some(Tail::Records(records, through)) => self.shared.commit(&records, through),
                    None => return Ok(()),
                },
                _ = sweeps.tick() => self.shared.sweep(quiet),
                _ = tidies.tick() => self.shared.log.tidy(),
            }
        }
    }
}
