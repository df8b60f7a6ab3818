//! Every bound of the HTTP side, with its default and its reason.
//!
//! The bounds of the log and of its readers are the hub's own.

use std::time::Duration;

use chrono::TimeDelta;

/// What a client may cost. The defaults are those of production; tests shorten the times.
#[derive(Clone, Debug)]
pub struct Limits {
    /// The largest event, in bytes of data (1 MiB): larger ones belong in a store, with their
    /// address in the event.
    pub event: usize,
    /// The longest body of a request that is no upload, in bytes (8 MiB): a form, an object, an
    /// array.
    pub request: usize,
    /// Connections at a time (16,384): beyond, who comes is told so on one of [`Limits::spares`].
    pub connections: usize,
    /// Connections beyond those (256), which do not stay: who asks for what ends is answered, health checks too, and
    /// who wants a stream is told that there is no room. Where they are all taken, new ones wait in
    /// the listener's backlog.
    pub spares: usize,
    /// How long one of them may last (10 s).
    pub spare_time: Duration,
    /// Subscribers at a time (100,000), over all connections: beyond, a stream ends at once, `overload`.
    pub subscribers: usize,
    /// Streams of one client at a time (100): uploads, and polls while they are answered, among them.
    pub client_streams: Option<u32>,
    /// Events that one client may publish in a second (50): more than a person or a sensor does.
    pub client_publishes: Option<u32>,
    /// Events that it may publish at once (200), after it has been quiet.
    pub client_burst: u32,
    /// Connections of one address at a time (1,024): ten times as many as the streams of one client, as many share
    /// one address; a sixteenth of all, so that no single one keeps the others out.
    pub client_connections: Option<u32>,
    /// How long a request's head may take (10 s), and a TLS handshake before it: a slow one is
    /// closed, not waited for.
    pub header_timeout: Duration,
    /// How long a request's body may take (30 s), then 408.
    pub body_timeout: Duration,
    /// How long a client may take nothing of what is sent to it (60 s); then its stream ends, and
    /// it resumes by its id.
    pub write_timeout: Duration,
    /// How long after that a client that comes back can still be told so (15 s); then its
    /// connection is cut.
    pub goodbye: Duration,
    /// How long a stream may be quiet before it hears a heartbeat (15 s): proxies cut one after 30 s
    /// and more.
    pub heartbeat: Duration,
    /// How long a stop waits for streams to end (8 s): the process is to be gone within 10 s.
    pub stop_timeout: Duration,
    /// How long a connection over HTTP/2 may have no request (60 s) once it has had one; until then
    /// it has as long as for a head. Browsers keep one for the next page.
    pub idle: Duration,
    /// After how long without a word from a client over HTTP/2 it is asked for one by a ping (30 s):
    /// TCP asks the next machine, which may be a balancer.
    pub ping_interval: Duration,
    /// How long the answer may take (5 min): it is behind what the kernel holds for the connection,
    /// which may be 300 KB, and who takes over a kilobyte a second is never too slow.
    pub ping_timeout: Duration,
    /// How often the files of the certificate are looked at (5 s). A change is taken up at the
    /// second look that finds it the same: one file is replaced after the other.
    pub certificate_look: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            event: hub::limits::MAX_EVENT,
            request: 8 * 1024 * 1024,
            connections: 16_384,
            spares: 256,
            spare_time: Duration::from_secs(10),
            subscribers: hub::limits::MAX_SUBSCRIBERS,
            client_streams: Some(100),
            client_publishes: Some(50),
            client_burst: 200,
            client_connections: Some(1_024),
            header_timeout: Duration::from_secs(10),
            body_timeout: Duration::from_secs(30),
            write_timeout: Duration::from_secs(60),
            goodbye: Duration::from_secs(15),
            heartbeat: hub::limits::HEARTBEAT,
            stop_timeout: Duration::from_secs(8),
            idle: Duration::from_secs(60),
            ping_interval: Duration::from_secs(30),
            ping_timeout: Duration::from_secs(5 * 60),
            certificate_look: Duration::from_secs(5),
        }
    }
}

