//! What the overview shows first.

use serde::{Deserialize, Serialize};

/// How many topics the overview lists: search, order and "Next" find the others.
pub const TOPICS_SHOWN: usize = 100;

/// How many of those who listen the overview lists.
pub const LISTENERS_SHOWN: usize = 50;

/// What the overview shows first.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct HomeData {
    /// The server's time: RFC 3339, its local offset.
    pub now: String,
    /// The day of that in UTC, as in RFC 3339: times of another are shown as dates.
    pub today: String,
    /// Whether the demo's streams are there, the clock's among them.
    pub demo: bool,
    /// The hub in figures.
    pub figures: Figures,
    /// Which topics the reader chose to see.
    pub wanted: Wanted,
    /// Those of them that stand in the page.
    pub topics: Vec<TopicLine>,
    /// The topic after which the next page begins, where there may be more.
    pub next: Option<String>,
    /// Who listens: those who came first.
    pub listeners: Vec<Listener>,
    /// Scheme and authority under which the page was asked for, for commands to copy.
    pub origin: String,
}

/// The hub in figures, of which most are since the server's start.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Figures {
    /// On how many topics events are kept.
    pub topics: u64,
    /// How many subscribers there are.
    pub subscribers: u64,
    /// Events that were stored.
    pub stored: u64,
    /// Events that were handed to subscribers.
    pub delivered: u64,
    /// What is kept, in bytes, as retention counts it.
    pub log_bytes: u64,
    /// Gaps that subscribers were told of.
    pub gaps: u64,
    /// For how many seconds the server has been running.
    pub uptime: u64,
}

/// Which topics, and in which order; it stands in the address.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wanted {
    /// `q`: what they contain.
    pub text: String,
    /// `sort`: their order.
    pub order: TopicOrder,
    /// `after`: the topic after which they begin, in the order of names; empty for the first.
    pub after: String,
}

/// The order of topics.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum TopicOrder {
    /// By name, page by page.
    #[default]
    Name,
    /// `rate`: the busiest first.
    Rate,
    /// `last`: the newest event first.
    Last,
}

/// A topic as a line of the overview.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct TopicLine {
    /// Its name.
    pub topic: String,
    /// Events a second, as an average that fades.
    pub rate: f64,
    /// Its events in each of the last 60 seconds, oldest first; empty where there were none, or it
    /// is not known.
    pub recent: Vec<u32>,
    /// How many subscribe to it.
    pub subscribers: u64,
    /// How many of its events are kept.
    pub events: u64,
    /// When the newest was accepted: RFC 3339, UTC.
    pub last_time: String,
}

/// A subscriber as a line of the overview.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listener {
    /// Its own for as long as it is there.
    pub id: String,
    /// What it asked for.
    pub selectors: Vec<String>,
    /// As what it gets its events.
    pub format: String,
    /// When it came: RFC 3339, UTC.
    pub since: String,
    /// How many places of the log it has yet to look at.
    pub behind: u64,
}

impl TopicOrder {
    /// The value of `sort`; empty for what needs none.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Name => "",
            Self::Rate => "rate",
            Self::Last => "last",
        }
    }

    /// The order with this word; by name for any other.
    #[must_use]
    pub fn of(word: &str) -> Self {
        match word {
            "rate" => Self::Rate,
            "last" => Self::Last,
            _ => Self::Name,
        }
    }
}

impl Wanted {
    /// The parameters as they stand in an address, under these names; those that say nothing are
    /// left out.
    #[must_use]
    pub fn query(&self, text: &str, after: &str) -> String {
        let values = [
            (text, self.text.as_str()),
            ("sort", self.order.word()),
            (after, self.after.as_str()),
        ];
        let mut query = String::new();
        for (name, value) in values {
            if !value.is_empty() {
                query.push(if query.is_empty() { '?' } else { '&' });
                query.push_str(name);
                query.push('=');
                query.push_str(&crate::address::encode(value));
            }
        }
        query
    }

    /// The address of the page that shows them.
    #[must_use]
    pub fn address(&self) -> String {
        let mut address = String::from("/");
        address.push_str(&self.query("q", "after"));
        address
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_chosen_stands_in_the_address() {
        assert_eq!(Wanted::default().address(), "/");
        let wanted = Wanted {
            text: "a&b".into(),
            order: TopicOrder::Rate,
            after: String::new(),
        };
        assert_eq!(wanted.address(), "/?q=a%26b&sort=rate");
        let wanted = Wanted {
            after: "ä".into(),
            ..Wanted::default()
        };
        assert_eq!(wanted.address(), "/?after=%C3%A4");
    }

    #[test]
    fn each_order_is_found_by_its_word() {
        for order in [TopicOrder::Name, TopicOrder::Rate, TopicOrder::Last] {
            assert_eq!(TopicOrder::of(order.word()), order);
        }
        assert_eq!(TopicOrder::of("size"), TopicOrder::Name);
    }
}
