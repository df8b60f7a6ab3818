//! Where in the log a time is.

use std::{collections::VecDeque, time::SystemTime};

use crate::{id::Seq, limits::TIME_MARK};

/// Marks along what is kept, from which a time is found without a look at all of it.
///
/// The calendar may jump, so times do not ascend with places. What ascends is the latest time so
/// far; and the first event at or after a time is where the latest so far reaches it.
#[derive(Default)]
pub(crate) struct Times {
    /// A place, and the latest time before it.
    marks: VecDeque<(Seq, SystemTime)>,
    latest: Option<SystemTime>,
    since_mark: usize,
}

impl Times {
    /// Takes in the newest event.
    pub(crate) fn add(&mut self, seq: Seq, time: SystemTime) {
        let latest = *self.latest.get_or_insert(SystemTime::UNIX_EPOCH);
        if self.since_mark == 0 {
            self.marks.push_back((seq, latest));
        }
        self.since_mark = (self.since_mark + 1) % TIME_MARK;
        self.latest = Some(latest.max(time));
    }

    /// Lets go of the marks before the oldest event that is kept, but for the last of them.
    pub(crate) fn trim(&mut self, oldest: Seq) {
        while self.marks.get(1).is_some_and(|(seq, _)| *seq <= oldest) {
            self.marks.pop_front();
        }
    }

    /// A place before which no event was accepted at or after `time`.
    pub(crate) fn before(&self, time: SystemTime) -> Seq {
        let later = self.marks.partition_point(|(_, latest)| *latest < time);
        let mark = later.checked_sub(1).and_then(|at| self.marks.get(at));
        mark.map_or(0, |(seq, _)| *seq)
    }

    /// How many marks are held.
    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.marks.len()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn at(secs: u64) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(secs)
    }

    #[test]
    fn a_time_is_found_near_its_place_also_where_the_calendar_jumped_back() {
        // An hour back in the middle.
        let time = |seq: Seq| {
            at(if seq <= 50_000 {
                10_000 + seq
            } else {
                6_400 + seq
            })
        };
        let mut times = Times::default();
        for seq in 1..=100_000 {
            times.add(seq, time(seq));
        }
        for wanted in [1, 10_001, 35_000, 60_000, 60_001, 90_000, 106_400, 200_000] {
            let first = (1..=100_000).find(|seq| time(*seq) >= at(wanted));
            let from = times.before(at(wanted));
            assert!(first.is_none_or(|first| from <= first), "{wanted}");
            if let Some(first) = first.filter(|first| *first > 1) {
                assert!(
                    first - from <= TIME_MARK as Seq,
                    "{wanted}: {from} to {first}"
                );
            }
        }
    }

    #[test]
    fn marks_go_with_what_they_mark() {
        let mut times = Times::default();
        for seq in 1..=100_000 {
            times.add(seq, at(seq));
            times.trim(seq.saturating_sub(10));
        }
        assert!(times.len() <= 2, "{}", times.len());
        assert!(times.before(at(100_000)) <= 100_000);
    }
}
