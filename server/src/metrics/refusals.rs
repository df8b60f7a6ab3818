//! One line in the log for each kind of refusal, now and then: who floods the server with what it
//! refuses does not flood its log.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use tracing::Level;

use crate::http::refusal::Refusal;
use crate::limits::REFUSALS_LOGGED;

/// By what the lines are asked for.
const TARGET: &str = "server::refused";

/// What was refused, and when each kind was last told.
#[derive(Debug)]
pub(crate) struct Refusals {
    begun: Instant,
    kinds: [Kind; Refusal::ALL.len()],
}

#[derive(Debug, Default)]
struct Kind {
    /// How many have not been told.
    untold: AtomicU64,
    /// When it may be told again, in milliseconds since the start.
    next: AtomicU64,
}

impl Refusals {
    /// None so far.
    pub(crate) fn new() -> Self {
        Self {
            begun: Instant::now(),
            kinds: std::array::from_fn(|_| Kind::default()),
        }
    }

    /// Notes one, and says so where it is time.
    pub(crate) fn note(&self, kind: Refusal) {
        let Some(many) = self.due(kind, self.begun.elapsed()) else {
            return;
        };
        let (reason, status) = (kind.word(), kind.status().parse::<u16>().ok());
        match level(kind) {
            Level::WARN => {
                tracing::warn!(target: TARGET, reason, status, many, "requests are refused")
            }
            Level::INFO => {
                tracing::info!(target: TARGET, reason, status, many, "requests are refused")
            }
            _ => tracing::debug!(target: TARGET, reason, status, many, "requests are refused"),
        }
    }

    /// How many to tell of, this one among them; none where it was told a moment ago.
    fn due(&self, kind: Refusal, now: Duration) -> Option<u64> {
        let kind = &self.kinds[kind as usize];
        kind.untold.fetch_add(1, Ordering::Relaxed);
        let now = u64::try_from(now.as_millis()).unwrap_or(u64::MAX);
        let next = kind.next.load(Ordering::Relaxed);
        let then = now.saturating_add(REFUSALS_LOGGED.as_millis() as u64);
        let is_due = now >= next
            && kind
                .next
                .compare_exchange(next, then, Ordering::Relaxed, Ordering::Relaxed)
                .is_ok();
        is_due.then(|| kind.untold.swap(0, Ordering::Relaxed))
    }
}

/// What an operator has to see to is a warning, what may be an attack is told, and what clients get
/// wrong by themselves is for who looks.
fn level(kind: Refusal) -> Level {
    match kind {
        Refusal::Overload | Refusal::Keys | Refusal::ReadOnly | Refusal::DiskFull => Level::WARN,
        Refusal::Token
        | Refusal::Right
        | Refusal::Origin
        | Refusal::Host
        | Refusal::Rate
        | Refusal::Internal
        | Refusal::Unavailable
        | Refusal::Shutdown => Level::INFO,
        Refusal::Malformed
        | Refusal::NotFound
        | Refusal::Method
        | Refusal::Timeout
        | Refusal::TooLarge
        | Refusal::MediaType
        | Refusal::KeyReused
        | Refusal::Other => Level::DEBUG,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_is_told_at_once_and_then_once_a_minute_with_how_many_there_were() {
        let refusals = Refusals::new();
        let due = |kind, after| refusals.due(kind, after);
        let minute = REFUSALS_LOGGED;
        assert_eq!(due(Refusal::Host, Duration::ZERO), Some(1));
        assert_eq!(due(Refusal::Rate, Duration::ZERO), Some(1), "another kind");
        for _ in 0..9 {
            assert_eq!(due(Refusal::Host, minute / 2), None);
        }
        assert_eq!(due(Refusal::Host, minute), Some(10));
        assert_eq!(due(Refusal::Host, minute), None);
    }
}