/// From when on the log warns of the certificate's end: as the alert rules do, and shorter than what is left
/// where one that is good for 90 days is renewed in time.
pub const CERTIFICATE_SOON: TimeDelta = TimeDelta::days(14);

/// How often it does.
pub const CERTIFICATE_TOLD: TimeDelta = TimeDelta::days(1);

/// Clients whose publishes are counted at a time, about 3 MB: those whose bucket is not full, which takes 4 s
/// after a burst. Beyond, those are let go of that are next to be full.
pub const CLIENTS: usize = 65_536;

/// Files that are open beside connections: 130 of the log, the listeners, what is fetched, and some to spare.
pub const OTHER_FILES: usize = 192;

/// Connections that the kernel holds until they are accepted: 5,000 clients that reconnect within
/// a second overflow the usual 128. The kernel cuts it to `net.core.somaxconn`.
pub const BACKLOG: u32 = 4_096;

/// A connection's buffer, in bytes. It bounds the head of a request (431 beyond) and what is
/// held for a reader that is slow.
pub const CONNECTION_BUFFER: usize = 16 * 1024;

/// Bytes not yet sent that the kernel holds for one connection, so that a slow reader does not
/// cost megabytes of socket buffer.
pub const UNSENT_IN_KERNEL: u32 = 128 * 1024;

/// Threads that write to the sockets of streams, at most; else as many as there are cores.
pub const SHARDS: usize = 16;

/// How long events are gathered for a stream to which something was sent just before (1 ms): a burst is
/// one write or two, and nobody sees the difference.
pub const GATHER: Duration = Duration::from_millis(1);

/// What is kept of replays as they were sent, in bytes (8 MiB): as much as the hub keeps of what it read back.
pub const PORTIONS: usize = 8 * 1024 * 1024;

/// Requests at a time on one connection over HTTP/2, streams among them: as many streams as one
/// client may have, and requests beside them.
pub const STREAMS: u32 = 128;

/// What one stream over HTTP/2 holds that its client has made no room for, in bytes, beside the
/// piece that comes next. With [`STREAMS`] it bounds what a connection holds for one that is slow.
pub const STREAM_BUFFER: usize = 16 * 1024;

/// What a client may send on one stream of HTTP/2 before it is taken, in bytes: the window of
/// HTTP/2 where nobody says otherwise.
pub const STREAM_WINDOW: u32 = 64 * 1024;

/// The same for all streams of a connection together: two uploads go on at full speed while others
/// wait.
pub const CONNECTION_WINDOW: u32 = 128 * 1024;

/// Streams that a client has reset before they were looked at, at a time (CVE-2023-44487); beyond,
/// its connection is ended. A browser that leaves a page resets what it has open, over some
/// moments.
pub const RESETS_BY_CLIENT: usize = 64;

/// Streams that the server had to reset for what was wrong with them (RUSTSEC-2024-0003), on one
/// connection; beyond, it is ended.
pub const RESETS_BY_SERVER: usize = 256;

/// The longest file that the operator names, in bytes: settings, keys and chains take some kilobytes.
pub const OPERATORS_FILE: u64 = 1024 * 1024;

/// The longest message in the chat, in bytes.
pub const MESSAGE: usize = 1024 * 1024;

/// The longest data of an event of the chat, in bytes: the longest message as JSON, where quotes
/// and line ends take two bytes, and its name.
pub const CHAT_DATA: usize = 2 * MESSAGE + 1024;

/// The most that [`Limits::event`] may be: what the parsers of readers keep of one event, and half
/// of the hub's ring. The log on disk could hold 4 GiB.
pub const MAX_EVENT: usize = 8 * 1024 * 1024;

/// The most that [`Limits::request`] may be: it stands in memory while it is read.
pub const MAX_REQUEST: usize = 64 * 1024 * 1024;

