//! How long something took, many times over: counted by how long, for who looks at all of it.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// The upper ends of the buckets: from a sync of a fast disk to what nobody waits for. The last bucket,
/// of what took longer than all of them, has no end.
pub const BOUNDS: [Duration; 16] = [
    Duration::from_micros(100),
    Duration::from_micros(250),
    Duration::from_micros(500),
    Duration::from_millis(1),
    Duration::from_micros(2_500),
    Duration::from_millis(5),
    Duration::from_millis(10),
    Duration::from_millis(25),
    Duration::from_millis(50),
    Duration::from_millis(100),
    Duration::from_millis(250),
    Duration::from_millis(500),
    Duration::from_secs(1),
    Duration::from_millis(2_500),
    Duration::from_secs(5),
    Duration::from_secs(10),
];

/// Counts durations by [`BOUNDS`]: two additions for each, and no lock.
#[derive(Debug, Default)]
pub struct Histogram {
    buckets: [AtomicU64; BOUNDS.len() + 1],
    nanos: AtomicU64,
}

/// What a [`Histogram`] has counted, as of about one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Durations {
    /// How many took longer than the bound before and no longer than the one at the same place of
    /// [`BOUNDS`]; the last took longer than all bounds.
    pub buckets: [u64; BOUNDS.len() + 1],
    /// All of them together.
    pub sum: Duration,
}

impl Histogram {
    /// Counts one.
    pub fn note(&self, took: Duration) {
        self.note_times(took, 1);
    }

    /// Counts so many that took as long.
    pub fn note_times(&self, took: Duration, times: u64) {
        let bucket = BOUNDS.partition_point(|bound| *bound < took);
        self.buckets[bucket].fetch_add(times, Ordering::Relaxed);
        let nanos = u64::try_from(took.as_nanos()).unwrap_or(u64::MAX);
        self.nanos
            .fetch_add(nanos.saturating_mul(times), Ordering::Relaxed);
    }

    /// What has been counted.
    #[must_use]
    pub fn read(&self) -> Durations {
        Durations {
            buckets: std::array::from_fn(|at| self.buckets[at].load(Ordering::Relaxed)),
            sum: Duration::from_nanos(self.nanos.load(Ordering::Relaxed)),
        }
    }
}

impl Durations {
    /// How many there were.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.buckets.iter().sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LAST: usize = BOUNDS.len() - 1;

    #[test]
    fn a_duration_is_counted_in_the_first_bucket_that_holds_it() {
        let histogram = Histogram::default();
        let all = [
            Duration::ZERO,
            BOUNDS[0],
            BOUNDS[0] + Duration::from_nanos(1),
            BOUNDS[LAST],
        ];
        let longer = Duration::from_secs(11);
        all.into_iter()
            .chain([longer])
            .for_each(|took| histogram.note(took));
        let read = histogram.read();
        let mut expected = [0; BOUNDS.len() + 1];
        (expected[0], expected[1], expected[LAST], expected[LAST + 1]) = (2, 1, 1, 1);
        assert_eq!((read.buckets, read.count()), (expected, 5));
        assert_eq!(read.sum, all.iter().sum::<Duration>() + longer);
        assert!(BOUNDS.is_sorted());
    }
}
