//! The hub: one log, many readers.
//!
//! A publish is appended to the log; a subscriber is a cursor into it. Live delivery, a slow
//! reader and a reconnect are the same thing, "everything after this id", and there is no second
//! path that could lose an event. The hub knows no HTTP and does not log payloads.

mod activity;
mod catalogue;
mod channel;
mod clock;
mod counters;
mod delivery;
mod draft;
mod driver;
mod entry;
mod fanout;
mod figures;
mod groups;
mod handed;
mod handle;
mod histogram;
mod id;
mod keys;
pub mod limits;
mod log;
mod look;
mod losses;
mod memory;
mod needle;
mod observe;
mod record;
mod replay;
mod retention;
mod ring;
mod selector;
mod shelves;
mod start;
mod subscription;
mod tally;
mod times;
mod topic;
mod union;
mod waiter;
mod window;

pub use activity::Order;
pub use catalogue::{Catalogue, Kept, Stretch, look_back};
pub use channel::{Channel, Entered, Entering, Member, News};
pub use clock::{Clock, SystemClock};
pub use counters::{Closed, Gaps, Traffic};
pub use delivery::{Close, CloseReason, Delivery, Form, Gap, GapReason, preamble};
pub use draft::{Draft, DraftError, Key};
pub use driver::Driver;
pub use entry::Entry;
pub use figures::{Figures, Stats};
pub use handed::Handed;
pub use handle::{Hub, PublishError, Published, Settings, Snapshot};
pub use histogram::{BOUNDS, Durations, Histogram};
pub use id::{Epoch, EventId, Seq};
pub use keys::{KeyMark, Keys};
pub use log::{
    Appended, Bounds, Cursor, Fut, Health, Log, LogError, Lost, Page, Tail, TopicInfo, TopicPage,
};
pub use losses::LostMarks;
pub use memory::MemoryLog;
pub use observe::{Client, Listing, SubscriberEntry, TopicEntry};
pub use record::{Record, rfc3339};
pub use retention::{Policy, Retention};
pub use selector::{Filter, Selector, SelectorError};
pub use shelves::TopicQuery;
pub use start::Start;
pub use subscription::{Batch, Subscription};
pub use topic::{Topic, TopicError, is_bidi_control};
pub use window::Found;
