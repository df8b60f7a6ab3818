//! The program as a process, and clients that know no more than sockets.

use std::fs::File;
use std::io::{BufRead, BufReader, Read, Seek, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use serde_json::Value;
use socket2::SockRef;

use crate::program::tickertape;
use crate::support::field;

/// Keeps a test that waits for what never comes from hanging: two heartbeats. Less than the 60 s
/// after which a reader that takes nothing is closed, which would hide that it held others up.
const HANGS: Duration = Duration::from_secs(30);

/// What the system may hold for a reader that has not taken it, in bytes.
const RECEIVED: usize = 256 * 1024;

/// A running server; it is killed when dropped.
pub(crate) struct Hub {
    child: Child,
    pub(crate) addr: String,
    said: File,
}

impl Hub {
    /// One that keeps its events in `dir`, with more flags.
    pub(crate) fn start(dir: &Path, flags: &[&str]) -> Self {
        Self::run(&mut dev(dir, flags))
    }

    /// The same, with so many files that it may open.
    pub(crate) fn with_files(dir: &Path, files: usize) -> Self {
        let dev = dev(dir, &[]);
        let mut shell = Command::new("sh");
        let limited = format!("ulimit -n {files}; exec \"$0\" \"$@\"");
        shell.args(["-c", &limited]).arg(dev.get_program());
        Self::run(shell.args(dev.get_args()).stdout(Stdio::piped()))
    }

    fn run(command: &mut Command) -> Self {
        let mut said = tempfile::tempfile().unwrap();
        let child = command.stderr(said.try_clone().unwrap()).spawn().unwrap();
        let mut hub = Self {
            child,
            addr: String::new(),
            said: said.try_clone().unwrap(),
        };
        let mut line = String::new();
        BufReader::new(hub.child.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let Some(addr) = line.trim_end().strip_prefix("Tickertape is at http://") else {
            panic!("it did not start: {line}{}", all_of(&mut said));
        };
        hub.addr = addr.to_owned();
        hub
    }

    /// Publishes, and gives the id.
    pub(crate) fn publish(&self, topic: &str, data: &str) -> String {
        let (status, answer) = self.post(topic, data);
        assert_eq!(status, 200, "{answer}");
        answer["id"].as_str().unwrap().to_owned()
    }

    /// Publishes, and gives the answer, whatever it is.
    pub(crate) fn post(&self, topic: &str, data: &str) -> (u16, Value) {
        self.ask(&format!("POST /events?topic={topic}"), data)
    }

    /// One request, and its answer.
    pub(crate) fn ask(&self, request: &str, body: &str) -> (u16, Value) {
        let mut stream = connect(&self.addr);
        let length = body.len();
        let head = format!(
            "{request} HTTP/1.0\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n"
        );
        stream.write_all((head + body).as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").expect(&answer);
        let status = head.split(' ').nth(1).expect(&answer).parse().unwrap();
        (status, serde_json::from_str(body).expect(&answer))
    }

    /// All that there is after a cursor, gaps among it, as `(event, data)`.
    pub(crate) fn after(&self, topic: &str, cursor: &str) -> Vec<(String, String)> {
        let (mut all, mut cursor) = (Vec::new(), cursor.to_owned());
        loop {
            let path =
                format!("GET /events?topic={topic}&poll=1&limit=10000&last_event_id={cursor}");
            let (status, page) = self.ask(&path, "");
            assert_eq!(status, 200, "{page}");
            let text = |event: &Value, key: &str| event[key].as_str().unwrap().to_owned();
            let events = page["events"].as_array().unwrap().iter();
            all.extend(events.map(|event| (text(event, "event"), text(event, "data"))));
            if page["more"] == false {
                return all;
            }
            cursor = text(&page, "cursor");
        }
    }

    /// The data of all that is kept of a topic, in which there is no gap.
    pub(crate) fn kept(&self, topic: &str) -> Vec<String> {
        let all = self.after(topic, "earliest").into_iter();
        all.map(|(event, data)| {
            assert_eq!(event, "message", "{data}");
            data
        })
        .collect()
    }

    /// Subscribes.
    pub(crate) fn stream(&self, query: &str, cursor: Option<&str>) -> Stream {
        Stream::open(&self.addr, query, cursor)
    }

    /// How many descriptors the process holds.
    pub(crate) fn descriptors(&self) -> usize {
        let dir = format!("/proc/{}/fd", self.child.id());
        std::fs::read_dir(dir).unwrap().count()
    }

    /// Whether it can open no more, where it may open so many; it may have inherited some beyond.
    pub(crate) fn is_out_of(&self, files: usize) -> bool {
        let dir = format!("/proc/{}/fd", self.child.id());
        let is_open = |n: usize| Path::new(&dir).join(n.to_string()).is_symlink();
        (0..files).all(is_open)
    }

    /// The most memory that the process ever had, in bytes.
    pub(crate) fn peak_memory(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kib = peak.unwrap().trim().trim_end_matches(" kB");
        kib.parse::<u64>().unwrap() * 1024
    }

    /// What it has said on standard error so far.
    pub(crate) fn said(&mut self) -> String {
        all_of(&mut self.said)
    }

    /// Asks it to stop, as an operator does.
    pub(crate) fn ask_to_stop(&self) {
        let pid = self.child.id().to_string();
        let sent = Command::new("kill").args(["-TERM", &pid]).status().unwrap();
        assert!(sent.success());
    }

    /// Waits for its end, which has to be a good one.
    pub(crate) fn ended(mut self) {
        let status = self.child.wait().unwrap();
        assert_eq!(status.code(), Some(0), "{}", self.said());
    }

    /// Stops it.
    pub(crate) fn stop(self) {
        self.ask_to_stop();
        self.ended();
    }
}

impl Drop for Hub {
    fn drop(&mut self) {
        // One that has ended already needs neither.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A start that has to fail: what it says.
pub(crate) fn refused_start(dir: &Path) -> String {
    let mut child = dev(dir, &[]).spawn().unwrap();
    let mut line = String::new();
    let out = child.stdout.take().unwrap();
    BufReader::new(out).read_line(&mut line).unwrap();
    if !line.is_empty() {
        child.kill().unwrap();
        panic!("it started: {line}");
    }
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{said}");
    said
}

/// Another of the program's commands, on the log in `dir`.
pub(crate) fn command(dir: &Path, args: &[&str]) -> Output {
    let dir = dir.to_str().unwrap();
    let output = tickertape(&[args, &["--data-dir", dir]].concat()).output();
    output.unwrap()
}

fn dev(dir: &Path, flags: &[&str]) -> Command {
    let dir = dir.to_str().unwrap();
    let mut command = tickertape(&["dev", "--data-dir", dir, "--addr", "127.0.0.1:0"]);
    command.args(flags).stdout(Stdio::piped());
    command
}

fn all_of(file: &mut File) -> String {
    file.rewind().unwrap();
    let mut text = String::new();
    file.read_to_string(&mut text).unwrap();
    text
}

/// A connection on which nothing is waited for without end.
pub(crate) fn connect(addr: &str) -> TcpStream {
    let stream = TcpStream::connect(addr).unwrap();
    stream.set_read_timeout(Some(HANGS)).unwrap();
    stream.set_write_timeout(Some(HANGS)).unwrap();
    stream
}

/// The head of an answer.
pub(crate) fn head(bytes: &mut impl BufRead) -> String {
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        assert!(bytes.read_line(&mut head).unwrap() > 0, "a head: {head}");
    }
    head
}

/// A body in chunks; one that is cut off ends where it is.
pub(crate) struct Chunked<R> {
    bytes: R,
    /// How much of a chunk has still to come.
    left: usize,
    /// Whether the last chunk has come.
    pub(crate) is_whole: bool,
}

impl<R: BufRead> Chunked<R> {
    pub(crate) fn of(bytes: R) -> Self {
        Self {
            bytes,
            left: 0,
            is_whole: false,
        }
    }

    fn line(&mut self) -> std::io::Result<String> {
        let mut line = String::new();
        self.bytes.read_line(&mut line)?;
        Ok(line)
    }
}

impl<R: BufRead> Read for Chunked<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        if self.left == 0 && !self.is_whole {
            let line = self.line()?;
            let Some(size) = line.strip_suffix("\r\n") else {
                return Ok(0);
            };
            self.left = usize::from_str_radix(size, 16).expect("a size");
            if self.left == 0 {
                assert_eq!(self.line()?, "\r\n");
                self.is_whole = true;
            }
        }
        let most = self.left.min(buffer.len());
        let n = self.bytes.read(&mut buffer[..most])?;
        self.left -= n;
        if n > 0 && self.left == 0 {
            let end = self.line()?;
            assert!(end == "\r\n" || end.is_empty(), "{end:?} after a chunk");
        }
        Ok(n)
    }
}

/// An event stream, block by block.
pub(crate) struct Stream {
    bytes: BufReader<Box<dyn Read + Send>>,
    /// Heartbeats since anything else came.
    beats: u32,
}

/// Heartbeats of 15 s after which what is waited for does not come.
const QUIET: u32 = 3;

impl Stream {
    /// Asks, and reads no answer yet.
    pub(crate) fn ask(addr: &str, query: &str, cursor: Option<&str>) -> TcpStream {
        let mut stream = connect(addr);
        // One that takes nothing is soon behind, whatever this system's default.
        SockRef::from(&stream)
            .set_recv_buffer_size(RECEIVED)
            .unwrap();
        let cursor = cursor.map_or(String::new(), |id| format!("Last-Event-ID: {id}\r\n"));
        let head = format!("GET /events?{query} HTTP/1.1\r\nHost: localhost\r\n{cursor}\r\n");
        stream.write_all(head.as_bytes()).unwrap();
        stream
    }

    /// Reads an answer's head, which has to be that of a stream.
    pub(crate) fn of(bytes: impl Read + Send + 'static) -> Self {
        let mut bytes = BufReader::with_capacity(1024, bytes);
        let head = head(&mut bytes);
        assert!(head.starts_with("HTTP/1.1 200 "), "{head}");
        assert!(head.contains("transfer-encoding: chunked\r\n"), "{head}");
        Self {
            bytes: BufReader::with_capacity(1024, Box::new(Chunked::of(bytes))),
            beats: 0,
        }
    }

    fn open(addr: &str, query: &str, cursor: Option<&str>) -> Self {
        Self::of(Self::ask(addr, query, cursor))
    }

    /// The next block without its blank line; none at the end.
    pub(crate) fn next(&mut self) -> Option<String> {
        let mut block = String::new();
        loop {
            let mut line = String::new();
            let read = self.bytes.read_line(&mut line).unwrap();
            match line.trim_end_matches(['\r', '\n']) {
                "" if read == 0 => return None,
                "" => break,
                line => block.extend([line, "\n"]),
            }
        }
        self.beats = match block.starts_with("event: hub.beat") {
            true => self.beats + 1,
            false => 0,
        };
        assert!(self.beats < QUIET, "it hangs: nothing but heartbeats");
        Some(block)
    }

    /// The next block that is an event's, or the hub's with this name.
    pub(crate) fn next_of(&mut self, event: &str) -> String {
        loop {
            let block = self.next().expect("the stream goes on");
            if block.lines().any(|line| line == format!("event: {event}")) {
                return block;
            }
        }
    }

    /// The next so many events of publishers without names, as `(id, data)`; there may be no gap.
    pub(crate) fn events(&mut self, n: usize) -> Vec<(String, String)> {
        let mut events = Vec::with_capacity(n);
        while events.len() < n {
            let block = self.next().expect("the stream goes on");
            assert!(!block.contains("event: hub.gap"), "{block}");
            if block.starts_with("id: ") {
                let text = |name| field(&block, name).to_owned();
                events.push((text("id"), text("data")));
            }
        }
        events
    }
}
