//! S: what readers who stop reading cost the others.

use std::time::Duration;

use super::{Figure, Measured, STALLED};
use crate::Outcome;
use crate::load::{From, Load, Subscribe, Until};
use crate::schedule::Schedule;
use crate::servers::Running;

const READERS: usize = 990;
const STALL: usize = 10;
const LEN: usize = 1_000;
const WARM_UP: Duration = Duration::from_millis(300);
/// Fills the sockets of those that stall: more than the system keeps for one of them.
const FILLING: Duration = Duration::from_secs(2);

pub(super) fn measure(server: &Running, time: Duration) -> Outcome<Measured> {
    let mut load = Load::new(server, 1, LEN)?;
    let reader = |stalls| Subscribe {
        topic: 0,
        from: From::Now,
        stalls,
    };
    load.open(&[reader(true); STALL])?;
    load.run(&Schedule::bursts(50, 40, FILLING), &[], Until::Delivered)?;
    load.open(&[reader(false); READERS])?;
    let warm_up = Schedule::bursts(50, 1, WARM_UP);
    let schedule = Schedule::bursts(50, 1, time);
    load.run(&warm_up, &[], Until::Delivered)?;
    let mut with = load.run(&schedule, &[], Until::Delivered)?;
    load.end_stalled();
    load.run(&warm_up, &[], Until::Delivered)?;
    let mut without = load.run(&schedule, &[], Until::Delivered)?;
    let [without_p99, with_p99] =
        [&mut without, &mut with].map(|run| run.latencies.percentile(0.99));
    let figures = vec![
        Figure {
            name: "p99 without stalled",
            unit: "ms",
            value: without_p99,
        },
        Figure {
            name: "p99 with stalled",
            unit: "ms",
            value: with_p99,
        },
        Figure {
            name: STALLED,
            unit: "",
            value: with_p99 / without_p99,
        },
    ];
    let measured = Measured::new(figures, load.finish()?);
    Ok(measured
        .by(&without.punctuality, &schedule)
        .by(&with.punctuality, &schedule))
}
