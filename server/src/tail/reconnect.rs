//! When to come back, as an `EventSource` would (HTML 9.2.3), and when not to: pure rules.

use std::time::Duration;

/// The delay before the first reconnect, where the server named none.
const FIRST_DELAY: Duration = Duration::from_secs(1);
/// The shortest delay, whatever the server names: `retry: 0` is not to be a busy loop.
const SHORTEST_DELAY: Duration = Duration::from_millis(100);
/// The longest delay that repeated failures lead to.
const LONGEST_DELAY: Duration = Duration::from_secs(30);
/// The longest delay that a server may name by `retry:` or `hub.close`: what a hub accepts.
const LONGEST_RETRY: Duration = Duration::from_secs(300);
/// The longest delay that a server may name by `Retry-After`: it may be down for maintenance.
const LONGEST_RETRY_AFTER: Duration = Duration::from_secs(3_600);

/// How a connection ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ended {
    /// It could not be made, broke, was silent for too long, or the response came to its end.
    Lost,
    /// The server said that it would end it, and when to come back.
    Closed(Duration),
    /// The server answered with another status than 200.
    Refused {
        /// The status.
        status: u16,
        /// What its `Retry-After` says.
        retry_after: Option<Duration>,
    },
}

/// What to do about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// Come back after this long.
    Wait(Duration),
    /// The server has no more to give (204).
    Finished,
    /// The same request would be refused again.
    Refused,
}

/// What is known for the next attempt.
#[derive(Debug, Default)]
pub(super) struct Reconnect {
    /// Failures since anything was last heard.
    failures: u32,
    /// Goodbyes since an event was last heard.
    goodbyes: u32,
}

impl Reconnect {
    /// Something was heard. Only that counts as success: a server that answers 200 and ends at once
    /// is still met with growing delays.
    pub(super) fn heard(&mut self) {
        self.failures = 0;
    }

    /// An event of a publisher was heard, which is more than the hub's own words.
    pub(super) fn delivered(&mut self) {
        self.goodbyes = 0;
    }

    /// What to do after an end; `retry` is the reconnection time in force, and `chance` a random
    /// number from 0 to 1, which spreads the reconnects of many clients.
    pub(super) fn next(&mut self, ended: Ended, retry: Option<Duration>, chance: f64) -> Next {
        let at_least = match ended {
            // The server drew it at random already.
            Ended::Closed(after) => {
                self.goodbyes += 1;
                self.failures = 0;
                // One that says nothing but goodbye is met with growing delays, too.
                let least = delay(self.goodbyes, SHORTEST_DELAY);
                return Next::Wait(after.min(LONGEST_RETRY).max(least));
            }
            Ended::Refused { status: 204, .. } => return Next::Finished,
            Ended::Refused {
                status: 408 | 425 | 429 | 500..=599,
                retry_after,
            } => retry_after.unwrap_or_default().min(LONGEST_RETRY_AFTER),
            Ended::Refused { .. } => return Next::Refused,
            Ended::Lost => Duration::ZERO,
        };
        self.failures += 1;
        let delay = delay(self.failures, retry.unwrap_or(FIRST_DELAY));
        // Never earlier than the server asks.
        Next::Wait(
            delay
                .max(at_least)
                .mul_f64(1.0 + chance.clamp(0.0, 1.0) / 2.0),
        )
    }
}

