//! How streams get from the hub to their sockets.
//!
//! By the body path, hyper writes each stream as the body of its response: over TLS and HTTP/2, and
//! wherever the other is not possible. By the socket path, hyper routes and authorises, and the
//! socket is then carried on without it: by a task of its own while the stream is behind, and by a shard,
//! one thread for many streams, once it has everything.

mod carrier;
mod channel;
pub(crate) mod chunk;
mod inbox;
mod keep;
mod live;
mod member;
mod portions;
mod shard;
mod shards;
mod spread;

use clap::ValueEnum;

pub(crate) use self::carrier::{Carried, Next};
pub(crate) use self::keep::Keep;
pub(crate) use self::live::{Begun, Live, Offer};
pub(crate) use self::shards::Shards;

/// By which path streams over plain HTTP/1.1 are sent; all others are bodies.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum FanOut {
    /// As the body of a response.
    Body,
    /// Into the socket, many by one thread.
    #[default]
    Socket,
}
