//! The parameters of the scenarios: their names, what they may be, and what they are where nobody says.

use std::ops::RangeInclusive;

use super::scenario::Scenario;
use crate::limits::{FAULT_COMMENTS, FAULT_EVENTS, FAULT_LINE};

/// What the value of a parameter may be.
#[derive(Clone, Debug)]
pub(crate) enum Value {
    /// A whole number in a range, with what it is where nobody says.
    Number(RangeInclusive<u64>, u64),
    /// One of these; the first where nobody says.
    OneOf(&'static [&'static str]),
    /// Up to so many digits.
    Digits(usize),
    /// Up to so many letters, digits, `-` and `_`.
    Name(usize),
}

/// One parameter.
#[derive(Clone, Debug)]
pub(crate) struct Parameter {
    pub(crate) name: &'static str,
    pub(crate) value: Value,
    /// What it is, in a few words.
    pub(crate) is: &'static str,
}

/// The statuses in place of a stream: those after which a client may hope.
pub(super) const STATUSES: [&str; 6] = ["503", "408", "429", "500", "502", "504"];

/// The types in place of the right one, and the right one with a charset.
pub(super) const TYPES: [&str; 6] = [
    "text/plain",
    "text/html",
    "application/json",
    "none",
    "text/event-stream; charset=utf-8",
    "text/event-stream; charset=windows-1252",
];

/// How lines end.
pub(super) const ENDS: [&str; 4] = ["mixed", "cr", "crlf", "lf"];

/// The largest seed: a whole number in JavaScript, too.
const LARGEST_SEED: u64 = (1 << 53) - 1;

/// Those that every stream takes, beside `with` and the cursor.
pub(crate) const COMMON: [&str; 7] = [
    "count", "interval", "retry", "times", "seed", "run", "envelope",
];

impl Parameter {
    /// All of them.
    pub(crate) fn all() -> Vec<Self> {
        let number = |name, range, usual, is| Self {
            name,
            value: Value::Number(range, usual),
            is,
        };
        let of = |name, value, is| Self { name, value, is };
        vec![
            number(
                "count",
                1..=FAULT_EVENTS,
                20,
                "events in all; 204 for who has the last",
            ),
            number("interval", 0..=60_000, 500, "ms between two events"),
            of(
                "retry",
                Value::Digits(20),
                "digits of a first field retry; none where it is left out",
            ),
            number(
                "times",
                0..=1_000,
                0,
                "how many connections are faulty; 0: every one",
            ),
            number("seed", 0..=LARGEST_SEED, 1, "what is drawn follows from it"),
            of(
                "run",
                Value::Name(64),
                "a name for who comes back, where an address stands for many",
            ),
            of(
                "envelope",
                Value::OneOf(&["0", "1"]),
                "1: as the hub sends its events, for its own clients",
            ),
            number(
                "after",
                1..=FAULT_EVENTS,
                3,
                "events of each connection before it",
            ),
            number(
                "refused",
                1..=100,
                1,
                "how many connections are refused at first",
            ),
            of("status", Value::OneOf(&STATUSES), "the status of these"),
            of("type", Value::OneOf(&TYPES), "the content type"),
            of("ends", Value::OneOf(&ENDS), "how lines end"),
            number(
                "bytes",
                1..=FAULT_LINE,
                1024 * 1024,
                "bytes of data in the line",
            ),
            number(
                "comments",
                1..=FAULT_COMMENTS,
                1_000,
                "comments before each event",
            ),
            number("silence", 0..=600_000, 60_000, "ms of silence"),
            number("delay", 0..=60_000, 2_000, "ms until the head"),
            number(
                "jitter",
                0..=60_000,
                500,
                "ms by which a pause is longer, at most",
            ),
        ]
    }

    /// The one of this name.
    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::all().into_iter().find(|known| known.name == name)
    }

    /// The scenarios that it belongs to; none where it belongs to all.
    pub(super) fn owners(name: &str) -> Vec<Scenario> {
        let takes = |known: &Scenario| known.about().takes.contains(&name);
        Scenario::ALL.into_iter().filter(takes).collect()
    }

    /// What it is where nobody says.
    pub(crate) fn usual(&self) -> String {
        match &self.value {
            Value::Number(_, usual) => usual.to_string(),
            Value::OneOf(values) => values
                .first()
                .map(|&first| first.to_owned())
                .unwrap_or_default(),
            Value::Digits(_) | Value::Name(_) => String::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_parameter_belongs_to_all_or_to_a_scenario_that_takes_it() {
        for parameter in Parameter::all() {
            let is_common = COMMON.contains(&parameter.name);
            let owners = Parameter::owners(parameter.name);
            assert_ne!(is_common, !owners.is_empty(), "{}", parameter.name);
        }
        for name in Scenario::ALL.iter().flat_map(|known| known.about().takes) {
            assert!(Parameter::named(name).is_some(), "{name}");
        }
    }
}
