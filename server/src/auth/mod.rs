//! Who may do what.
//!
//! The settings are read into a [`Policy`]; the [`Guard`] holds it while the server runs, and says of
//! each request who asks: a [`Caller`], which a handler asks before it does anything.

mod access;
mod algorithm;
mod book;
mod caller;
mod cookie;
mod entry;
mod file;
mod guard;
mod jwks;
mod key;
mod key_id;
mod live;
mod mint;
mod policy;
mod publishers;
mod rights;
mod tickets;
mod token;
mod until;

pub use self::access::Access;
pub use self::algorithm::Algorithm;
pub(crate) use self::caller::{Caller, Observer, Reader, Who};
pub(crate) use self::guard::{Guard, TICKET, bearer};
pub(crate) use self::mint::{Minted, mint};
pub use self::policy::Policy;
pub(crate) use self::tickets::Full;
pub(crate) use self::until::Until;
