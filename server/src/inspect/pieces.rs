//! A body, read by a thread of its own, so that a time to end is kept whatever a server does.

use std::io::{ErrorKind, Read};
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

/// Pieces that wait to be told; beyond, the server is not read any further.
const WAITING: usize = 16;
/// The most bytes of one piece.
const PIECE: usize = 64 << 10;

/// What comes next of a body.
pub(super) enum Next {
    /// Bytes, and when they came.
    Piece(Instant, Vec<u8>),
    /// All came.
    End,
    /// It could not be read on.
    Broke(std::io::Error),
    /// The time is over.
    Late,
}

/// A body under way; its thread ends with the body or the program.
pub(super) struct Pieces(Receiver<Next>);

impl Pieces {
    pub(super) fn of(mut body: Box<dyn Read + Send>) -> Self {
        let (sender, pieces) = sync_channel(WAITING);
        thread::spawn(move || {
            let mut piece = vec![0; PIECE];
            loop {
                let next = match body.read(&mut piece) {
                    Ok(0) => Next::End,
                    Ok(length) => Next::Piece(Instant::now(), piece[..length].to_vec()),
                    Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                    Err(error) => Next::Broke(error),
                };
                let is_last = !matches!(next, Next::Piece(..));
                if sender.send(next).is_err() || is_last {
                    return;
                }
            }
        });
        Self(pieces)
    }

    /// Waits for what comes next, until then.
    pub(super) fn next(&self, until: Option<Instant>) -> Next {
        let Some(until) = until else {
            return self.0.recv().unwrap_or(Next::End);
        };
        let wait = until.saturating_duration_since(Instant::now());
        // What is always ready must not outlast the time either.
        if wait == Duration::ZERO {
            return Next::Late;
        }
        match self.0.recv_timeout(wait) {
            Ok(next) => next,
            Err(RecvTimeoutError::Timeout) => Next::Late,
            Err(RecvTimeoutError::Disconnected) => Next::End,
        }
    }
}
