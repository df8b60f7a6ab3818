//! One of the streams of a shard.

use std::io::{self, Read, Write};
use std::net::TcpStream as StdStream;

use mio::net::TcpStream;

use super::keep::Keep;
use super::live::{Live, Stay};
use super::spread::Counted;

/// A stream that waits for what comes: its socket, and what there is to know of it once something happens.
///
/// What is touched at each delivery is small and in one place.
pub(super) struct Member {
    pub(super) socket: TcpStream,
    /// Its number in the shard.
    pub(super) id: usize,
    /// Whether its right may end before it does.
    pub(super) may_expire: bool,
    pub(super) rest: Box<Rest>,
}

/// What is seldom touched.
pub(super) struct Rest {
    pub(super) place: hub::Member,
    pub(super) stay: Stay,
    pub(super) keep: Keep,
    _counted: Counted,
}

/// A stream on its way into a shard.
pub(super) struct Joining {
    pub(super) socket: StdStream,
    pub(super) live: Live,
    pub(super) keep: Keep,
    pub(super) counted: Counted,
}

/// What became of a write.
pub(super) enum Written {
    /// The kernel has all of it.
    All,
    /// It has so many bytes, and no room for more.
    Part(usize),
    /// The connection is gone.
    Gone,
}

impl Rest {
    pub(super) fn new(place: hub::Member, stay: Stay, keep: Keep, counted: Counted) -> Self {
        Self {
            place,
            stay,
            keep,
            _counted: counted,
        }
    }
}

impl Member {
    /// Whether the right to it has ended by now.
    pub(super) fn has_expired(&mut self) -> bool {
        self.may_expire && self.rest.stay.is_over()
    }

    /// Gives the kernel these bytes, as far as it takes them at once.
    pub(super) fn write(&mut self, bytes: &[u8]) -> Written {
        loop {
            match self.socket.write(bytes) {
                Ok(n) if n == bytes.len() => return Written::All,
                // The kernel had no room for the rest.
                Ok(n) => return Written::Part(n),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Written::Part(0),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => return Written::Gone,
            }
        }
    }

    /// Discards what its client has sent; false where that has ended, or does not.
    pub(super) fn discard(&mut self) -> bool {
        let mut discarded = [0; 4096];
        while self.rest.keep.may_send() {
            match self.socket.read(&mut discarded) {
                Ok(0) => return false,
                Ok(n) => self.rest.keep.discarded(n),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return true,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => return false,
            }
        }
        false
    }
}
