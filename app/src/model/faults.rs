//! What the page of streams with faults shows.

use serde::{Deserialize, Serialize};

/// What the page `/faults` shows.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FaultsData {
    /// Whether this server has these streams.
    pub is_on: bool,
    /// Every scenario.
    pub catalogue: Vec<FaultLine>,
    /// The one that was chosen.
    pub chosen: Option<FaultChosen>,
    /// What was wrong with what was chosen.
    pub refused: Option<String>,
    /// Who was there, who came last first.
    pub runs: Vec<RunLine>,
    /// Whether these are all; else those of the run alone that the address names.
    pub sees_all: bool,
    /// Path and query of the page as it is shown.
    pub here: String,
}

/// One scenario in the catalogue.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FaultLine {
    /// Its name in addresses.
    pub name: String,
    /// A few words.
    pub title: String,
    /// What the server does.
    pub does: String,
    /// What a client does that does what the standard says.
    pub right: String,
    /// Whether it is among those of the stream that was chosen.
    pub is_with: bool,
}

/// The stream that was chosen.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FaultChosen {
    /// The name of its first scenario.
    pub name: String,
    /// Its path and its query.
    pub address: String,
    /// Scheme and authority under which the page was asked for, for commands to copy.
    pub origin: String,
    /// What can be said about it.
    pub fields: Vec<FaultField>,
}

/// A parameter, as a field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FaultField {
    /// Its name.
    pub name: String,
    /// What it is, in a few words.
    pub is: String,
    /// What it may be.
    pub kind: FaultFieldKind,
    /// What it is.
    pub value: String,
}

/// What a field may be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum FaultFieldKind {
    /// A whole number from the first to the second.
    Number(u64, u64),
    /// One of these.
    OneOf(Vec<String>),
    /// A text of so many characters.
    Text(usize),
}

/// One client, and each time it came.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunLine {
    /// Path and query of the stream.
    pub address: String,
    /// Where it comes from; empty where that is not known.
    pub from: String,
    /// What it says it is.
    pub agent: String,
    /// How often it came.
    pub count: u64,
    /// The newest of its connections, oldest first.
    pub visits: Vec<VisitLine>,
}

/// One connection.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct VisitLine {
    /// Which of its client; the first is 1.
    pub number: u64,
    /// When it came: RFC 3339, UTC.
    pub at: String,
    /// How long after the end of the one before it, in milliseconds; none for the first, or where that was open.
    pub after: Option<u64>,
    /// The id that it came with.
    pub came_with: Option<String>,
    /// The status that it was answered.
    pub status: u16,
    /// Whole events that it was sent.
    pub events: u64,
    /// Bytes that it was sent.
    pub bytes: u64,
    /// The number of the last of these events.
    pub last: Option<u64>,
    /// Where it stands, in a word or some.
    pub state: String,
    /// Whether it is connected.
    pub is_open: bool,
}
