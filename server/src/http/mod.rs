//! The endpoints, one file a family, and what they share.

mod accept;
pub(crate) mod address;
pub(crate) mod api;
pub(crate) mod batch;
pub(crate) mod body;
pub(crate) mod chat;
pub(crate) mod client;
pub(crate) mod cookies;
pub(crate) mod cors;
pub(crate) mod error;
pub(crate) mod faults;
mod fields;
mod forwarded;
pub(crate) mod health;
pub(crate) mod host;
pub(crate) mod lines;
pub(crate) mod media;
pub(crate) mod metrics;
mod object;
pub(crate) mod peer;
mod poll;
pub(crate) mod problem;
pub(crate) mod publish;
pub(crate) mod query;
pub(crate) mod refusal;
pub(crate) mod room;
mod splitter;
mod stream;
pub(crate) mod subscribe;
pub(crate) mod time;
pub(crate) mod watch;

pub(crate) use self::subscribe::FORMATS;
