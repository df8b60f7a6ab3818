//! F1, F2, F3 and S: one topic, and many who read it.

use std::time::Duration;

use super::{CPU, Figure, Measured, P99};
use crate::Outcome;
use crate::load::{From, Load, Subscribe, Until};
use crate::schedule::Schedule;
use crate::servers::Running;

pub(super) struct Shape {
    readers: usize,
    /// Of the readers, those that stall: one in so many.
    stalled: Option<usize>,
    /// Bursts a second, and events in one.
    rate: u32,
    burst: usize,
    len: usize,
    warm_up: Duration,
}

const WARM_UP: Duration = Duration::from_millis(200);

pub(super) const F1: Shape = Shape {
    readers: 1_000,
    stalled: None,
    rate: 50,
    burst: 1,
    len: 100,
    warm_up: WARM_UP,
};
pub(super) const F1K: Shape = Shape { len: 1_000, ..F1 };
pub(super) const F2: Shape = Shape {
    readers: 10_000,
    rate: 5,
    ..F1
};
pub(super) const F3: Shape = Shape {
    readers: 25,
    rate: 100,
    burst: 20,
    ..F1
};
/// As long as it takes until the sockets of those that stall are full.
pub(super) const S: Shape = Shape {
    stalled: Some(100),
    warm_up: Duration::from_millis(1500),
    ..F1K
};
pub(super) const S0: Shape = Shape { stalled: None, ..S };

pub(super) fn measure(server: &Running, shape: &Shape, time: Duration) -> Outcome<Measured> {
    let mut load = Load::new(server, 1, shape.len)?;
    let stalls = |number: usize| shape.stalled.is_some_and(|of| number.is_multiple_of(of));
    let readers: Vec<_> = (0..shape.readers)
        .map(|number| Subscribe {
            topic: 0,
            from: From::Now,
            stalls: stalls(number),
        })
        .collect();
    load.run(&Schedule::nothing(), &readers, Until::Delivered)?;
    let schedule = |time| Schedule::bursts(shape.rate, shape.burst, time);
    load.run(&schedule(shape.warm_up), &[], Until::Delivered)?;
    let schedule = schedule(time);
    let cpu = server.process.cpu()?;
    let mut run = load.run(&schedule, &[], Until::Delivered)?;
    let cpu = server.process.cpu()? - cpu;
    let figures = vec![
        Figure::cpu(CPU, cpu, run.latencies.count()),
        Figure {
            name: "median",
            unit: "ms",
            value: run.latencies.percentile(0.5),
        },
        Figure {
            name: P99,
            unit: "ms",
            value: run.latencies.percentile(0.99),
        },
    ];
    Ok(Measured::new(figures, load.finish()?).by(&run.punctuality, &schedule))
}
