//! The subscription behind a page.
//!
//! [`connection`] decides, [`event_source`] does, [`feed`] holds, `list` draws, [`driver`] joins them; pages call
//! [`use_stream`], or [`use_bytes`] for what an `EventSource` does not show.

pub mod bytes;
pub mod connection;
mod driver;
mod event_source;
pub mod feed;
pub(crate) mod list;

use std::rc::Rc;

use leptos::prelude::*;
use serde::Deserialize;

pub use event_source::Message;

use crate::model::{Event, Gap};
use connection::{Connection, Input, PATIENCE};
use driver::{Driver, Signals};

/// The names that a stream of the hub uses with `envelope=1`: every event of a publisher is a
/// `message`, the hub's own keep their names.
pub const HUB: &[&str] = &["message", "hub.open", "hub.beat", "hub.gap", "hub.close"];

/// The hub lets at most this much quiet pass on a stream, in milliseconds.
pub const HUB_HEARTBEAT: u64 = 15_000;

/// Which stream to follow, and how.
#[derive(Clone, Debug)]
pub struct StreamSpec {
    /// Path and query; the cursor is added to it.
    pub url: String,
    /// Where to begin; none for a stream without cursors.
    pub cursor: Option<String>,
    /// As events or as bytes.
    pub transport: Transport,
    /// The longest quiet that the stream lets pass, in milliseconds.
    pub heartbeat: u64,
    /// How long a hidden page keeps its connection, in milliseconds.
    pub patience: u64,
    /// Whether it waits for [`Stream::unpark`] before it begins.
    pub parked: bool,
}

impl StreamSpec {
    /// A stream of the hub, from a cursor.
    #[must_use]
    pub fn hub(url: String, cursor: String) -> Self {
        let transport = Transport::Events(HUB);
        Self {
            url,
            cursor: Some(cursor),
            transport,
            heartbeat: HUB_HEARTBEAT,
            patience: PATIENCE,
            parked: false,
        }
    }
}

/// How a stream is read.
#[derive(Clone, Copy, Debug)]
pub enum Transport {
    /// By the browser, which shows events of these names and nothing else.
    Events(&'static [&'static str]),
    /// Byte by byte.
    Bytes,
}

/// What arrives on a stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Arrived {
    /// An event.
    Message(Message),
    /// Bytes of the body, cut wherever the network cut them.
    Bytes(Vec<u8>),
    /// The connection is no more; another may follow.
    End,
}

/// A subscription, as a page sees it.
#[derive(Clone, Copy)]
pub struct Stream {
    /// Where it stands.
    pub connection: ReadSignal<Connection>,
    /// The time of the page's clock, in milliseconds; moves a few times a second.
    pub now: ReadSignal<u64>,
    /// The id after which the next connection begins.
    pub cursor: ReadSignal<Option<String>>,
    ask: WriteSignal<Option<Input>>,
    url: StoredValue<String>,
}

impl Stream {
    /// Tries again now.
    pub fn retry(self) {
        self.ask.set(Some(Input::Retry));
    }

    /// Path and query of the stream, without the cursor.
    #[must_use]
    pub fn url(self) -> String {
        self.url.get_value()
    }

    /// Ends the subscription until [`Stream::retry`].
    pub fn stop(self) {
        self.ask.set(Some(Input::Stop));
    }

    /// Lets go of the connection until [`Stream::unpark`]: the page has no room for more.
    pub fn park(self) {
        self.ask.set(Some(Input::Park));
    }

    /// Goes on from the cursor.
    pub fn unpark(self) {
        self.ask.set(Some(Input::Unpark));
    }
}

/// Follows a stream of events from the moment that the page is live; never on the server.
pub fn use_stream(spec: StreamSpec, on_message: impl Fn(Message) + 'static) -> Stream {
    let resumes = spec.cursor.is_some();
    follow(spec, move |arrived| {
        let Arrived::Message(message) = arrived else {
            return None;
        };
        let cursor = (resumes && !message.id.is_empty()).then(|| message.id.clone());
        on_message(message);
        cursor
    })
}

/// Follows a stream byte by byte; `take` says where the next connection begins, where it knows.
pub fn use_bytes(spec: StreamSpec, take: impl Fn(Arrived) -> Option<String> + 'static) -> Stream {
    follow(spec, take)
}

fn follow(spec: StreamSpec, take: impl Fn(Arrived) -> Option<String> + 'static) -> Stream {
    let (connection, set_connection) = signal(Connection::new(spec.heartbeat, spec.patience));
    let (now, set_now) = signal(0);
    let (cursor, set_cursor) = signal(spec.cursor.clone());
    let (asked, ask) = signal(None);
    let url = StoredValue::new(spec.url.clone());
    let mut begin = Some((spec, take));
    Effect::new(move |driver: Option<Option<Rc<Driver>>>| {
        let driver = driver.flatten().or_else(|| {
            let (spec, take) = begin.take()?;
            let signals = Signals {
                connection: set_connection,
                now: set_now,
                cursor: set_cursor,
            };
            Some(Driver::begin(spec, signals, take))
        });
        if let (Some(driver), Some(input)) = (&driver, asked.get()) {
            driver.step(input);
        }
        driver
    });
    Stream {
        connection,
        now,
        cursor,
        ask,
        url,
    }
}

/// What a message of the hub is, for a page that shows events.
pub fn row(message: &Message) -> Option<feed::Row> {
    match message.name.as_str() {
        "message" => serde_json::from_str::<Event>(&message.data)
            .ok()
            .map(feed::Row::Event),
        "hub.gap" => serde_json::from_str::<Gap>(&message.data)
            .ok()
            .map(feed::Row::Gap),
        _ => None,
    }
}

/// The data of `hub.close`.
#[derive(Deserialize)]
struct Close {
    reason: String,
    retry_after_ms: u64,
}
