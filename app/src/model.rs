//! The types that cross from server to browser.

mod account;
mod faults;
mod inspect;
mod overview;
mod topic;

use serde::{Deserialize, Serialize};

pub use account::{Account, Rights, SignInData};
pub use faults::{
    FaultChosen, FaultField, FaultFieldKind, FaultLine, FaultsData, RunLine, VisitLine,
};
pub use inspect::InspectData;
pub use overview::{
    Figures, HomeData, LISTENERS_SHOWN, Listener, TOPICS_SHOWN, TopicLine, TopicOrder, Wanted,
};
pub use topic::{Choice, Compose, PlainData, PlainRow, TimeStyle, TopicData};

/// One event of the hub, as its envelope carries it (`?envelope=1`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// Its id: the cursor after it.
    pub id: String,
    /// Where it was published.
    pub topic: String,
    /// Its name; `message` where the publisher gave none.
    pub event: String,
    /// Its data, with LF as line ends.
    pub data: String,
    /// When the hub accepted it: RFC 3339, UTC.
    pub time: String,
    /// The time after which clients reconnect, in milliseconds, where the publisher set one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry: Option<u32>,
}

/// Events that a page asked for and can no longer get (`hub.gap`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gap {
    /// Why: `trimmed`, `deleted`, `damaged`, `unknown-id` or `epoch-changed`.
    pub reason: String,
    /// The cursor that was asked for, cut to 128 characters.
    pub requested: String,
    /// The cursor after which the stream goes on.
    pub resumed_after: String,
    /// How many events that match are missing; none where it cannot be known.
    pub missed: Option<u64>,
}

/// The newest events of a topic, and the cursor from which a page goes on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Snapshot {
    /// Oldest first.
    pub events: Vec<Event>,
    /// The head of the whole log at that moment, not the id of the newest event here: on a quiet
    /// topic that would age out.
    pub cursor: String,
    /// What is known to be gone between them: before which of them, and what.
    #[serde(default)]
    pub gaps: Vec<(usize, Gap)>,
}

/// A page, and what it shows first.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub enum Page {
    /// `/`
    Home(Box<HomeData>),
    /// `/learn`
    Learn(LearnData),
    /// `/chat`
    Chat(ChatData),
    /// `/topics`
    Topic(Box<TopicData>),
    /// `/topics?view=plain`
    Plain(Box<PlainData>),
    /// `/faults`
    Faults(Box<FaultsData>),
    /// `/sign-in`, and any page in place of which it is asked who someone is.
    SignIn(SignInData),
    /// `/inspect`
    Inspect(InspectData),
    /// Any other path.
    #[default]
    Missing,
}

impl Page {
    /// Where the page is.
    #[must_use]
    pub fn path(&self) -> &'static str {
        match self {
            Self::Home(_) => "/",
            Self::Learn(_) => "/learn",
            Self::Chat(_) => "/chat",
            Self::Topic(_) | Self::Plain(_) => "/topics",
            Self::Faults(_) => "/faults",
            Self::SignIn(_) => "/sign-in",
            Self::Inspect(_) => "/inspect",
            Self::Missing => "",
        }
    }

    /// The document's title.
    #[must_use]
    pub fn title(&self) -> String {
        match self {
            Self::Home(_) => "Tickertape".into(),
            Self::Learn(_) => "What an event stream is · Tickertape".into(),
            Self::Chat(_) => "Chat · Tickertape".into(),
            Self::Topic(data) => format!("{} · Tickertape", topic::title(&data.selectors)),
            Self::Plain(data) => format!("{} · Tickertape", topic::title(&data.selectors)),
            Self::Faults(_) => "Streams with faults · Tickertape".into(),
            Self::SignIn(_) => "Sign in · Tickertape".into(),
            Self::Inspect(_) => "Inspect a stream · Tickertape".into(),
            Self::Missing => "Not found · Tickertape".into(),
        }
    }
}

/// What the lesson shows first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LearnData {
    /// The server's time: RFC 3339, its local offset.
    pub now: String,
    /// The newest ticks.
    pub ticks: Snapshot,
    /// Scheme and authority under which the page was asked for, for commands to copy.
    pub origin: String,
    /// The bytes in the reader's own experiment; none for the sample.
    pub bytes: Option<String>,
}

/// What the chat shows first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChatData {
    /// The newest messages and who joined.
    pub messages: Snapshot,
    /// Who is connected, by name.
    pub here: Vec<String>,
    /// The name under which the reader takes part.
    pub user: Option<String>,
    /// What the reader typed and the server refused.
    pub refused: Option<Refused>,
    /// Scheme and authority under which the page was asked for, for commands to copy.
    pub origin: String,
}

/// A form field that the server refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refused {
    /// The field's name.
    pub field: String,
    /// What was in it.
    pub value: String,
    /// What is wrong, and what would be right.
    pub why: String,
}

impl Refused {
    /// What a field begins with, and what stands below it: nothing where nothing was refused.
    #[must_use]
    pub fn split(refused: Option<Self>) -> (String, Option<String>) {
        match refused {
            Some(Self { value, why, .. }) => (value, Some(why)),
            None => (String::new(), None),
        }
    }
}

/// The time of day of an RFC 3339 time, up to so many characters: `18:12:31.204` has 12.
#[must_use]
pub fn time_of_day(time: &str, characters: usize) -> String {
    time.split_once('T')
        .map_or(time, |(_, rest)| rest)
        .chars()
        .take(characters)
        .collect()
}

/// The text of a tick: the `message` in its data.
#[must_use]
pub fn tick_text(event: &Event) -> String {
    tick_of(&event.data)
}

/// The text of a tick with this data.
#[must_use]
pub fn tick_of(data: &str) -> String {
    #[derive(Deserialize)]
    struct Tick {
        message: String,
    }
    serde_json::from_str::<Tick>(data).map_or_else(|_| data.to_owned(), |tick| tick.message)
}
