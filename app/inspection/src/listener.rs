//! Who hears of what comes, as it comes.

use wire::Event;

use crate::{Connection, Finding, Pace, Row};

/// Hears of all that an inspection takes, in its order, also of what it does not keep.
pub trait Listener {
    /// A connection, with its head where that is there already; what its head says follows.
    fn opened(&mut self, _: &Connection) {}

    /// So many bytes at a connection's beginning were not kept.
    fn cut(&mut self, _bytes: u64) {}

    /// A piece of the body, its place and when it came; what is in it follows.
    fn piece(&mut self, _offset: u64, _at: Option<f64>, _bytes: &[u8]) {}

    /// An event, whole, and what is kept of it.
    fn event(&mut self, _: &Event, _: &Row) {}

    /// Something to know.
    fn finding(&mut self, _: &Finding) {}

    /// A connection of which no more is to be said, and its times.
    fn ended(&mut self, _: &Connection, _: &Pace) {}
}

/// Nobody.
impl Listener for () {}