/// What the bodies that are read as a whole may take together, in bytes: eight of the largest, or
/// many that are smaller. Beyond, 503.
pub const BODIES: usize = 64 * 1024 * 1024;

/// What the lines that uploads have begun may take together, in bytes. Apart from [`BODIES`], as an
/// upload may stop within a line for as long as it likes.
pub const LINES: usize = 64 * 1024 * 1024;

/// A body of at most so many bytes takes nothing of these: it is held by the connections' own bound.
pub const SMALL_BODY: usize = 16 * 1024;

/// How much of a refused body is still read, and for how long, so that the client can read the
/// answer: closing a socket with unread bytes resets it, and the answer is lost.
pub const DRAIN_BYTES: usize = 16 * 1024 * 1024;
/// See [`DRAIN_BYTES`].
pub const DRAIN_TIME: Duration = Duration::from_secs(2);

/// Events in one poll, unless `limit=` says otherwise.
pub const POLL_DEFAULT: usize = 1_000;
/// Events in one poll, at most.
pub const POLL_MAX: usize = 10_000;

/// Bytes of events in one poll, beyond which it is said that there are more.
pub const POLL_BYTES: usize = 8 * 1024 * 1024;
/// How long a poll looks for events, where few match; then it says that there are more.
pub const POLL_TIME: Duration = Duration::from_secs(10);

/// A name in the chat, in characters.
pub const NAME: usize = 64;

/// Names in the list of who is in the chat; more are connected, but not listed.
pub const PRESENT: usize = 1_000;

/// Refused origins that are remembered, so that each is logged once.
pub const REFUSED_ORIGINS: usize = 64;

/// How often a kind of refusal is told in the log, at most.
pub const REFUSALS_LOGGED: Duration = Duration::from_secs(60);

/// How much of a path is logged, in characters: a topic may have a thousand.
pub const LOGGED_PATH: usize = 256;

/// Connections at a time at the address of the metrics: a few that scrape, and some that check the
/// health.
pub const METRICS_CONNECTIONS: usize = 64;

/// How long a stop waits for an answer with the metrics, after all else has ended.
pub const METRICS_STOP: Duration = Duration::from_secs(1);

/// Bytes of event data that a page begins with, in all: it stands in memory some times over while
/// it is rendered. The newest come first.
pub const SNAPSHOT_BYTES: usize = 256 * 1024;

/// The longest data of one event on a page, in bytes; the rest is cut, and said to be.
pub const EVENT_ON_PAGE: usize = 16 * 1024;

/// The longest data of a row that stands in a page until it is alive, in characters: as much as
/// a row shows.
pub const ROW_DATA: usize = 512;

/// Bytes of event data on a page that stands still, in all; what is beyond is on the next.
pub const PLAIN_BYTES: usize = 1024 * 1024;

/// Bytes of events that are read at a time for a page, or one event: what it has cut is let go of
/// before more is read.
pub const WINDOW_READ: u64 = 256 * 1024;

/// A reader's regular expression once it is compiled, in bytes: a larger one takes long to search.
pub const EXPRESSION_BYTES: usize = 1024 * 1024;

/// How much of an event's data an expression is asked about, in bytes.
pub const SEARCHED_BYTES: usize = 16 * 1024;

/// How long a page is searched for what its reader chose; the rest is shown unasked.
pub const CHOICE_TIME: Duration = Duration::from_secs(1);

/// How many ticks a page begins with: as many as its list shows.
pub const TICKS: usize = 20;

/// How many events a topic's page begins with, and how many one that stands still has.
pub const EVENTS: usize = 100;

/// How many events stand on each side of the one that a page is about.
pub const AROUND: usize = 50;

/// How many messages the chat begins with: some screens to read back.
pub const MESSAGES: usize = 50;

/// What a form may have beside the data of an event, in bytes: its other fields, percent-encoded.
pub const FORM_FIELDS: usize = 64 * 1024;

/// The largest form of a choice between a few, in bytes.
pub const SMALL_FORM: usize = 16 * 1024;

