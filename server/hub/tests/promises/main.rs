//! The hub's promises, one by one.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test"
)]

mod channels;
mod figures;
mod isolation;
mod keys;
mod losses;
mod observing;
mod slow;
mod streams;
mod subscribers;
#[path = "../support/mod.rs"]
mod support;
mod windows;
