//! R: many who come back at once, and have missed much, while publishing goes on.

use std::time::{Duration, Instant};

use super::{CPU, Figure, Measured};
use crate::Outcome;
use crate::load::{From, Load, Subscribe, Until};
use crate::schedule::Schedule;
use crate::servers::Running;

const EVENTS: usize = 1_000;
const READERS: usize = 1_000;
const LEN: usize = 100;
const AT_MOST: Duration = Duration::from_secs(60);

pub(super) fn measure(server: &Running, _: Duration) -> Outcome<Measured> {
    let mut load = Load::new(server, 1, LEN)?;
    let before = Schedule::bursts(50, 20, Duration::from_secs(1));
    assert_eq!(before.sends.len(), EVENTS);
    load.run(&before, &[], Until::Delivered)?;
    let meanwhile = Schedule::bursts(10, 1, AT_MOST);
    let reader = Subscribe {
        topic: 0,
        from: From::Start,
        stalls: false,
    };
    let (cpu, begun) = (server.process.cpu()?, Instant::now());
    let run = load.run(&meanwhile, &[reader; READERS], Until::CaughtUp)?;
    let (cpu, time) = (server.process.cpu()? - cpu, begun.elapsed());
    // Live events follow on what was replayed, without a seam.
    load.run(
        &Schedule::bursts(20, 1, Duration::from_millis(250)),
        &[],
        Until::Delivered,
    )?;
    let figures = vec![
        Figure::cpu(CPU, cpu, run.latencies.count()),
        Figure {
            name: "until all have caught up",
            unit: "s",
            value: time.as_secs_f64(),
        },
    ];
    Ok(Measured::new(figures, load.finish()?))
}
