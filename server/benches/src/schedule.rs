//! What is published when: fixed before the run begins, whatever the server does meanwhile.

use std::time::Duration;

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

/// One event that is to be published.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Due {
    pub(crate) at: Duration,
    pub(crate) topic: usize,
}

/// All of them, in order.
pub(crate) struct Schedule {
    pub(crate) sends: Vec<Due>,
    /// From one time at which something is due to the next.
    pub(crate) pause: Duration,
}

impl Schedule {
    pub(crate) fn nothing() -> Self {
        Self {
            sends: Vec::new(),
            pause: Duration::MAX,
        }
    }

    /// On topic 0, `rate` bursts a second of so many events each, for this time.
    pub(crate) fn bursts(rate: u32, burst: usize, time: Duration) -> Self {
        Self::of(rate, burst, time, || 0)
    }

    /// The same over many topics: the second has half as many as the first, the third a third, and
    /// so on. It is the same for every server and round.
    pub(crate) fn zipf(rate: u32, burst: usize, time: Duration, topics: usize) -> Self {
        let mut sum = 0.0;
        let sums: Vec<f64> = (1..=topics)
            .map(|place| {
                sum += 1.0 / place as f64;
                sum
            })
            .collect();
        let mut random = StdRng::seed_from_u64(1);
        Self::of(rate, burst, time, || {
            let point = random.random_range(0.0..sum);
            sums.partition_point(|until| *until <= point)
        })
    }

    fn of(rate: u32, burst: usize, time: Duration, mut topic: impl FnMut() -> usize) -> Self {
        let pause = Duration::from_secs(1) / rate;
        let count = (time.as_secs_f64() * f64::from(rate)).round() as u32;
        let times = (0..count).flat_map(|number| std::iter::repeat_n(pause * number, burst));
        let sends = times.map(|at| Due { at, topic: topic() }).collect();
        Self { sends, pause }
    }
}

/// How late events went out, behind the schedule.
#[derive(Default)]
pub(crate) struct Punctuality {
    sends: u32,
    late: Duration,
}

/// As a share of the pause between sends: beyond it a run says more of the generator than of the server.
const LATE: f64 = 0.1;

impl Punctuality {
    pub(crate) fn sent(&mut self, due: Duration, at: Duration) {
        self.sends += 1;
        self.late += at.saturating_sub(due);
    }

    /// How late sends were on average, as a share of the pause between them.
    pub(crate) fn share(&self, pause: Duration) -> f64 {
        match self.sends {
            0 => 0.0,
            sends => self.late.as_secs_f64() / f64::from(sends) / pause.as_secs_f64(),
        }
    }

    /// Whether they were too late for the run to count.
    pub(crate) fn late(&self, pause: Duration) -> bool {
        self.share(pause) > LATE
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    #[test]
    fn a_schedule_is_fixed_beforehand() {
        let schedule = Schedule::bursts(50, 2, MS * 60);
        let times: Vec<_> = schedule.sends.iter().map(|due| due.at).collect();
        assert_eq!(
            times,
            [
                Duration::ZERO,
                Duration::ZERO,
                MS * 20,
                MS * 20,
                MS * 40,
                MS * 40
            ]
        );
    }

    #[test]
    fn the_first_topic_of_many_has_twice_as_many_as_the_second() {
        let schedule = Schedule::zipf(1_000, 100, Duration::from_secs(1), 1_000);
        let of = |topic| {
            schedule
                .sends
                .iter()
                .filter(|due| due.topic == topic)
                .count() as f64
        };
        assert!((1.9..2.1).contains(&(of(0) / of(1))));
        assert!(schedule.sends.iter().all(|due| due.topic < 1_000));
        let again = Schedule::zipf(1_000, 100, Duration::from_secs(1), 1_000);
        assert_eq!(schedule.sends, again.sends);
    }

    #[test]
    fn a_late_generator_is_found() {
        let sent = |late: Duration| {
            let mut punctuality = Punctuality::default();
            for number in 0..10 {
                let due = MS * 20 * number;
                punctuality.sent(due, due + late);
            }
            punctuality.late(MS * 20)
        };
        assert!(!sent(MS));
        assert!(sent(MS * 3));
    }
}
