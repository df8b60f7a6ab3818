//! How long events are kept.

use std::time::Duration;

use crate::{selector::Selector, topic::Topic};

/// What is kept of a group of topics: each limit holds, and none is no limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Retention {
    /// The oldest age.
    pub age: Option<Duration>,
    /// The most bytes, by [`crate::Record::cost`].
    pub bytes: Option<u64>,
    /// The most events.
    pub count: Option<u64>,
}

/// Retention for the hub, with overrides.
///
/// Topics that an override matches form a group of their own, kept by its limits alone, so that a
/// busy topic does not push out the others. What is kept in all is at most the sum of the groups.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    hub: Retention,
    overrides: Vec<(Selector, Retention)>,
}

impl Policy {
    /// Limits for all topics together.
    #[must_use]
    pub fn new(hub: Retention) -> Self {
        Self {
            hub,
            overrides: Vec::new(),
        }
    }

    /// Adds an override; the first that matches a topic counts.
    #[must_use]
    pub fn with(mut self, selector: Selector, retention: Retention) -> Self {
        self.overrides.push((selector, retention));
        self
    }

    /// How many groups there are.
    pub(crate) fn groups(&self) -> usize {
        self.overrides.len() + 1
    }

    /// The group of a topic.
    pub(crate) fn group(&self, topic: &Topic) -> usize {
        self.overrides
            .iter()
            .position(|(selector, _)| selector.matches(topic))
            .unwrap_or(self.overrides.len())
    }

    /// What a group is called, whatever its place in the list: its selector, or nothing for the
    /// hub's own.
    pub(crate) fn name(&self, group: usize) -> String {
        self.overrides
            .get(group)
            .map_or_else(String::new, |(selector, _)| selector.to_string())
    }

    /// The limits of a group.
    pub(crate) fn limits(&self, group: usize) -> Retention {
        self.overrides
            .get(group)
            .map_or(self.hub, |(_, retention)| *retention)
    }
}