/// Doubles with each failure.
fn delay(failures: u32, first: Duration) -> Duration {
    let first = first.clamp(SHORTEST_DELAY, LONGEST_RETRY);
    let doublings = failures.saturating_sub(1).min(16);
    (first * (1 << doublings)).min(LONGEST_DELAY.max(first))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(status: u16, retry_after: Option<u64>) -> Ended {
        let retry_after = retry_after.map(Duration::from_secs);
        Ended::Refused {
            status,
            retry_after,
        }
    }

    fn waits(ended: &[Ended], retry: Option<Duration>, chance: f64) -> Vec<f64> {
        let mut reconnect = Reconnect::default();
        let next = ended
            .iter()
            .map(|ended| reconnect.next(*ended, retry, chance));
        next.map(|next| match next {
            Next::Wait(delay) => delay.as_secs_f64(),
            other => panic!("{other:?}"),
        })
        .collect()
    }

    #[test]
    fn delays_double_up_to_a_bound_and_spread_upwards() {
        let lost = [Ended::Lost; 8];
        assert_eq!(
            waits(&lost, None, 0.0),
            [1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0, 30.0]
        );
        assert_eq!(waits(&lost, None, 1.0)[5..], [45.0; 3]);
        assert_eq!(waits(&[Ended::Lost; 100], None, 0.0)[99], 30.0);
    }

    #[test]
    fn the_servers_time_is_where_the_delays_begin() {
        let of = |ms| waits(&[Ended::Lost; 2], Some(Duration::from_millis(ms)), 0.0);
        assert_eq!(of(250), [0.25, 0.5]);
        assert_eq!(of(0), [0.1, 0.2]);
        assert_eq!(of(120_000), [120.0, 120.0]);
        assert_eq!(of(u64::MAX), [300.0, 300.0]);
    }

    #[test]
    fn what_was_heard_begins_the_delays_anew() {
        let mut reconnect = Reconnect::default();
        for _ in 0..5 {
            reconnect.next(Ended::Lost, None, 0.0);
        }
        reconnect.heard();
        let first = Next::Wait(Duration::from_secs(1));
        assert_eq!(reconnect.next(Ended::Lost, None, 0.0), first);
    }

    #[test]
    fn a_goodbye_names_its_own_time() {
        let closed = |ms| [Ended::Closed(Duration::from_millis(ms))];
        assert_eq!(waits(&closed(700), None, 1.0), [0.7]);
        assert_eq!(waits(&closed(u64::MAX), None, 1.0), [300.0]);
        assert_eq!(waits(&closed(0), None, 1.0), [0.1]);
    }

    #[test]
    fn goodbyes_without_an_event_in_between_are_met_with_growing_delays() {
        let mut reconnect = Reconnect::default();
        let mut next = |delivered: bool| {
            if delivered {
                reconnect.delivered();
            }
            reconnect.heard();
            reconnect.next(Ended::Closed(Duration::ZERO), None, 0.0)
        };
        let wait = |ms| Next::Wait(Duration::from_millis(ms));
        let waits = [false; 4].map(&mut next);
        assert_eq!(waits, [wait(100), wait(200), wait(400), wait(800)]);
        assert_eq!(next(true), wait(100));
    }

    #[test]
    fn a_goodbye_is_no_failure() {
        let mut reconnect = Reconnect::default();
        for _ in 0..5 {
            reconnect.next(Ended::Lost, None, 0.0);
        }
        reconnect.next(Ended::Closed(Duration::from_secs(1)), None, 0.0);
        let first = Next::Wait(Duration::from_secs(1));
        assert_eq!(reconnect.next(Ended::Lost, None, 0.0), first);
    }

    #[test]
    fn retry_after_is_the_least_that_is_waited() {
        assert_eq!(waits(&[refused(503, Some(7))], None, 0.0), [7.0]);
        assert_eq!(waits(&[refused(429, Some(0))], None, 0.0), [1.0]);
        assert_eq!(waits(&[refused(502, Some(u64::MAX))], None, 0.0), [3600.0]);
    }

    #[test]
    fn only_what_may_pass_is_tried_again() {
        let next = |status| Reconnect::default().next(refused(status, None), None, 0.0);
        for passing in [408, 425, 429, 500, 502, 503, 504] {
            assert!(matches!(next(passing), Next::Wait(_)), "{passing}");
        }
        for lasting in [201, 304, 400, 401, 403, 404, 421] {
            assert_eq!(next(lasting), Next::Refused, "{lasting}");
        }
        assert_eq!(next(204), Next::Finished);
    }
}
