//! The beginning of a body that is no stream, but may say why.

use std::io::Read;
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use serde::Deserialize;
use ureq::Body;
use ureq::http::Response;

/// How much of a refusal is read; a longer one is no `application/problem+json`.
const REFUSAL: u64 = 64 << 10;
/// How much of a refusal is quoted that is no `application/problem+json`.
const QUOTED_CHARS: usize = 300;
/// How long a refusal's body is waited for.
const REFUSAL_TIME: Duration = Duration::from_secs(2);

/// The first bytes of a body: as many as `most`, and as far as they come within `time`.
pub(crate) fn beginning(body: impl Read + Send + 'static, most: u64, time: Duration) -> Vec<u8> {
    let (sender, pieces) = mpsc::channel();
    let mut body = body.take(most);
    // A read cannot be given up on; the thread ends with the body or the program.
    thread::spawn(move || {
        let mut piece = [0; 4096];
        while let Ok(length @ 1..) = body.read(&mut piece) {
            if sender.send(piece[..length].to_vec()).is_err() {
                return;
            }
        }
    });
    let deadline = Instant::now() + time;
    let mut bytes = Vec::new();
    while let Ok(piece) = pieces.recv_timeout(deadline.duration_since(Instant::now())) {
        bytes.extend(piece);
    }
    bytes
}

/// Why a server refuses: a problem of RFC 9457, with what a refused upload says beyond it.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Problem {
    /// In the server's own words; empty where it says nothing.
    pub(crate) detail: String,
    /// Which line of an upload was refused.
    pub(crate) line: Option<u64>,
    /// How many events were stored before it.
    pub(crate) stored: Option<u64>,
}

/// Why a server refuses; where its body is no problem of RFC 9457, how that begins.
pub(crate) fn problem(response: Response<Body>) -> Problem {
    let bytes = beginning(response.into_body().into_reader(), REFUSAL, REFUSAL_TIME);
    serde_json::from_slice(&bytes).unwrap_or_else(|_| {
        let text = String::from_utf8_lossy(&bytes);
        Problem {
            detail: text.trim().chars().take(QUOTED_CHARS).collect(),
            ..Problem::default()
        }
    })
}
