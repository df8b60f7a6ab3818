//! The endpoints, one file a family, and what they share.

mod body;
pub(crate) mod chat;
pub(crate) mod cors;
pub(crate) mod error;
pub(crate) mod health;
mod poll;
mod query;
mod stream;
pub(crate) mod subscribe;
pub(crate) mod time;
