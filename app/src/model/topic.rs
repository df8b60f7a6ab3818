//! What the pages of topics show first.

use serde::{Deserialize, Serialize};

use super::{Event, Gap, Refused, Snapshot};

/// What a topic's page shows first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TopicData {
    /// What is watched; none where that is still to be chosen.
    pub selectors: Vec<String>,
    /// Whether events of more than one topic can come, so that each row says its own.
    pub several: bool,
    /// The rows that stand in the page before it is alive, oldest first: what the reader's choice
    /// lets through, with data cut after 512 characters and said to be.
    pub rows: Vec<Event>,
    /// What the browser begins with: whole events, and the cursor from which it goes on. Where one
    /// of the newest is too long for a page, they end before it, and it comes with the stream.
    pub events: Snapshot,
    /// The server's time: RFC 3339 in UTC, as the times of events are.
    pub now: String,
    /// Whether older ones are kept than the page begins with.
    pub earlier: bool,
    /// What the reader chose to see of them.
    pub choice: Choice,
    /// The id of the event that the page is about, where it is a permalink: the page begins
    /// paused, with that event and those around it.
    pub at: Option<String>,
    /// The form that publishes.
    pub compose: Compose,
    /// What the reader asked for and the server refused.
    pub refused: Option<Refused>,
    /// Scheme and authority under which the page was asked for, for commands to copy.
    pub origin: String,
}

/// A topic's events as a page that stands still.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlainData {
    /// What is shown.
    pub selectors: Vec<String>,
    /// Whether events of more than one topic can be there.
    pub several: bool,
    /// The rows of this page, oldest first; very long data is cut, and said to be.
    pub rows: Vec<PlainRow>,
    /// How many events there are between its first and its last place, whatever was chosen.
    pub of: usize,
    /// What the reader chose to see of them.
    pub choice: Choice,
    /// The address of the page that is live.
    pub live: String,
    /// The address of the page before, where older events are kept.
    pub older: Option<String>,
    /// The address of the page after, where there are newer events.
    pub newer: Option<String>,
    /// What the reader asked for and the server refused.
    pub refused: Option<Refused>,
}

/// One row of a page that stands still.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum PlainRow {
    /// An event.
    Event(Event),
    /// Events that are missing here.
    Gap(Gap),
}

/// What a reader chose to see; it stands in the address.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Choice {
    /// `q`: the text that a row must contain, whatever its case; or a regular expression.
    pub text: String,
    /// `re=1`: the text is a regular expression.
    pub regex: bool,
    /// `not=1`: the rows that do not match are shown.
    pub invert: bool,
    /// `event`, as often as there are: the only names that are shown; all where there is none.
    pub events: Vec<String>,
    /// `time`: how times are written.
    pub time: TimeStyle,
}

/// How times are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum TimeStyle {
    /// The time of day in UTC.
    #[default]
    Utc,
    /// `local`: the time of day where the reader is.
    Local,
    /// `relative`: how long ago.
    Relative,
}

/// The form that publishes, as it stands in the page.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Compose {
    /// The address of the page to which the form returns.
    pub watching: String,
    /// Where it publishes; empty for the reader to say.
    pub topic: String,
    /// The event's name.
    pub event: String,
    /// The time after which clients reconnect, in milliseconds.
    pub retry: String,
    /// The data.
    pub data: String,
    /// The field that was refused, or [`Compose::WHOLE`], and why; its value stands in the field
    /// itself.
    pub refused: Option<Refused>,
    /// The id of what was published, where that was just done; it is on `topic`.
    pub published: Option<String>,
}

impl Choice {
    /// Whether everything is shown.
    #[must_use]
    pub fn is_all(&self) -> bool {
        self.text.is_empty() && self.events.is_empty()
    }
}

impl Compose {
    /// The fields that a refusal may be about.
    pub const FIELDS: [&str; 4] = ["topic", "event", "retry", "data"];

    /// Stands for the form as a whole, where a refusal is about none of its fields.
    pub const WHOLE: &str = "form";

    /// What a refusal is about: the hub's words begin with the field's name in backquotes.
    #[must_use]
    pub fn about(detail: &str) -> &'static str {
        let quoted = detail
            .strip_prefix('`')
            .and_then(|rest| rest.split_once('`'));
        let named = quoted.map_or("", |(name, _)| name);
        let mut fields = Self::FIELDS.into_iter();
        fields.find(|field| *field == named).unwrap_or(Self::WHOLE)
    }

    /// What is wrong with a field; nothing where it was not refused.
    #[must_use]
    pub fn why(&self, field: &str) -> Option<String> {
        let refused = self
            .refused
            .as_ref()
            .filter(|refused| refused.field == field);
        refused.map(|refused| refused.why.clone())
    }
}

/// What a page of topics is about, in its heading.
pub(super) fn title(selectors: &[String]) -> String {
    match selectors.is_empty() {
        true => "Topics".into(),
        false => selectors.join(" "),
    }
}

impl TopicData {
    /// What the page is about, in its heading.
    #[must_use]
    pub fn title(&self) -> String {
        title(&self.selectors)
    }
}

impl PlainData {
    /// What the page is about, in its heading.
    #[must_use]
    pub fn title(&self) -> String {
        title(&self.selectors)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_is_about_the_field_that_it_names_first() {
        for (detail, field) in [
            ("`data` is larger than 1048576 bytes; send less", "data"),
            ("`topic` is \"a*\", which holds a `*`", "topic"),
            ("`key` is empty", "form"),
            ("`data", "form"),
            ("the disk is full", "form"),
            ("say `data` in another way", "form"),
        ] {
            assert_eq!(Compose::about(detail), field, "{detail}");
        }
    }
}
