//! The subscription behind a page.
//!
//! [`connection`] decides, [`event_source`] does, [`feed`] holds, [`driver`] joins them; pages call
//! [`use_stream`].

pub mod bytes;
pub mod connection;
mod driver;
mod event_source;
pub mod feed;

use std::rc::Rc;

use leptos::prelude::*;
use serde::Deserialize;

pub use event_source::Message;

use crate::model::{Event, Gap};
use connection::{Connection, Input};
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
    /// The event names to listen for.
    pub names: &'static [&'static str],
    /// The longest quiet that the stream lets pass, in milliseconds.
    pub heartbeat: u64,
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
}

impl Stream {
    /// Tries again now.
    pub fn retry(self) {
        self.ask.set(Some(Input::Retry));
    }

    /// Ends the subscription until [`Stream::retry`].
    pub fn stop(self) {
        self.ask.set(Some(Input::Stop));
    }
}

/// Follows a stream from the moment that the page is live; never on the server.
pub fn use_stream(spec: StreamSpec, on_message: impl Fn(Message) + 'static) -> Stream {
    let (connection, set_connection) = signal(Connection::new(spec.heartbeat));
    let (now, set_now) = signal(0);
    let (cursor, set_cursor) = signal(spec.cursor.clone());
    let (asked, ask) = signal(None);
    let mut begin = Some((spec, on_message));
    Effect::new(move |driver: Option<Option<Rc<Driver>>>| {
        let driver = driver.flatten().or_else(|| {
            let (spec, on_message) = begin.take()?;
            let signals = Signals {
                connection: set_connection,
                now: set_now,
                cursor: set_cursor,
            };
            Some(Driver::begin(spec, signals, on_message))
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
