//! The endpoints, one file a family, and what they share.

pub(crate) mod cors;
pub(crate) mod error;
pub(crate) mod health;
mod query;
mod stream;
pub(crate) mod time;
