//! When the bytes came: silence, bursts, the time between events.

use std::collections::VecDeque;
use std::time::Duration;

use serde::Serialize;

use crate::limits::{SILENCE, TIMES};
use crate::{Finding, time};

/// What comes within this of what came before came at one moment.
const MOMENT: Duration = Duration::from_millis(50);
/// Events that say times as far apart as this, and come at one moment, were held back.
const APART: Duration = Duration::from_millis(500);
/// So many events at one moment after so long a quiet look as if they were held back.
const BURST: u64 = 3;
const BURST_QUIET: Duration = Duration::from_secs(2);

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

/// What came at one moment.
#[derive(Clone, Debug)]
struct Moment {
    begin: Duration,
    end: Duration,
    /// The quiet before it; before the first, since the request.
    quiet: Duration,
    is_first: bool,
    events: u64,
    /// The first and the last of the times that its events say, in ms.
    times: Option<(i64, i64)>,
}

impl Pace {
    /// Takes a piece, before what is in it; gives what there is to say of the time before.
    pub fn chunk(&mut self, at: Duration) -> Vec<Finding> {
        let mut found = Vec::new();
        let quiet = at.saturating_sub(self.last.unwrap_or_default());
        if quiet > SILENCE {
            found.push(Finding::silence(quiet));
        }
        let is_first = self.last.is_none();
        if !is_first {
            self.chunks.push(millis(quiet));
        }
        self.last = Some(at);
        match &mut self.moment {
            Some(moment) if at.saturating_sub(moment.end) <= MOMENT => moment.end = at,
            _ => {
                found.extend(self.end());
                self.moment = Some(Moment {
                    begin: at,
                    end: at,
                    quiet,
                    is_first,
                    events: 0,
                    times: None,
                });
            }
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
            moment.events += u64::from(!name.starts_with("hub."));
            if let Some(time) = said {
                let (first, last) = moment.times.unwrap_or((time, time));
                moment.times = Some((first.min(time), last.max(time)));
            }
        }
        #[allow(clippy::cast_precision_loss)]
        let latency = wall? - said? as f64;
        self.latencies.push(latency);
        Some(latency)
    }

    /// What there is to say of the moment that ends.
    pub fn end(&mut self) -> Option<Finding> {
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

impl Moment {
    /// Events that were made one after the other, while they were waited for, and came at once.
    fn held_back(&self) -> Option<Finding> {
        let (first, last) = self.times?;
        let apart = Duration::from_millis(last.abs_diff(first));
        let length = self.end.saturating_sub(self.begin);
        // What was there before it was asked for comes at once, and rightly: it is further apart.
        let within = length + self.quiet + APART / 2;
        let is_held = apart >= APART && apart <= within && apart > length * 2;
        (is_held && (!self.is_first || self.quiet >= APART)).then(|| {
            let detail = format!(
                "{} events came at one moment, {:.1} s after the request, which say that they were \
                 made over {} ms: something holds them back until its buffer is full",
                self.events,
                self.begin.as_secs_f64(),
                apart.as_millis()
            );
            Finding::new("buffered", detail)
        })
    }

    /// Several events at one moment after a quiet, of which nobody knows when they were made.
    fn burst(&self) -> Option<Finding> {
        let is_burst = self.events >= BURST && self.quiet >= BURST_QUIET && self.times.is_none();
        (is_burst && !self.is_first).then(|| {
            let detail = format!(
                "{} events came at one moment after {:.1} s of quiet: the server sends them so, or \
                 something holds them back",
                self.events,
                self.quiet.as_secs_f64()
            );
            Finding::new("bursts", detail)
        })
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
    }

    #[test]
    fn events_that_say_that_they_were_made_apart_were_held_back() {
        let mut pace = Pace::default();
        assert!(pace.chunk(ms(10)).is_empty());
        pace.event("message", "1970-01-01T00:00:00Z", None);
        assert!(pace.chunk(ms(3_000)).is_empty());
        pace.event("message", "1970-01-01T00:00:01Z", None);
        pace.event("message", "1970-01-01T00:00:02Z", None);
        assert_eq!(codes(pace.end()), ["buffered"]);
    }

    #[test]
    fn what_was_there_before_it_was_asked_for_was_not() {
        let mut pace = Pace::default();
        pace.chunk(ms(10));
        pace.event("message", "1970-01-01T00:00:00Z", None);
        pace.event("message", "1970-01-01T00:00:30Z", None);
        assert_eq!(codes(pace.end()), [] as [&str; 0]);
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
        told.extend(pace.end());
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
