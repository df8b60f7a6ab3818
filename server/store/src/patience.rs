//! When to try again what there was no room for.

use std::{io, time::Duration};

/// The first wait, doubled with each failure.
const FIRST: Duration = Duration::from_secs(1);

/// The longest: room that is made is used within a minute.
const LONGEST: Duration = Duration::from_secs(60);

/// A wait that grows with each failure, and begins anew with a success.
#[derive(Default)]
pub(crate) struct Patience {
    wait: Duration,
    until: Duration,
}

impl Patience {
    /// Whether it is time to try, by the steady clock.
    pub(crate) fn is_over(&self, now: Duration) -> bool {
        now >= self.until
    }

    /// Notes a failure, and warns of the first.
    pub(crate) fn lose(&mut self, now: Duration, error: &io::Error) {
        if self.wait.is_zero() {
            tracing::warn!(
                %error,
                "no room to write a segment anew: what was deleted is not read any more, and leaves the disk once there is room",
            );
        }
        self.wait = (self.wait * 2).clamp(FIRST, LONGEST);
        self.until = now + self.wait;
    }
}
