//! T: many topics, of which some have most of the events.

use std::time::Duration;

use super::{CPU, Figure, Measured, P99};
use crate::Outcome;
use crate::load::{From, Load, Subscribe, Until};
use crate::schedule::Schedule;
use crate::servers::Running;

const TOPICS: usize = 1_000;
const READERS: usize = 10;
const LEN: usize = 100;

pub(super) fn measure(server: &Running, time: Duration) -> Outcome<Measured> {
    let mut load = Load::new(server, TOPICS, LEN)?;
    let readers: Vec<_> = (0..TOPICS * READERS)
        .map(|number| Subscribe {
            topic: number % TOPICS,
            from: From::Now,
            stalls: false,
        })
        .collect();
    load.run(&Schedule::nothing(), &readers, Until::Delivered)?;
    let schedule = |time| Schedule::zipf(50, 20, time, TOPICS);
    load.run(&schedule(Duration::from_millis(200)), &[], Until::Delivered)?;
    let schedule = schedule(time * 2);
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
    Ok(Measured::new(figures, load.finish()?).by(&run.punctuality, &schedule))
}
