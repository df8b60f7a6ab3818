//! The program under load, and what the system knows of it.

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use crate::Outcome;

/// Which program, and where it may keep its log.
pub(super) struct Program {
    path: PathBuf,
    dir: PathBuf,
}

/// One run of it; it is killed when dropped.
pub(super) struct Process {
    child: Child,
    pub(super) addr: String,
}

impl Program {
    pub(super) fn new(path: &Path, dir: &Path) -> Self {
        let (path, dir) = (path.to_owned(), dir.to_owned());
        Self { path, dir }
    }

    /// Starts it with an empty log.
    pub(super) fn start_afresh(&self, flags: &[&str]) -> Outcome<Process> {
        self.remove_log()?;
        self.start(flags)
    }

    /// Starts it with the log that there is, and waits until it says where it listens.
    pub(super) fn start(&self, flags: &[&str]) -> Outcome<Process> {
        let mut child = Command::new(&self.path)
            .args(["dev", "--addr", "127.0.0.1:0", "--log", "warn,store=debug"])
            .arg("--data-dir")
            .arg(&self.dir)
            .args(flags)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()?;
        let out = child.stdout.take().ok_or("no standard output")?;
        let mut line = String::new();
        BufReader::new(out).read_line(&mut line)?;
        let addr = line.trim_end().strip_prefix("Tickertape is at http://");
        let addr = addr
            .ok_or_else(|| format!("it did not start: {line}"))?
            .to_owned();
        Ok(Process { child, addr })
    }

    /// The size of its log, in bytes.
    pub(super) fn log_bytes(&self) -> Outcome<u64> {
        let mut bytes = 0;
        for entry in fs::read_dir(&self.dir)? {
            bytes += match entry?.metadata() {
                Ok(meta) => meta.len(),
                // The program joins and removes segments meanwhile.
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => 0,
                Err(error) => return Err(error.into()),
            };
        }
        Ok(bytes)
    }

    /// Removes its log, if there is one.
    pub(super) fn remove_log(&self) -> Outcome<()> {
        match fs::remove_dir_all(&self.dir) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error.into()),
            _ => Ok(()),
        }
    }
}

impl Process {
    /// What all of its threads have spent on a processor so far, in nanoseconds: the first field
    /// of `schedstat`, which knows no ticks.
    pub(super) fn cpu(&self) -> Outcome<u64> {
        let mut spent = 0;
        for task in fs::read_dir(format!("/proc/{}/task", self.child.id()))? {
            let times = fs::read_to_string(task?.path().join("schedstat"))?;
            spent += times
                .split(' ')
                .next()
                .ok_or("an empty schedstat")?
                .parse::<u64>()?;
        }
        Ok(spent)
    }

    /// Its own memory, in bytes: what it has allocated and touched, without files and the kernel's.
    pub(super) fn memory(&self) -> Outcome<u64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status
            .lines()
            .find_map(|line| line.strip_prefix("RssAnon:"));
        let kib = line.ok_or("no RssAnon")?.trim().trim_end_matches(" kB");
        Ok(kib.parse::<u64>()? * 1024)
    }

    /// Stops it as an operator does; what it said about its work.
    pub(super) fn stop(mut self) -> Outcome<String> {
        let pid = self.child.id().to_string();
        Command::new("kill").args(["-TERM", &pid]).status()?;
        let mut said = String::new();
        self.child
            .stderr
            .take()
            .ok_or("no standard error")?
            .read_to_string(&mut said)?;
        let status = self.child.wait()?;
        match status.success() {
            true => Ok(said),
            false => Err(format!("it ended with {status}: {said}").into()),
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // One that has ended already needs neither.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
