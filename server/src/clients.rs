//! What each client may take: streams at a time, publishes a second; and each address: connections.
//!
//! A client is who its token or key says it is, else its address. One on this machine that says nothing is not
//! counted; see [`Remote`] for who is.

mod buckets;
mod key;
mod seats;

use std::collections::hash_map::RandomState;
use std::convert::Infallible;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use tokio::time::Instant;

use self::buckets::Buckets;
use self::key::Key;
use self::seats::{Seats, Taken};
use crate::auth::Caller;
use crate::config::Network;
use crate::connection::Whence;
use crate::http::error::HttpError;
use crate::http::peer::Remote;
use crate::limits::{CLIENTS, Limits};
use crate::state::AppState;

/// The clients of one server, and what each has taken.
#[derive(Debug)]
pub(crate) struct Clients {
    seats: Option<Arc<Seats>>,
    buckets: Option<Buckets>,
    connections: Option<Arc<Seats>>,
    /// Whose connections are not counted: this machine's, and those of proxies, which stand for many.
    uncounted: Vec<Network>,
    hasher: RandomState,
    /// What was refused.
    pub(crate) refused: Refused,
}

/// What was refused to clients since the start, by reason.
#[derive(Debug, Default)]
pub(crate) struct Refused {
    /// Streams, polls and uploads of clients that had as many as one may have.
    pub(crate) streams: AtomicU64,
    /// The same, where the server had as many connections as it takes.
    pub(crate) connections: AtomicU64,
    /// Publishes and deletions beyond a client's rate.
    pub(crate) publishes: AtomicU64,
    /// Connections of addresses that had as many as one may have.
    pub(crate) client_connections: AtomicU64,
    /// Pieces of uploads that were made to wait for it.
    pub(crate) slowed: AtomicU64,
}

impl Clients {
    /// Nobody yet.
    pub(crate) fn new(limits: &Limits, proxies: &[Network]) -> Arc<Self> {
        Arc::new(Self::counting(
            limits,
            [&Network::LOOPBACK, proxies].concat(),
        ))
    }

    fn counting(limits: &Limits, uncounted: Vec<Network>) -> Self {
        let buckets = |rate| Buckets::new(rate, limits.client_burst, CLIENTS);
        Self {
            seats: limits.client_streams.map(|each| Arc::new(Seats::new(each))),
            buckets: limits.client_publishes.map(buckets),
            connections: limits
                .client_connections
                .map(|each| Arc::new(Seats::new(each))),
            uncounted,
            hasher: RandomState::new(),
            refused: Refused::default(),
        }
    }

    /// Room for a connection from an address; none where that has as many as one may have.
    pub(crate) fn connection(&self, peer: IpAddr) -> Option<Seat> {
        let Some(connections) = &self.connections else {
            return Some(Seat { _taken: None });
        };
        if self.uncounted.iter().any(|network| network.contains(peer)) {
            return Some(Seat { _taken: None });
        }
        let taken = connections.take(peer.into());
        if taken.is_none() {
            count(&self.refused.client_connections);
        }
        Some(Seat {
            _taken: Some(taken?),
        })
    }

    /// One who asks.
    pub(crate) fn client(self: &Arc<Self>, caller: &Caller, parts: &Parts) -> Client {
        let remote = Remote::of(&parts.extensions);
        let whence = parts.extensions.get::<Whence>();
        Client {
            key: Key::of(caller, remote, &self.hasher),
            clients: Some(Arc::clone(self)),
            is_spare: whence.is_some_and(|whence| whence.is_spare),
        }
    }
}

/// One client; the default is one that is not counted.
#[derive(Clone, Debug, Default)]
pub(crate) struct Client {
    clients: Option<Arc<Clients>>,
    /// None where it is not counted.
    key: Option<Key>,
    /// Whether its connection is beyond those that may stay.
    is_spare: bool,
}

/// Room for one stream or one connection, for as long as it is kept.
#[derive(Debug)]
pub(crate) struct Seat {
    _taken: Option<Taken>,
}

