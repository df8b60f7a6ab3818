//! Accepting: one connection after the other, for as long as there is room and there are descriptors.

use std::io;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use tokio::net::{TcpListener, TcpStream};

use super::places::{Place, Places};

/// Accepts from a listener as far as there is room, and says so in the log where there is none.
pub(super) struct Accept {
    listener: TcpListener,
    places: Places,
    files: Shortage,
    room: Shortage,
}

/// A connection that was accepted.
pub(super) struct Accepted {
    pub(super) stream: TcpStream,
    /// As the system said with it: asking it again would be a call more.
    pub(super) peer: SocketAddr,
    pub(super) place: Place,
}

impl Accept {
    pub(super) fn new(listener: TcpListener, places: Places) -> Self {
        Self {
            listener,
            places,
            files: Shortage::default(),
            room: Shortage::default(),
        }
    }

    /// The next connection, once there is a place for one more. An error is not the end of accepting.
    pub(super) async fn next(&mut self) -> Accepted {
        let mut pause = Backoff::default();
        loop {
            let place = self.places.next().await;
            match self.listener.accept().await {
                Ok((stream, peer)) => {
                    let place = self.places.better(place);
                    self.tell(place.is_spare);
                    return Accepted {
                        stream,
                        peer,
                        place,
                    };
                }
                Err(error) if of_one_peer(&error) => {}
                Err(error) => {
                    // Out of descriptors, most likely: the connection stays in the backlog, and
                    // asking again at once would spin.
                    if self.files.begins(Instant::now()) {
                        tracing::warn!(%error, "cannot accept connections for now; they wait");
                    }
                    tokio::time::sleep(pause.next()).await;
                }
            }
        }
    }

    /// Says whether there is room, where that is new.
    fn tell(&mut self, is_full: bool) {
        if self.files.ends() {
            tracing::info!("accepting connections again");
        }
        if is_full && self.room.begins(Instant::now()) {
            tracing::warn!(
                "there are as many connections as --max-connections says; who comes gets no stream, and is told so"
            );
        } else if !is_full && self.room.ends() {
            tracing::info!("there is room for connections again");
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
