//! What there is to say of an event stream, for the page and for the command line.
//!
//! The parser of `wire` says what is in the bytes. This crate adds what is in the response's head,
//! in the times at which the bytes came, and in what a client gets that comes back; it keeps what
//! came within bounds, and writes it down for others. It does no I/O and asks no clock.

pub mod capture;
mod escape;
mod filter;
mod finding;
mod framing;
mod head;
mod hex;
mod kept;
pub mod limits;
mod listener;
mod media_type;
mod moment;
mod pace;
mod raw;
mod record;
mod report;
mod resume;
mod said;
mod secret;
mod sniff;
mod transcript;

pub use escape::{Escaped, is_harmful};
pub use filter::Filter;
pub use finding::Finding;
pub use framing::Framing;
pub use head::{Head, Sight};
pub use hex::{HexRow, rows};
pub use kept::{Chunk, Connection, Row, Told};
pub use listener::Listener;
pub use media_type::is_event_stream;
pub use moment::Moment;
pub use pace::{Pace, Spread};
pub use raw::{Line, lines};
pub use record::Inspection;
pub use report::report;
pub use resume::{
    Seen, Standing, Trial, Verdict, refused_with, refused_with_type, unanswered, unknown,
};
pub use said::time;
pub use secret::{masked, masked_header};
pub use sniff::sniff;
pub use wire::is_sendable;
