//! The event-stream format, once, for server and browser.
//!
//! The encoder ([`Frame`]) cannot forge a field: what could end a line is split off or refused by
//! a type. The parser follows WHATWG HTML 9.2.6 ("Interpreting an event stream"). Neither does
//! I/O, and the crate depends on nothing but `std`.

mod encode;
mod field;

pub use encode::{Frame, comment};
pub use field::{EventName, FieldError, Id, Line, MAX_EVENT_NAME, MAX_ID, Retry};
