//! What the log promises, each as a test named after it.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test ends at the first failure"
)]

mod damage;
mod durable;
mod faults;
mod format;
mod hub;
mod keys;
mod model;
mod repair;
mod replay;
mod retention;
mod support;
