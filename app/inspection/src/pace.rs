//! When the bytes came: silence, bursts, the time between events.

use std::collections::VecDeque;
use std::time::Duration;

use serde::Serialize;

use crate::limits::{SILENCE, TIMES};
use crate::{Finding, Moment, time};

/// The times of one connection, as they come; all count from its request.
#[derive(Clone, Debug, Default)]
pub struct Pace {
    /// The newest piece.
    last: Option<Duration>,
    last_event: Option<Duration>,
    moment: Option<Moment>,
    is_buffered: bool,
    has_bursts: bool,
    chunks: Times,
    events: Times,
    latencies: Times,
}

/// How times are spread, in milliseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Spread {
    /// How many there are, of the newest.
    pub n: usize,
    /// The least.
    pub least: f64,
    /// Half are at most this.
    pub median: f64,
    /// 95 in 100 are at most this.
    pub p95: f64,
    /// The most.
    pub most: f64,
}

impl Pace {
    /// Takes a piece, before what is in it; gives what there is to say of the time before.
    pub fn chunk(&mut self, at: Duration) -> Vec<Finding> {
        let mut found = Vec::new();
        let quiet = self.quiet(at);
        if quiet > SILENCE {
            found.push(Finding::silence(quiet));
        }
        let is_first = self.last.is_none();
        if !is_first {
            self.chunks.push(millis(quiet));
        }
        self.last = Some(at);
        if !self.moment.as_mut().is_some_and(|moment| moment.has(at)) {
            found.extend(self.end());
            self.moment = Some(Moment::new(at, quiet, is_first));
        }
        found
    }

    /// Takes an event of the newest piece; `wall` is when that came, in milliseconds since 1970. Gives by how much it
    /// came later than it says that it was made.
    pub fn event(&mut self, name: &str, data: &str, wall: Option<f64>) -> Option<f64> {
        let at = self.last.unwrap_or_default();
        if let Some(before) = self.last_event.replace(at) {
            self.events.push(millis(at.saturating_sub(before)));
        }
        let said = time(data);
        if let Some(moment) = &mut self.moment {
            moment.event(name, said);
        }
        #[allow(clippy::cast_precision_loss)]
        let latency = wall? - said? as f64;
        self.latencies.push(latency);
        Some(latency)
    }

    /// What there is to say at the end, which was then, where that is known.
    pub fn close(&mut self, at: Option<Duration>) -> Vec<Finding> {
        let mut found: Vec<_> = self.end().into_iter().collect();
        let quiet = at.map(|at| self.quiet(at));
        found.extend(quiet.filter(|quiet| *quiet > SILENCE).map(Finding::silence));
        found
    }

    /// How long nothing came, then.
    #[must_use]
    pub fn quiet(&self, at: Duration) -> Duration {
        at.saturating_sub(self.last.unwrap_or_default())
    }

    /// The longest time between two events, of the newest.
    #[must_use]
    pub fn longest(&self) -> Option<Duration> {
        let most = self.events.spread()?.most;
        Duration::try_from_secs_f64(most / 1000.0).ok()
    }

    /// What there is to say of the moment that ends.
    fn end(&mut self) -> Option<Finding> {
        let moment = self.moment.take()?;
        if !self.is_buffered
            && let Some(found) = moment.held_back()
        {
            self.is_buffered = true;
            return Some(found);
        }
        if !self.has_bursts
            && let Some(found) = moment.burst()
        {
            self.has_bursts = true;
            return Some(found);
        }
        None
    }

    /// The times between pieces.
    #[must_use]
    pub fn chunks(&self) -> Option<Spread> {
        self.chunks.spread()
    }

    /// The times between events.
    #[must_use]
    pub fn events(&self) -> Option<Spread> {
        self.events.spread()
    }

    /// By how much events came later than they say that they were made.
    #[must_use]
    pub fn latencies(&self) -> Option<Spread> {
        self.latencies.spread()
    }
}

/// The newest times of a kind.
#[derive(Clone, Debug, Default)]
struct Times(VecDeque<f64>);

impl Times {
    fn push(&mut self, time: f64) {
        if self.0.len() == TIMES {
            self.0.pop_front();
        }
        self.0.push_back(time);
    }

    fn spread(&self) -> Option<Spread> {
        let mut sorted: Vec<f64> = self.0.iter().copied().collect();
        sorted.sort_by(f64::total_cmp);
        let at = |part: usize| sorted.get((sorted.len() - 1) * part / 100).copied();
        Some(Spread {
            n: sorted.len(),
            least: *sorted.first()?,
            median: at(50)?,
            p95: at(95)?,
            most: *sorted.last()?,
        })
    }
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    fn codes(found: impl IntoIterator<Item = Finding>) -> Vec<String> {
        found.into_iter().map(|f| f.code.into_owned()).collect()
    }

    #[test]
    fn silence_is_told_when_it_ends() {
        let mut pace = Pace::default();
        assert!(pace.chunk(ms(20_000)).is_empty());
        assert_eq!(codes(pace.chunk(ms(40_001))), ["silence"]);
        assert!(pace.close(Some(ms(60_000))).is_empty());
        assert_eq!(codes(pace.close(Some(ms(60_002)))), ["silence"]);
    }

    #[test]
    fn events_that_say_that_they_were_made_apart_were_held_back() {
        let mut pace = Pace::default();
        assert!(pace.chunk(ms(10)).is_empty());
        pace.event("message", "1970-01-01T00:00:00Z", None);
        assert!(pace.chunk(ms(3_000)).is_empty());
        pace.event("message", "1970-01-01T00:00:01Z", None);
        pace.event("message", "1970-01-01T00:00:02Z", None);
        assert_eq!(codes(pace.close(None)), ["buffered"]);
    }

    #[test]
    fn what_was_there_before_it_was_asked_for_was_not() {
        let mut pace = Pace::default();
        pace.chunk(ms(10));
        pace.event("message", "1970-01-01T00:00:00Z", None);
        pace.event("message", "1970-01-01T00:00:30Z", None);
        assert_eq!(codes(pace.close(None)), [] as [&str; 0]);
    }

    #[test]
    fn bursts_after_a_quiet_are_told_once() {
        let mut pace = Pace::default();
        let mut told = Vec::new();
        for second in [0, 3, 6] {
            told.extend(pace.chunk(ms(second * 1000)));
            (0..3).for_each(|_| {
                pace.event("message", "x", None);
            });
        }
        told.extend(pace.close(None));
        assert_eq!(codes(told), ["bursts"]);
    }

    #[test]
    fn the_times_between_are_spread() {
        let mut pace = Pace::default();
        for at in [0, 100, 200, 500] {
            pace.chunk(ms(at));
            pace.event("message", "1970-01-01T00:00:01Z", Some(1250.0));
        }
        let events = pace.events().unwrap();
        assert_eq!((events.n, events.median, events.most), (3, 100.0, 300.0));
        assert_eq!(pace.chunks(), pace.events());
        assert_eq!(pace.latencies().unwrap().median, 250.0);
    }
}
