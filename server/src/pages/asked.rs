//! What the address of a topic's page asks for.
//!
//! What a person chose there is read leniently: a choice that cannot be read is as if not made. What
//! is watched is not, as in the addresses of events.

use app::model::{Choice, TimeStyle};
use axum::http::Uri;

use super::encode;
use crate::http::{address, error::HttpError, query::Query};

/// The parameters beside `topic`.
const PARAMETERS: [&str; 10] = [
    "q",
    "re",
    "not",
    "event",
    "time",
    "at",
    "view",
    "before",
    "after",
    "published",
];

/// What is asked for.
#[derive(Debug, Default)]
pub(super) struct Asked {
    /// What to watch; none where that is still to be chosen.
    pub(super) selectors: Vec<String>,
    /// What of it to show.
    pub(super) choice: Choice,
    /// The part of it that is wanted.
    pub(super) part: Part,
    /// Whether the page is to stand still.
    pub(super) is_plain: bool,
    /// The id of what the reader has just published.
    pub(super) published: Option<String>,
}

/// Which events a page is about, by an id.
#[derive(Debug, Default)]
pub(super) enum Part {
    /// The newest.
    #[default]
    Newest,
    /// `at`: this one, and those around it.
    At(String),
    /// `before`: those before it, on a page that stands still.
    Before(String),
    /// `after`: those after it, on a page that stands still.
    After(String),
}

impl Part {
    /// The parameter, and the id as it stands there; none for the newest.
    pub(super) fn named(&self) -> Option<(&'static str, &str)> {
        match self {
            Self::Newest => None,
            Self::At(id) => Some(("at", id)),
            Self::Before(id) => Some(("before", id)),
            Self::After(id) => Some(("after", id)),
        }
    }
}

impl Asked {
    /// Reads an address such as `/topics?topic=a&q=paid` or `/topics/a`.
    ///
    /// # Errors
    /// 400 for topics that cannot be read, and for parameters that are not known.
    pub(super) fn read(uri: &Uri) -> Result<Self, HttpError> {
        let (mut selectors, query) = address::read_leniently(uri, &PARAMETERS)?;
        // A form sends a field that was left empty too.
        selectors.retain(|text| !text.is_empty());
        let said = |name| {
            let value = query.all(name).find(|value| !value.is_empty());
            value.map(str::to_owned)
        };
        let is_plain = said("view").as_deref() == Some("plain");
        let turned = |name| said(name).filter(|_| is_plain);
        let part = (said("at").map(Part::At))
            .or_else(|| turned("before").map(Part::Before))
            .or_else(|| turned("after").map(Part::After));
        Ok(Self {
            selectors,
            choice: choice(&query),
            part: part.unwrap_or_default(),
            is_plain,
            published: said("published"),
        })
    }

    /// The address of the page that shows the same, as it comes.
    pub(super) fn live(&self) -> String {
        let choice = chosen(&self.choice);
        format!("{}{choice}", super::topic_url(&self.selectors))
    }

    /// The address of a page of the same that stands still, with one parameter more.
    pub(super) fn plain(&self, name: &str, value: &str) -> String {
        let value = encode(value);
        format!("{}&view=plain&{name}={value}", self.live())
    }
}

fn choice(query: &Query) -> Choice {
    let is_on = |name| query.all(name).any(|value| value == "1");
    let one = |name| query.all(name).next().unwrap_or_default();
    let mut events: Vec<String> = Vec::new();
    for name in query.all("event").filter(|name| !name.is_empty()) {
        if !events.iter().any(|known| known == name) {
            events.push(name.to_owned());
        }
    }
    Choice {
        text: one("q").to_owned(),
        regex: is_on("re"),
        invert: is_on("not"),
        events,
        time: match one("time") {
            "local" => TimeStyle::Local,
            "relative" => TimeStyle::Relative,
            _ => TimeStyle::Utc,
        },
    }
}

/// A choice as parameters that follow others.
fn chosen(choice: &Choice) -> String {
    let time = match choice.time {
        TimeStyle::Utc => None,
        TimeStyle::Local => Some(("time", "local")),
        TimeStyle::Relative => Some(("time", "relative")),
    };
    let text = Some(("q", &*choice.text)).filter(|(_, text)| !text.is_empty());
    let events = choice.events.iter().map(|name| ("event", &**name));
    let pairs = (text.into_iter())
        .chain(choice.regex.then_some(("re", "1")))
        .chain(choice.invert.then_some(("not", "1")))
        .chain(events)
        .chain(time);
    pairs
        .map(|(name, value)| format!("&{name}={}", encode(value)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(uri: &str) -> Asked {
        Asked::read(&uri.parse().unwrap()).unwrap()
    }

    #[test]
    fn a_choice_is_read_and_written_alike() {
        let address =
            "/topics?topic=a%2Fb&topic=c&q=x%26y&re=1&not=1&event=tick&event=a%20b&time=local";
        let asked = read(address);
        assert_eq!(asked.selectors, ["a/b", "c"]);
        assert_eq!(asked.choice.events, ["tick", "a b"]);
        assert_eq!(asked.live(), address);
        assert_eq!(
            read(&asked.plain("before", "e-1")).live(),
            address,
            "the choice is kept"
        );
    }

    #[test]
    fn what_cannot_be_read_is_as_if_not_chosen() {
        for query in [
            "q=%FF",
            "q=",
            "re=2",
            "re=on",
            "not=",
            "event=&event=%C3",
            "time=mars",
            "view=fancy&before=e-1",
            "at=&before=e-1&after=",
        ] {
            let asked = read(&format!("/topics?topic=a&{query}"));
            assert_eq!(asked.choice, Choice::default(), "{query}");
            assert!(matches!(asked.part, Part::Newest), "{query}");
        }
    }

    #[test]
    fn what_is_not_known_is_refused_as_everywhere() {
        for uri in ["/topics?x=1", "/topics?topic=%FF", "/topics/a?topic=b"] {
            assert!(Asked::read(&uri.parse().unwrap()).is_err(), "{uri}");
        }
    }
}
