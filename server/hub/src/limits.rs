//! Every bound of the hub, with its default and its reason.

use std::time::Duration;

/// The longest topic or selector, in bytes: room for an address, and short enough for a URL.
pub const MAX_TOPIC: usize = 1024;

/// The most selectors on one connection: what fits in a URL, and is cheap to match.
pub const MAX_SELECTORS: usize = 100;

/// The longest publisher's key, in bytes: room for a UUID or a hash.
pub const MAX_KEY: usize = 128;

/// The largest event, in bytes of data: 1 MiB. Larger ones belong in a store, with their address
/// in the event.
pub const MAX_EVENT: usize = 1024 * 1024;

/// The most events in one publish: what a subscriber takes in one write.
pub const MAX_BATCH: usize = 1_000;

/// The most subscribers at once: each costs about a kilobyte here and a file descriptor below.
pub const MAX_SUBSCRIBERS: usize = 100_000;

/// The newest events, in all forms that were asked for: 16 MiB. A live reader or a short reconnect
/// finds them here. Forms that are asked for after an event came are counted within a second.
pub const RING_BYTES: u64 = 16 * 1024 * 1024;

/// The same in events: bounds what small ones cost beyond their bytes.
pub const RING_EVENTS: usize = 65_536;

/// What was read back from the log, in all forms that were asked for: 8 MiB are 60 pages or more, room for
/// readers that began with the same cursor and have drifted apart.
pub const REPLAY_BYTES: u64 = 8 * 1024 * 1024;

/// How much a subscriber is handed at a time, in bytes by [`crate::Record::cost`]: large writes, and
/// bounded memory for one that is slow, also where events are tiny. One event may be larger.
pub const BATCH_BYTES: u64 = 64 * 1024;

/// How long a subscriber may take for one [`BATCH_BYTES`] before it is closed as slow, where there is
/// more for it: whoever takes over a kilobyte a second is never too slow, however large an event.
pub const SLOW: Duration = Duration::from_secs(60);

/// How long a stream may be quiet before it hears a heartbeat: proxies cut after 30 s and more.
pub const HEARTBEAT: Duration = Duration::from_secs(15);

/// How long a publisher's key is remembered.
pub const KEY_LIFE: Duration = Duration::from_secs(600);

/// The most keys remembered at once, 76 bytes each, 68 MB in all: 1,500 keyed publishes a second for
/// ten minutes. A table of twice the size would be next. Publishes with new keys are refused beyond.
pub const MAX_KEYS: usize = 900_000;

/// The newest losses, one by one: `missed` is a number for readers within them.
pub const LOSSES: usize = 65_536;

/// The topics of which is remembered, one by one, up to where they have lost events older than
/// that. Beyond, a reader that comes with an older cursor is told of a gap that it may not have.
pub const LOSS_MARKS: usize = 65_536;

/// What one look at the log may cost, in selectors that are asked: 1 to 5 ms, in which nobody else
/// has the log. A reader that matches little looks again from there.
pub const SCAN: usize = 16_384;

/// Up to so many selectors are asked about each event; of more it is remembered what they said to a
/// topic, which costs about as much as asking these.
pub const FEW_SELECTORS: usize = 4;

/// Of so many topics it is remembered, about 100 KB, until the reader has caught up.
pub const VERDICTS: usize = 2_048;

/// How many events there are between two marks by which a time is found.
pub const TIME_MARK: usize = 1_024;

/// How many events are deleted in one go, about 5 ms; others have the log in between.
pub const FORGET: usize = 4_096;

/// How many places of events that were deleted are held at least before they are swept out: so a
/// deletion costs what it deletes, not what is kept.
pub const STALE: usize = 1_024;

/// How often a log is told to let go of what is too old, also where nothing is published.
pub const TIDY: Duration = Duration::from_secs(10);

/// A clock that jumps further than this is not believed, and nothing is trimmed by age.
pub const CLOCK_JUMP: Duration = Duration::from_secs(3_600);

/// The most characters of a cursor that come back in `hub.gap`.
pub const REQUESTED_CHARS: usize = 128;

/// How many records the ring takes from the log's tail at a time: bounds what is copied under its
/// lock.
pub const TAIL_RECORDS: usize = 1_024;

/// How fast a topic's rate forgets: events a second are an average over about this. Long enough for
/// a ticker to be steady, short enough to see a burst end.
pub const RATE_WINDOW: Duration = Duration::from_secs(60);

/// The most topics or subscribers in one page of a listing: bounds what is copied under a lock.
pub const MAX_PAGE: usize = 1_000;

/// How much one look for topics that contain a text may search, in bytes: 20,000 topics of the usual
/// length, about 3 ms, in which nobody else has the log.
pub const LOOK_BYTES: usize = 1024 * 1024;

/// How many such looks one page of topics may cost, about 50 ms in all: others have the log in
/// between. A page of a search that has found little by then ends, and says where to go on.
pub const LOOKS: usize = 16;

/// How many comparisons of a topic with a pattern one page of topics may cost, about 50 ms; a page
/// with more ends earlier.
pub const PAGE_MATCHES: usize = 1_000_000;

/// For how many seconds back the events of each topic are counted one by one: what a small chart
/// shows.
pub const RECENT_SECONDS: u32 = 60;

/// The most topics whose last minute is known at once: 16 MiB where each had events in every
/// second, and one pass over them takes about a millisecond.
pub const ACTIVE_TOPICS: usize = 32_768;

/// The most topics that are listed by rate or by their newest event: each is looked up by itself.
pub const MAX_LEADING: usize = 100;
