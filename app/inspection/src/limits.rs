//! How much an inspection keeps, whatever a stream sends.

use std::time::Duration;

/// Bytes of the streams, the newest (4 MiB): some screens to read, and a capture that can be mailed.
pub const BYTES: usize = 4 << 20;

/// Events, the newest (10,000): as many as anyone pages through.
pub const EVENTS: usize = 10_000;

/// What all the events kept may take together, in bytes (8 MiB).
pub const EVENTS_BYTES: usize = 8 << 20;

/// The longest data, name, id and topic of one event that is kept, each, in bytes (16 KiB): the bytes have the rest.
pub const EVENT_TEXT: usize = 16 << 10;

/// Pieces as they arrived, the newest (10,000), with their times.
pub const CHUNKS: usize = 10_000;

/// How much of a piece is taken at once, in bytes (64 KiB): what it completes is held meanwhile.
pub const PART: usize = 64 << 10;

/// Findings, the first (2,000): the parser tells each code 100 times at most a connection.
pub const FINDINGS: usize = 2_000;

/// Connections, the newest (200).
pub const CONNECTIONS: usize = 200;

/// Headers of a head that is read from a text (200), and what they may take together, in bytes (64 KiB): more than
/// servers send, or clients take.
pub const HEADERS: usize = 200;
/// See [`HEADERS`].
pub const HEAD_BYTES: usize = 64 << 10;

/// The longest text that events are filtered by, in bytes.
pub const FILTER: usize = 256;

/// Times of which the median is taken, the newest (2,000): sorting them takes well under a millisecond.
pub const TIMES: usize = 2_000;

/// Events that a resume is compared with, the newest (100).
pub const SEEN: usize = 100;

/// The longest data in which a time is looked for, in bytes.
pub const TIMED_DATA: usize = 16 << 10;

/// The longest line of a capture, in bytes (64 MiB): an event's data of 8 MiB take six times as many where JSON escapes each.
pub const CAPTURE: usize = 64 << 20;

/// How much of a text is looked at to know what it is, in bytes (64 KiB): a line, of whatever it is.
pub const FIRST_LINE: usize = 64 << 10;

/// Longer silence than this is worth a word. Servers send something about every 15 s (HTML 9.2.7);
/// a heartbeat that is a sweep comes up to a second later, and the first proxies cut at 30 s.
pub const SILENCE: Duration = Duration::from_secs(20);

/// Sooner after its first data a stream may be within its first event, and rightly.
pub const FIRST_EVENT: Duration = Duration::from_secs(5);