impl Client {
    /// Room for a stream, a poll or an upload.
    ///
    /// # Errors
    /// 503 where the client has as many as one may have, or its connection is one that may not stay.
    pub(crate) fn seat(&self) -> Result<Seat, HttpError> {
        let Some(clients) = &self.clients else {
            return Ok(Seat { _taken: None });
        };
        if self.is_spare {
            count(&clients.refused.connections);
            return Err(HttpError::Full);
        }
        let (Some(seats), Some(key)) = (&clients.seats, self.key) else {
            return Ok(Seat { _taken: None });
        };
        let taken = seats.take(key);
        if taken.is_none() {
            count(&clients.refused.streams);
            return Err(HttpError::Crowded(seats.each));
        }
        Ok(Seat { _taken: taken })
    }

    /// Whether it may publish now: asked before a body is read.
    ///
    /// # Errors
    /// 429 where it has published too much.
    pub(crate) fn may_publish(&self) -> Result<(), HttpError> {
        self.ask(Buckets::look)
    }

    /// Takes so many events, or a deletion, from what it may publish.
    ///
    /// # Errors
    /// 429 where it has published too much.
    pub(crate) fn publishes(&self, events: usize) -> Result<(), HttpError> {
        self.ask(|buckets, key| buckets.take(key, number(events)))
    }

    /// The same for a piece of an upload, which is made to wait instead: until when.
    pub(crate) fn waits(&self, events: usize) -> Option<Instant> {
        let (clients, buckets, key) = self.bucket()?;
        let until = buckets.reserve(key, number(events));
        let is_later = until > Instant::now();
        if is_later {
            count(&clients.refused.slowed);
        }
        is_later.then_some(until)
    }

    /// How many events of an upload are to be published at a time.
    pub(crate) fn piece(&self) -> usize {
        self.bucket()
            .map_or(usize::MAX, |(_, buckets, _)| buckets.piece())
    }

    fn bucket(&self) -> Option<(&Clients, &Buckets, Key)> {
        let clients = self.clients.as_deref()?;
        Some((clients, clients.buckets.as_ref()?, self.key?))
    }

    fn ask(
        &self,
        bucket: impl FnOnce(&Buckets, Key) -> Result<(), Duration>,
    ) -> Result<(), HttpError> {
        let Some((clients, buckets, key)) = self.bucket() else {
            return Ok(());
        };
        bucket(buckets, key).map_err(|wait| {
            count(&clients.refused.publishes);
            HttpError::TooFast(wait)
        })
    }
}

/// Who asks, where nothing else is asked of it: one whose token is not good is counted by its address.
impl FromRequestParts<AppState> for Client {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Infallible> {
        let caller = state.guard.caller(&parts.headers).await;
        let caller = caller.unwrap_or_else(|_| Caller::open());
        Ok(state.clients.client(&caller, parts))
    }
}

fn number(events: usize) -> u32 {
    u32::try_from(events).unwrap_or(u32::MAX)
}

fn count(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}

#[cfg(test)]
mod tests {
    use super::*;

    impl Clients {
        /// Those of a server that counts the connections of this machine, too.
        pub(crate) fn of_connections(each: u32) -> Arc<Self> {
            let limits = Limits {
                client_connections: Some(each),
                ..Limits::default()
            };
            Arc::new(Self::counting(&limits, Vec::new()))
        }
    }

    #[test]
    fn an_address_has_so_many_connections_and_this_machine_and_proxies_any_number() {
        let limits = Limits {
            client_connections: Some(2),
            ..Limits::default()
        };
        let clients = Clients::new(&limits, &["10.0.0.0/8".parse().unwrap()]);
        let ask = |address: &str| clients.connection(address.parse().unwrap());
        let mut held: Vec<_> = (0..3).map(|_| ask("192.0.2.1")).collect();
        assert!(held[1].is_some() && held[2].is_none());
        assert!(ask("::ffff:192.0.2.1").is_none(), "the same address");
        assert!(ask("192.0.2.2").is_some());
        held[0] = None;
        held[2] = ask("192.0.2.1");
        assert!(held[2].is_some(), "one that ends makes room");
        for uncounted in ["127.0.0.9", "::1", "::ffff:127.0.0.1", "10.1.2.3"] {
            held.extend((0..3).map(|_| ask(uncounted)));
        }
        assert_eq!(held.iter().flatten().count(), 2 + 4 * 3);
        assert_eq!(
            clients.refused.client_connections.load(Ordering::Relaxed),
            2
        );
    }
}
