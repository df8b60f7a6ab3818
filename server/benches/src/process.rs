//! A server under load, and what the system knows of it: all of its processes and their threads.

use std::ffi::OsString;
use std::fs::{self, File};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process, set_parent_process_death_signal};
use socket2::SockRef;

use crate::Outcome;
use crate::cores::Cores;

/// One run of it; all of it is ended when dropped.
pub(crate) struct Process {
    child: Child,
    said: PathBuf,
}

/// Until a server listens, or has ended.
const PATIENCE: Duration = Duration::from_secs(10);

impl Process {
    /// Starts it, and waits until it listens. What it says goes to this file.
    pub(crate) fn start(
        mut command: Command,
        port: u16,
        said: &Path,
        cores: &Cores,
    ) -> Outcome<Self> {
        let log = File::create(said)?;
        command
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log);
        let child = cores.for_server(|| {
            let child = command.spawn();
            child.map_err(|error| format!("{}: {error}", command.get_program().display()).into())
        })?;
        let mut process = Self {
            child,
            said: said.to_owned(),
        };
        process.wait_until_it_listens(port)?;
        Ok(process)
    }

    fn wait_until_it_listens(&mut self, port: u16) -> Outcome<()> {
        let begun = Instant::now();
        while begun.elapsed() < PATIENCE {
            if let Some(status) = self.child.try_wait()? {
                return Err(format!("it ended with {status}: {}", self.said()).into());
            }
            if let Ok(socket) = TcpStream::connect(SocketAddr::from((Ipv4Addr::LOCALHOST, port))) {
                SockRef::from(&socket).set_linger(Some(Duration::ZERO))?;
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        Err(format!("it does not listen: {}", self.said()).into())
    }

    /// The end of what it has said.
    pub(crate) fn said(&self) -> String {
        let said = fs::read_to_string(&self.said).unwrap_or_default();
        let lines: Vec<_> = said.lines().rev().take(3).collect();
        lines.into_iter().rev().collect::<Vec<_>>().join("; ")
    }

    /// What all of its threads have spent on a processor so far: the first field of `schedstat`,
    /// which knows no ticks.
    pub(crate) fn cpu(&self) -> Outcome<Duration> {
        let mut nanos = 0;
        for pid in self.pids()? {
            for task in fs::read_dir(format!("/proc/{pid}/task"))? {
                let times = fs::read_to_string(task?.path().join("schedstat"))?;
                let spent = times.split(' ').next().ok_or("an empty schedstat")?;
                nanos += spent.parse::<u64>()?;
            }
        }
        Ok(Duration::from_nanos(nanos))
    }

    /// Its own memory in KiB: allocated and touched, without files and without the kernel's. What its
    /// processes share counts once.
    pub(crate) fn memory(&self) -> Outcome<f64> {
        let mut kib = 0;
        for pid in self.pids()? {
            let sums = fs::read_to_string(format!("/proc/{pid}/smaps_rollup"))?;
            for line in sums.lines() {
                let field = line
                    .strip_prefix("Pss_Anon:")
                    .or(line.strip_prefix("Pss_Shmem:"));
                if let Some(field) = field {
                    kib += field.trim().trim_end_matches(" kB").parse::<u64>()?;
                }
            }
        }
        Ok(kib as f64)
    }

    /// The process that was started, and those that it has started itself.
    fn pids(&self) -> Outcome<Vec<u32>> {
        let mut parents = Vec::new();
        for entry in fs::read_dir("/proc")? {
            let name = entry?.file_name();
            let Some(pid) = name.to_str().and_then(|name| name.parse::<u32>().ok()) else {
                continue;
            };
            // One that has ended meanwhile has none.
            let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
            if let Some(parent) = parent(&stat) {
                parents.push((pid, parent));
            }
        }
        let mut pids = vec![self.child.id()];
        let mut at = 0;
        while let Some(&parent) = pids.get(at) {
            pids.extend(
                parents
                    .iter()
                    .filter(|(_, of)| *of == parent)
                    .map(|(pid, _)| *pid),
            );
            at += 1;
        }
        Ok(pids)
    }

    fn end(&mut self) -> Outcome<()> {
        let pids = self.pids()?;
        let signal = |signal| {
            for pid in pids
                .iter()
                .filter_map(|pid| Pid::from_raw(pid.cast_signed()))
            {
                // One that has ended needs none.
                let _ = kill_process(pid, signal);
            }
        };
        signal(Signal::TERM);
        let begun = Instant::now();
        while begun.elapsed() < Duration::from_millis(500) {
            if self.child.try_wait()?.is_some() {
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        signal(Signal::KILL);
        self.child.wait()?;
        Ok(())
    }
}

/// Has this process become a server that does not outlive a benchmark which is killed.
pub(crate) fn become_server(command: &[OsString]) -> Outcome<()> {
    let [program, args @ ..] = command else {
        return Err("there is no program to become".into());
    };
    set_parent_process_death_signal(Some(Signal::TERM))?;
    Err(Command::new(program).args(args).exec().into())
}

/// In the text of `/proc/PID/stat`: the fields after the name, which may have spaces and brackets in it.
fn parent(stat: &str) -> Option<u32> {
    let (_, fields) = stat.rsplit_once(')')?;
    fields.split_ascii_whitespace().nth(1)?.parse().ok()
}

impl Drop for Process {
    fn drop(&mut self) {
        if let Err(error) = self.end() {
            eprintln!("a server may still run: {error}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_in_brackets_has_its_parent() {
        assert_eq!(parent("12 (a) b (c) S 7 12 12 0"), Some(7));
        assert_eq!(parent(""), None);
    }

    #[test]
    fn what_a_process_starts_itself_counts_to_it() {
        let dir = std::env::temp_dir();
        let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let mut command = Command::new("sh");
        command.args(["-c", "sleep 60 & sleep 60"]);
        let said = dir.join(format!("bench-process-{}", std::process::id()));
        let port = listener.local_addr().unwrap().port();
        let process = Process::start(command, port, &said, &Cores::share(false).unwrap()).unwrap();
        let begun = Instant::now();
        while process.pids().unwrap().len() < 3 && begun.elapsed() < PATIENCE {
            std::thread::yield_now();
        }
        assert_eq!(process.pids().unwrap().len(), 3);
        assert!(process.cpu().unwrap() > Duration::ZERO);
        fs::remove_file(said).unwrap();
    }
}
