//! How fast events come, and how old they are when they do.

use std::collections::VecDeque;

use crate::ui::figures::grouped;

/// Seconds that are remembered: as many as the sparkline shows.
const SECONDS: usize = 60;

/// Seconds over which the rate is an average: fewer, and it flickers.
const AVERAGED: usize = 5;

/// Latencies of which the median is shown.
const SAMPLES: usize = 31;

/// The longest latency, in milliseconds, that says something of the way here: what is older was
/// replayed, or the clocks differ.
const LONGEST: f64 = 60_000.0;

/// What came in the last minute.
#[derive(Clone, Debug, Default)]
pub(crate) struct Pace {
    counts: VecDeque<u32>,
    current: u32,
    latencies: VecDeque<f64>,
}

impl Pace {
    /// Counts an event.
    pub(crate) fn count(&mut self) {
        self.current = self.current.saturating_add(1);
    }

    /// Notes how many milliseconds lie between an event's time and its arrival.
    pub(crate) fn latency(&mut self, ms: f64) {
        if (0.0..LONGEST).contains(&ms) {
            self.latencies.push_back(ms);
            self.latencies.keep_newest(SAMPLES);
        }
    }

    /// A second is over.
    pub(crate) fn tick(&mut self) {
        self.counts.push_back(std::mem::take(&mut self.current));
        self.counts.keep_newest(SECONDS);
    }

    /// The events of each of the last sixty seconds, oldest first; none before the page was alive.
    pub(crate) fn counts(&self) -> Vec<u32> {
        let before = std::iter::repeat_n(0, SECONDS - self.counts.len());
        before.chain(self.counts.iter().copied()).collect()
    }

    /// Events a second, lately.
    pub(crate) fn rate(&self) -> f64 {
        let lately = self.counts.iter().rev().take(AVERAGED);
        let seconds = lately.len().max(1) as f64;
        lately.map(|count| f64::from(*count)).sum::<f64>() / seconds
    }

    /// The rate and the median of the latencies, in words; empty where nothing comes.
    pub(crate) fn words(&self) -> String {
        let rate = self.rate();
        if rate == 0.0 {
            return String::new();
        }
        let mut words = match rate < 10.0 {
            // One digit, rounded by hand: formatting a float takes kilobytes.
            true => {
                let tenths = (rate * 10.0).round() as u64;
                format!("{}.{}/s", tenths / 10, tenths % 10)
            }
            false => format!("{}/s", grouped(rate.round() as u64)),
        };
        if let Some(median) = self.median() {
            words.push_str(&format!(" · p50 {} ms", grouped(median as u64)));
        }
        words
    }

    fn median(&self) -> Option<f64> {
        let mut sorted: Vec<f64> = self.latencies.iter().copied().collect();
        sorted.sort_by(f64::total_cmp);
        sorted.get(sorted.len() / 2).copied()
    }
}

trait KeepNewest {
    fn keep_newest(&mut self, len: usize);
}

impl<T> KeepNewest for VecDeque<T> {
    fn keep_newest(&mut self, len: usize) {
        while self.len() > len {
            self.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn second(pace: &mut Pace, events: u32) {
        (0..events).for_each(|_| pace.count());
        pace.tick();
    }

    #[test]
    fn the_rate_is_that_of_the_last_seconds() {
        let mut pace = Pace::default();
        assert_eq!(pace.words(), "");
        second(&mut pace, 3);
        assert_eq!(pace.words(), "3.0/s");
        for _ in 0..5 {
            second(&mut pace, 1_004);
        }
        assert_eq!(pace.words(), "1,004/s");
        for _ in 0..5 {
            second(&mut pace, 0);
        }
        assert_eq!(pace.words(), "");
    }

    #[test]
    fn the_latency_is_the_median_of_what_is_plausible() {
        let mut pace = Pace::default();
        for ms in [-5.0, 3.0, 900_000.0, 2.0, 50.0] {
            pace.latency(ms);
        }
        second(&mut pace, 20);
        assert_eq!(pace.words(), "20/s · p50 3 ms");
    }

    #[test]
    fn a_minute_is_remembered() {
        let mut pace = Pace::default();
        second(&mut pace, 7);
        assert_eq!((pace.counts()[58], pace.counts()[59]), (0, 7));
        for n in 0..100 {
            second(&mut pace, n);
        }
        assert_eq!(pace.counts(), (40..100).collect::<Vec<_>>());
    }
}
