//! T: many topics, of which some have most of the events.

use std::time::Duration;

use super::{CPU, Figure, Measured, P99, PUBLISH_CPU, WITHOUT_PUBLISH};
use crate::Outcome;
use crate::load::{From, Load, Subscribe, Until};
use crate::schedule::Schedule;
use crate::servers::Running;

const TOPICS: usize = 1_000;
const READERS: usize = 10;
const LEN: usize = 100;
const WARM_UP: Duration = Duration::from_millis(200);

pub(super) fn measure(server: &Running, time: Duration) -> Outcome<Measured> {
    let mut load = Load::new(server, TOPICS, LEN)?;
    let schedule = |time| Schedule::zipf(50, 20, time, TOPICS);
    load.run(&schedule(WARM_UP), &[], Until::Delivered)?;
    // The same with nobody there: what the publishes cost by themselves.
    let alone = schedule(time);
    let cpu = server.process.cpu()?;
    load.run(&alone, &[], Until::Delivered)?;
    let publishes = server.process.cpu()? - cpu;
    let publish = publishes / alone.sends.len() as u32;
    let readers: Vec<_> = (0..TOPICS * READERS)
        .map(|number| Subscribe {
            topic: number % TOPICS,
            from: From::Now,
            stalls: false,
        })
        .collect();
    load.open(&readers)?;
    load.run(&schedule(WARM_UP), &[], Until::Delivered)?;
    let schedule = schedule(time * 2);
    let cpu = server.process.cpu()?;
    let mut run = load.run(&schedule, &[], Until::Delivered)?;
    let cpu = server.process.cpu()? - cpu;
    let delivering = cpu.saturating_sub(publish * schedule.sends.len() as u32);
    let figures = vec![
        Figure::cpu(CPU, cpu, run.latencies.count()),
        Figure::cpu(WITHOUT_PUBLISH, delivering, run.latencies.count()),
        Figure::cpu(PUBLISH_CPU, publishes, alone.sends.len()),
        Figure {
            name: P99,
            unit: "ms",
            value: run.latencies.percentile(0.99),
        },
    ];
    Ok(Measured::new(figures, load.finish()?).by(&run.punctuality, &schedule))
}
