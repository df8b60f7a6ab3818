//! Who runs on which core: the generator on the last, servers on all others.
//!
//! Else a server of many threads is measured while it and the generator take each other's core.

use rustix::process::setpriority_process;
use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

use crate::Outcome;

/// The cores that this process was given, and how they are shared out.
pub(crate) struct Cores {
    generator: CpuSet,
    servers: CpuSet,
    words: String,
}

/// Before what else the machine does, where the system allows it: generator and servers alike.
const PRIORITY: i32 = -10;

impl Cores {
    pub(crate) fn share(apart: bool) -> Outcome<Self> {
        // What a user without this right gets is a noisier run.
        let _ = setpriority_process(None, PRIORITY);
        let all = sched_getaffinity(None)?;
        let own: Vec<_> = (0..CpuSet::MAX_CPU)
            .filter(|core| all.is_set(*core))
            .collect();
        let [servers @ .., generator] = &own[..] else {
            return Err("there is no core to run on".into());
        };
        if servers.is_empty() || !apart {
            let words = format!("{} cores, shared by servers and generator", own.len());
            return Ok(Self {
                generator: all,
                servers: all,
                words,
            });
        }
        let words = format!(
            "{} cores for the server, 1 for the generator",
            servers.len()
        );
        Ok(Self {
            generator: set(&[*generator]),
            servers: set(servers),
            words,
        })
    }

    pub(crate) fn words(&self) -> &str {
        &self.words
    }

    pub(crate) fn of_server(&self) -> usize {
        self.servers.count() as usize
    }

    /// Starts something on the cores of servers, which it inherits.
    pub(crate) fn for_server<T>(&self, start: impl FnOnce() -> Outcome<T>) -> Outcome<T> {
        sched_setaffinity(None, &self.servers)?;
        let started = start();
        sched_setaffinity(None, &self.generator)?;
        started
    }
}

fn set(cores: &[usize]) -> CpuSet {
    let mut set = CpuSet::new();
    cores.iter().for_each(|core| set.set(*core));
    set
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_and_the_generator_share_no_core_where_there_are_two() {
        // A thread of its own: tests share the process.
        std::thread::spawn(|| {
            let before = sched_getaffinity(None).unwrap();
            let cores = Cores::share(true).unwrap();
            let of_server = cores.for_server(|| Ok(sched_getaffinity(None)?)).unwrap();
            let own = sched_getaffinity(None).unwrap();
            let both = (0..CpuSet::MAX_CPU).any(|core| of_server.is_set(core) && own.is_set(core));
            assert_eq!(both, before.count() == 1);
        })
        .join()
        .unwrap();
    }
}
