//! The durable log: what it has answered for is on the disk.
//!
//! A log is a directory of segment files. One thread writes: it takes what waits, writes it,
//! syncs once, notes how far the disk is right, and only then answers. Each record carries a
//! checksum over itself and the one before, so that a damaged record is never taken for an event
//! and a missing one is noticed. `docs/store.md` describes the files.

mod cache;
mod check;
mod codec;
mod compact;
pub mod disk;
mod fetch;
mod files;
mod frame;
mod group;
mod lock;
mod log;
mod manifest;
mod mark;
mod open;
mod patience;
mod place;
mod private;
mod repair;
mod segment;
mod segments;
mod shared;
mod strays;
mod topics;
mod writer;

pub use check::{Report, check};
pub use log::{Options, SegmentLog};
pub use open::OpenError;
pub use repair::{Repaired, backup, repair, restore};
