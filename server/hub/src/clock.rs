//! Time, twice: what the calendar says, and what only goes forward.

use std::time::{Duration, SystemTime};

/// Where the hub reads the time; tests bring their own.
pub trait Clock: Send + Sync + 'static {
    /// What the calendar says; may jump either way.
    fn wall(&self) -> SystemTime;
    /// Time since some moment; never goes back.
    fn steady(&self) -> Duration;
}

/// Whole microseconds; as many as there can be for more than that.
pub(crate) fn micros(time: Duration) -> i64 {
    i64::try_from(time.as_micros()).unwrap_or(i64::MAX)
}

/// The machine's clocks.
#[derive(Debug)]
pub struct SystemClock {
    begun: tokio::time::Instant,
}

impl Default for SystemClock {
    fn default() -> Self {
        Self {
            begun: tokio::time::Instant::now(),
        }
    }
}

impl Clock for SystemClock {
    fn wall(&self) -> SystemTime {
        SystemTime::now()
    }

    fn steady(&self) -> Duration {
        self.begun.elapsed()
    }
}
