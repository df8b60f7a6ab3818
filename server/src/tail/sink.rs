//! What becomes of an event.

use std::io;
use std::time::Duration;

use serde::Deserialize;
use wire::{Code, Event, Item};

use super::output::Output;

/// Takes the items of a stream, over all its connections.
pub(super) struct Sink<'a> {
    pub(super) output: Output<'a>,
    /// How many events are still to come; none where there is no bound.
    left: Option<u64>,
    fail_on_gap: bool,
    /// Whether the server has shown that it sends heartbeats.
    pub(super) beats: bool,
}

/// Why no more is taken from a connection.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Stop {
    /// All that was asked for has come.
    Done,
    /// Events were missed, and that is to end it.
    Gap,
    /// The server said goodbye.
    Closed {
        /// Its reason, in its word.
        reason: String,
        /// When it wants to be asked again.
        after: Duration,
    },
}

/// The data of `hub.close`.
#[derive(Deserialize)]
struct Close {
    reason: String,
    retry_after_ms: u64,
}

impl<'a> Sink<'a> {
    pub(super) fn new(output: Output<'a>, count: Option<u64>, fail_on_gap: bool) -> Self {
        Self {
            output,
            left: count,
            fail_on_gap,
            beats: false,
        }
    }

    /// Whether events were asked for that have not come.
    pub(super) fn is_waiting(&self) -> bool {
        self.left.is_some()
    }

    /// Prints what is to be printed.
    ///
    /// # Errors
    /// Where standard output cannot be written.
    pub(super) fn item(&mut self, item: &Item) -> io::Result<Option<Stop>> {
        match item {
            Item::Event(event) => self.event(event),
            Item::Diagnostic(found) => match found.code {
                // No loss is silent, not even one of our own making.
                Code::LineTooLong | Code::DataTooLong | Code::FieldTooLong => {
                    let words = format!("gap: an event was dropped: {}", found.detail);
                    self.output.say(&words);
                    Ok(self.fail_on_gap.then_some(Stop::Gap))
                }
                _ => Ok(None),
            },
            Item::Field(_) => Ok(None),
        }
    }

    fn event(&mut self, event: &Event) -> io::Result<Option<Stop>> {
        match &*event.event {
            "hub.open" | "hub.beat" => {
                self.beats = true;
                Ok(None)
            }
            "hub.close" => {
                Ok(serde_json::from_str(&event.data)
                    .ok()
                    .map(|close: Close| Stop::Closed {
                        reason: close.reason,
                        after: Duration::from_millis(close.retry_after_ms),
                    }))
            }
            "hub.gap" => {
                self.output.gap(event)?;
                Ok(self.fail_on_gap.then_some(Stop::Gap))
            }
            _ => {
                self.output.event(event)?;
                Ok(self.count())
            }
        }
    }

    fn count(&mut self) -> Option<Stop> {
        let left = self.left.as_mut()?;
        *left -= 1;
        (*left == 0).then_some(Stop::Done)
    }
}
