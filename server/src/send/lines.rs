//! `--lines`: standard input as it arrives.
//!
//! Each request carries the lines that are there, and the next waits for its answer: what is stored
//! is known at each moment, no request is open while standard input is quiet, and what arrives
//! meanwhile goes together.

use std::io::{self, ErrorKind, Read};
use std::ops::Range;
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread;

use serde_json::{Value, json};
use ureq::Agent;

use super::answer::{Outcome, refused};
use crate::client::body::Problem;
use crate::client::{failure::Failure, status};

/// The longest line that is kept, in bytes: beyond what a hub can be told to accept.
const LINE: usize = super::DATA as usize;
/// From here on no more lines are gathered for one request, in bytes: bounds what is not known to
/// be stored, and what a server reads on for a client that it refuses.
const REQUEST: usize = 1 << 20;
/// Bytes that are read at a time, and how many such pieces wait.
const PIECE: usize = 64 << 10;
const PIECES: usize = 4;

/// Publishes every line, and returns how many there were, the first id and the last.
pub(super) fn publish(
    agent: &Agent,
    address: &str,
    input: impl Read + Send + 'static,
) -> Result<Value, Failure> {
    let pieces = read(input);
    let mut upload = Upload {
        agent,
        address,
        sent: 0,
        count: 0,
        first: Value::Null,
        last: Value::Null,
    };
    let mut waiting = Vec::new();
    loop {
        // What waits has no line end in it.
        let known = waiting.len();
        let Some(piece) = gather(&pieces, &mut waiting) else {
            break;
        };
        piece.map_err(|error| Failure::input(&error))?;
        let end = waiting[known..].iter().rposition(|byte| *byte == b'\n');
        if let Some(end) = end.map(|end| known + end) {
            let rest = waiting.split_off(end + 1);
            upload.send(&std::mem::replace(&mut waiting, rest))?;
        }
        if waiting.len() > LINE {
            let line = upload.sent + 1;
            let words = format!(
                "line {line} is longer than 64 MiB, which no hub takes; {}",
                upload.so_far()
            );
            return Err(Failure::new(status::REFUSED, words));
        }
    }
    if !waiting.is_empty() || upload.sent == 0 {
        upload.send(&waiting)?;
    }
    Ok(json!({"count": upload.count, "first": upload.first, "last": upload.last}))
}

/// Reads on while requests are under way.
fn read(mut input: impl Read + Send + 'static) -> Receiver<io::Result<Vec<u8>>> {
    let (sender, pieces) = sync_channel(PIECES);
    thread::spawn(move || {
        let mut piece = vec![0; PIECE];
        loop {
            let read = match input.read(&mut piece) {
                Ok(0) => return,
                Ok(length) => Ok(piece[..length].to_vec()),
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) => Err(error),
            };
            let is_over = read.is_err();
            if sender.send(read).is_err() || is_over {
                return;
            }
        }
    });
    pieces
}

/// Waits for a piece, and takes those that are there too; none at the end.
fn gather(pieces: &Receiver<io::Result<Vec<u8>>>, waiting: &mut Vec<u8>) -> Option<io::Result<()>> {
    let mut next = pieces.recv().ok()?;
    loop {
        match next {
            Ok(piece) => waiting.extend(piece),
            Err(error) => return Some(Err(error)),
        }
        if waiting.len() >= REQUEST {
            return Some(Ok(()));
        }
        match pieces.try_recv() {
            Ok(more) => next = more,
            Err(_) => return Some(Ok(())),
        }
    }
}

/// What has been published.
struct Upload<'a> {
    agent: &'a Agent,
    address: &'a str,
    /// How many lines are stored.
    sent: u64,
    count: u64,
    first: Value,
    last: Value,
}

impl Upload<'_> {
    fn send(&mut self, lines: &[u8]) -> Result<(), Failure> {
        let ends = lines.iter().filter(|byte| **byte == b'\n').count() as u64;
        let has_rest = !lines.is_empty() && !lines.ends_with(b"\n");
        let through = self.sent + ends + u64::from(has_rest);
        match self.request(lines) {
            Outcome::Stored(answer) => {
                self.sent = through;
                self.count += answer["count"].as_u64().unwrap_or_default();
                if self.first.is_null() {
                    self.first = answer["first"].clone();
                }
                if !answer["last"].is_null() {
                    self.last = answer["last"].clone();
                }
                Ok(())
            }
            Outcome::Refused(status, problem) => {
                let problem = self.in_all(problem);
                Err(refused(status, &problem))
            }
            Outcome::Unreachable(error) => {
                let failure = Failure::unreachable(self.address, &error);
                let words = format!("{failure}; {}", self.so_far());
                Err(Failure::new(failure.status, words))
            }
            Outcome::Unknown(why) => Err(self.unknown(&why, self.sent + 1..through + 1)),
        }
    }

    /// One request. A server that was there a moment ago is being started again: it is waited for,
    /// as nothing has been sent.
    fn request(&self, lines: &[u8]) -> Outcome {
        let send = || {
            let request = self.agent.post(self.address);
            let request = request.content_type("text/plain; charset=utf-8");
            Outcome::of(request.send(lines))
        };
        let mut pauses = super::pauses();
        loop {
            let outcome = send();
            match (&outcome, pauses.next()) {
                (Outcome::Unreachable(_), Some(pause)) if self.sent > 0 => thread::sleep(pause),
                _ => return outcome,
            }
        }
    }

    fn so_far(&self) -> String {
        match self.last.as_str() {
            None => "no line is stored".to_owned(),
            Some(last) => format!("lines stored: {}, the last as {last}", self.sent),
        }
    }

    fn unknown(&self, why: &str, lines: Range<u64>) -> Failure {
        let words = format!(
            "{why}; whether lines {} to {} are stored is not known, all or only the first of them; {}",
            lines.start,
            lines.end - 1,
            self.so_far()
        );
        Failure::new(status::NO_ANSWER, words)
    }

    /// The server counts the lines of one request; those before are added.
    fn in_all(&self, problem: Problem) -> String {
        let (Some(line), Some(stored)) = (problem.line, problem.stored) else {
            return format!("{}; {}", problem.detail, self.so_far());
        };
        let words =
            |line, stored| format!("line {line} was refused (events stored before it: {stored})");
        let inner = words(line, stored);
        let cause = problem
            .detail
            .strip_prefix(&inner)
            .unwrap_or(&problem.detail);
        words(self.sent + line, self.count + stored) + cause
    }
}
