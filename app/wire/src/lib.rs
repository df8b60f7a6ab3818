//! The event-stream format, once, for server and browser.
//!
//! The encoder ([`Frame`]) cannot forge a field: what could end a line is split off or refused by
//! a type. The [`Parser`] follows WHATWG HTML 9.2.6 ("Interpreting an event stream") for any
//! bytes in any chunks, and says what is wrong with them. Neither does I/O, and the crate depends
//! on nothing but `std`.

mod beat;
mod diagnostic;
mod encode;
mod field;
mod interpret;
mod item;
mod limits;
mod lines;
mod order;
mod parse;
mod reconnection;
mod utf8;

pub use beat::is_beat;
pub use diagnostic::{Code, Diagnostic};
pub use encode::{Frame, comment};
pub use field::{EventName, FieldError, Id, Line, MAX_EVENT_NAME, MAX_ID, Retry, is_sendable};
pub use item::{End, Event, Field, Item};
pub use limits::Limits;
pub use parse::Parser;
pub use reconnection::ReconnectionTime;
