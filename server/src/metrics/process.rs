//! What the system knows of the process.

use std::fmt;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::DescriptorEncoder;

/// Asks the system each time; where it has no `/proc`, there are no samples.
#[derive(Debug)]
pub(super) struct Process;

#[cfg(not(target_os = "linux"))]
impl Collector for Process {
    fn encode(&self, _: DescriptorEncoder) -> fmt::Result {
        Ok(())
    }
}

#[cfg(target_os = "linux")]
impl Collector for Process {
    fn encode(&self, encoder: DescriptorEncoder) -> fmt::Result {
        use procfs::process::{LimitValue, Process};

        use super::samples::Samples;

        let Ok((process, stat)) = Process::myself().and_then(|me| me.stat().map(|stat| (me, stat)))
        else {
            return Ok(());
        };
        let mut samples = Samples(encoder);
        let ticks = (stat.utime + stat.stime) as f64;
        samples.counter(
            "process_cpu_seconds",
            "Time on processors since the start, of the process and in the system for it",
            ticks / procfs::ticks_per_second() as f64,
        )?;
        samples.gauge(
            "process_resident_memory_bytes",
            "Memory that the process has in RAM",
            stat.rss * procfs::page_size(),
        )?;
        samples.gauge(
            "process_threads",
            "Threads of the process",
            stat.num_threads,
        )?;
        let limits = process
            .limits()
            .map(|limits| limits.max_open_files.soft_limit);
        let max = match limits {
            Ok(LimitValue::Value(max)) => Some(max),
            Ok(LimitValue::Unlimited) | Err(_) => None,
        };
        // To count them takes one: where there is none, all are taken.
        let open = process.fd_count().ok().map(|open| open as u64).or(max);
        if let Some(open) = open {
            samples.gauge("process_open_fds", "Descriptors that are open", open)?;
        }
        if let Some(max) = max {
            samples.gauge("process_max_fds", "Descriptors that may be open", max)?;
        }
        Ok(())
    }
}