/// The largest form, in bytes: the largest message where every byte is percent-encoded, and room
/// for the name.
pub const FORM: usize = 3 * MESSAGE + 4096;

/// Topics or subscribers in one page of a listing, unless `limit=` says otherwise.
pub const PAGE_DEFAULT: usize = 100;

/// How old figures may be that are sent again to another who follows them: half of the second
/// between two, so that nobody gets the same twice.
pub const STATS_AGE: Duration = Duration::from_millis(500);

/// Selectors of one kind in a token or for a publisher: as many as one subscription may have.
pub const GRANTED: usize = 100;

/// The longest token, in bytes: half of what the head of a request may be.
pub const LONGEST_TOKEN: usize = 8 * 1024;

/// The longest token that a cookie holds, in bytes: browsers drop a cookie of over 4,096 with its name
/// and its attributes.
pub const COOKIE: usize = 3_900;

/// How much earlier than its begin a token is taken: clocks differ. Its end is taken as it is.
pub const TOKEN_SKEW: Duration = Duration::from_secs(60);

/// Publishers with keys of their own.
pub const PUBLISHERS: usize = 10_000;

/// How old published keys may be before they are fetched again: a key that was withdrawn is not good
/// for longer.
pub const JWKS_AGE: Duration = Duration::from_secs(600);

/// How often a token that names an unknown key may have them fetched.
pub const JWKS_PAUSE: Duration = Duration::from_secs(10);

/// How long fetching them may take.
pub const JWKS_TIMEOUT: Duration = Duration::from_secs(10);

/// The longest key set, in bytes.
pub const JWKS_BYTES: u64 = 1024 * 1024;

/// The keys of one set that are looked at.
pub const JWKS_KEYS: usize = 100;

/// How long a ticket may wait for its first use: as long as it takes to open a stream.
pub const TICKET_TIME: Duration = Duration::from_secs(30);

/// Tickets at a time, used or not: more than there can be streams.
pub const TICKETS: usize = 65_536;

/// The longest line of the file of tickets, in bytes: what a token holds, escaped once more.
pub const LONGEST_TICKET: u64 = 4 * LONGEST_TOKEN as u64;

/// How much longer than twice what is good that file may become, in bytes: a short one is not worth the writing.
pub const TICKETS_FILE_SPARE: u64 = 64 * 1024;

/// Tickets of one subject in all; beyond, those go that nobody is connected with.
pub const TICKETS_IN_USE_OF_ONE: usize = 1_000;

/// Tickets of one subject that wait for their first use: a page opens a handful.
pub const TICKETS_OF_ONE: usize = 100;

/// Events of one stream with faults, at most: as many as a test counts. A longer one is had by coming back.
pub const FAULT_EVENTS: u64 = 10_000;

/// Comments before an event of such a stream, at most.
pub const FAULT_COMMENTS: u64 = 100_000;

/// The longest line of one, in bytes (8 MiB): what a parser may be asked to hold and refuse. It is sent
/// in pieces, and never held here.
pub const FAULT_LINE: u64 = 8 * 1024 * 1024;

/// What one connection to a stream with faults is sent, in bytes, whatever its parameters say; then it ends.
pub const FAULT_BYTES: u64 = 64 * 1024 * 1024;

/// How long one may last, whatever its parameters say: the longest silence, and some more.
pub const FAULT_TIME: Duration = Duration::from_secs(15 * 60);

/// Such connections at a time, of all clients together: what they cost is for tests, not for users.
pub const FAULT_STREAMS: usize = 256;

/// Clients of them that are remembered, about 1 MB: more than there can be connections, so that there is
/// always one that can be forgotten.
pub const FAULT_RUNS: usize = 512;

/// Connections of each of these that are remembered: the newest.
pub const FAULT_VISITS: usize = 20;

/// The longest address, method and id with which the inspector's page is filled, in bytes, each: with them its own
/// address stays within the head of a request.
pub const INSPECTED: usize = 4096;
