//! F1, F2 and F3: one topic, and many who read it.

use std::time::Duration;

use super::{CPU, Figure, Measured, P99};
use crate::Outcome;
use crate::load::{From, Load, Subscribe, Until};
use crate::schedule::Schedule;
use crate::servers::Running;

pub(super) struct Shape {
    readers: usize,
    /// Bursts a second, and events in one.
    rate: u32,
    burst: usize,
    len: usize,
}

const WARM_UP: Duration = Duration::from_millis(200);

pub(super) const F1: Shape = Shape {
    readers: 1_000,
    rate: 50,
    burst: 1,
    len: 100,
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

pub(super) fn measure(server: &Running, shape: &Shape, time: Duration) -> Outcome<Measured> {
    let mut load = Load::new(server, 1, shape.len)?;
    let reader = Subscribe {
        topic: 0,
        from: From::Now,
        stalls: false,
    };
    let readers = vec![reader; shape.readers];
    load.open(&readers)?;
    let schedule = |time| Schedule::bursts(shape.rate, shape.burst, time);
    load.run(&schedule(WARM_UP), &[], Until::Delivered)?;
    let schedule = schedule(time);
    let cpu = server.process.cpu()?;
    let mut run = load.run(&schedule, &[], Until::Delivered)?;
    let cpu = server.process.cpu()? - cpu;
    let figures = vec![
        Figure::cpu(CPU, cpu, run.latencies.count()),
        Figure {
            name: P99,
            unit: "ms",
            value: run.latencies.percentile(0.99),
        },
    ];
    let mut measured = Measured::new(figures, load.finish()?).by(&run.punctuality, &schedule);
    measured.behind = run.latencies.percentile(0.5) > schedule.pause.as_secs_f64() * 1e3;
    Ok(measured)
}
