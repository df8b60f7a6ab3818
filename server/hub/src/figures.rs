//! What there is to know of how a hub does.

use std::time::Duration;

use crate::{
    counters::{Closed, Gaps, Traffic},
    histogram::Durations,
    log::{Bounds, Health},
};

/// The hub's own figures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stats {
    /// Where the log stands.
    pub log: Bounds,
    /// How many subscribers there are.
    pub subscribers: usize,
    /// How long the hub has been open.
    pub uptime: Duration,
    /// What was stored since the start; a publish that is known by its key is not. The bytes are those of publishes
    /// whose publishers stayed for the answer.
    pub published: Traffic,
    /// What was handed to subscribers since the start: an event counts once for each that got it.
    pub delivered: Traffic,
    /// The gaps that subscribers were told of since the start.
    pub gaps: Gaps,
}

/// What more there is to know of how the hub does, for who watches over it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Figures {
    /// How many subscribers there are, by [`crate::Client::format`].
    pub formats: Vec<(&'static str, usize)>,
    /// The subscribers whose streams were ended since the start.
    pub closed: Closed,
    /// How long publishes took, from when they were handed to the hub until they were durable.
    pub publishing: Durations,
    /// How long it took from when an event was accepted until it was handed to a subscriber who had
    /// everything before it: one sample for what is handed out at a time, of its first event.
    pub delivery: Durations,
    /// How the log does.
    pub health: Health,
}
