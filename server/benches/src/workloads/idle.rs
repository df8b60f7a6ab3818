//! I: subscribers to whom nothing happens.

use std::time::Duration;

use super::{ACCEPT, Figure, MEMORY, Measured};
use crate::Outcome;
use crate::load::{From, Load, Subscribe, Until};
use crate::schedule::Schedule;
use crate::servers::Running;

const READERS: usize = 15_000;
const LEN: usize = 100;
/// They are there before the first figure is taken, so that what a server allocates once is not in it.
const FIRST: usize = 100;

pub(super) fn measure(server: &Running, time: Duration) -> Outcome<Measured> {
    let mut load = Load::new(server, 1, LEN)?;
    let reader = Subscribe {
        topic: 0,
        from: From::Now,
        stalls: false,
    };
    load.open(&[reader; FIRST])?;
    let (cpu, memory) = (server.process.cpu()?, server.process.memory()?);
    load.open(&vec![reader; READERS - FIRST])?;
    let cpu = server.process.cpu()? - cpu;
    // What opening them has left for later is done.
    std::thread::sleep(time / 2);
    let each = (server.process.memory()? - memory) / (READERS - FIRST) as f64;
    // All of them are there still, and get an event.
    load.run(
        &Schedule::bursts(1, 1, Duration::from_secs(1)),
        &[],
        Until::Delivered,
    )?;
    let figures = vec![
        Figure {
            name: MEMORY,
            unit: "KiB",
            value: each,
        },
        Figure::cpu(ACCEPT, cpu, READERS - FIRST),
    ];
    Ok(Measured::new(figures, load.finish()?))
}
