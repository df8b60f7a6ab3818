//! Accepting: one connection after the other, for as long as there is room and there are descriptors.

use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The next connection, once there may be one more. An error is not the end of accepting.
pub(super) async fn next(
    listener: &TcpListener,
    permits: &Arc<Semaphore>,
    shortage: &mut Shortage,
) -> (TcpStream, OwnedSemaphorePermit) {
    let mut pause = Backoff::default();
    loop {
        let Ok(permit) = Arc::clone(permits).acquire_owned().await else {
            // Never closed; if it were, there would be nothing to accept any more.
            std::future::pending::<()>().await;
            continue;
        };
        match listener.accept().await {
            Ok((stream, _)) => {
                if shortage.ends() {
                    tracing::info!("accepting connections again");
                }
                return (stream, permit);
            }
            Err(error) if of_one_peer(&error) => {}
            Err(error) => {
                // Out of descriptors, most likely: the connection stays in the backlog, and
                // asking again at once would spin.
                if shortage.begins(Instant::now()) {
                    tracing::warn!(%error, "cannot accept connections for now; they wait");
                }
                tokio::time::sleep(pause.next()).await;
            }
        }
    }
}

/// When it is worth a word that connections cannot be accepted, and that they can be again: once
/// each, and at most once a minute, as one descriptor that comes free is taken at once.
#[derive(Default)]
pub(super) struct Shortage {
    told: Option<Instant>,
    lasts: bool,
}

impl Shortage {
    const PAUSE: Duration = Duration::from_secs(60);

    /// Whether to say that it begins.
    fn begins(&mut self, now: Instant) -> bool {
        let is_new = !self.lasts && self.told.is_none_or(|told| now - told >= Self::PAUSE);
        if is_new {
            self.told = Some(now);
            self.lasts = true;
        }
        is_new
    }

    /// Whether to say that it is over.
    fn ends(&mut self) -> bool {
        std::mem::take(&mut self.lasts)
    }
}

/// Errors of the connection that was to be accepted, not of accepting.
fn of_one_peer(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(
        error.kind(),
        ConnectionAborted | ConnectionRefused | ConnectionReset
    )
}

/// Pauses that double from 10 ms to one second.
#[derive(Default)]
struct Backoff(u32);

impl Backoff {
    fn next(&mut self) -> Duration {
        let pause = Duration::from_millis(10 << self.0.min(7));
        self.0 = self.0.saturating_add(1);
        pause.min(Duration::from_secs(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_a_second_and_stay_there() {
        let mut pauses = Backoff::default();
        let first: Vec<_> = (0..9).map(|_| pauses.next().as_millis()).collect();
        assert_eq!(first, [10, 20, 40, 80, 160, 320, 640, 1000, 1000]);
    }

    #[test]
    fn a_shortage_and_its_end_are_told_once_each_and_not_again_within_a_minute() {
        let (mut shortage, now) = (Shortage::default(), Instant::now());
        assert!(!shortage.ends(), "there was none");
        let told: Vec<_> = (0..5).map(|_| shortage.begins(now)).collect();
        assert_eq!(told, [true, false, false, false, false]);
        assert_eq!([shortage.ends(), shortage.ends()], [true, false]);
        assert!(!shortage.begins(now + Duration::from_secs(59)) && !shortage.ends());
        assert!(shortage.begins(now + Duration::from_secs(60)) && shortage.ends());
    }
}
