//! What a reader chose to see, asked of each row.

use regex_lite::{Regex, RegexBuilder};

use super::store::{EventLook, Look};
use crate::model::Choice;

/// How much of a text an expression is asked about, in bytes (16 KiB), as on the server.
const SEARCHED: usize = 16 * 1024;

/// The largest expression, in bytes once it is compiled (256 KiB): what it costs for each character
/// grows with it.
const LARGEST: usize = 256 * 1024;

/// Lets rows through, or not.
#[derive(Default)]
pub(crate) struct Filter {
    text: Option<Text>,
    invert: bool,
    names: Vec<String>,
}

enum Text {
    /// Whatever its case, as far as that is ASCII.
    Contains(String),
    /// Matched in time that grows with the text alone: the browser's own `RegExp` may take for
    /// ever, and an address that somebody sends carries a filter.
    Matches(Regex),
}

impl Filter {
    /// The filter for a choice.
    ///
    /// # Errors
    /// What is wrong with its regular expression.
    pub(crate) fn new(choice: &Choice) -> Result<Self, String> {
        let text = match choice.text.as_str() {
            "" => None,
            pattern if choice.regex => Some(Text::Matches(compile(pattern)?)),
            text => Some(Text::Contains(text.to_owned())),
        };
        Ok(Self {
            text,
            invert: choice.invert,
            names: choice.events.clone(),
        })
    }

    /// Whether everything passes.
    pub(crate) fn is_open(&self) -> bool {
        self.text.is_none() && self.names.is_empty()
    }

    /// Whether a row is shown. A gap always is: what is missing might have matched.
    pub(crate) fn passes(&self, row: Look<'_>) -> bool {
        let Look::Event(event) = row else {
            return true;
        };
        let named = self.names.is_empty() || self.names.iter().any(|name| name == event.name);
        named
            && self
                .text
                .as_ref()
                .is_none_or(|text| text.is_in(event) != self.invert)
    }
}

impl Text {
    fn is_in(&self, event: EventLook<'_>) -> bool {
        [event.data, event.name, event.topic, event.id]
            .into_iter()
            .any(|text| match self {
                Self::Contains(part) => contains(text, part),
                Self::Matches(regex) => regex.is_match(beginning(text)),
            })
    }
}

fn compile(pattern: &str) -> Result<Regex, String> {
    RegexBuilder::new(pattern)
        .case_insensitive(true)
        .size_limit(LARGEST)
        .build()
        .map_err(|error| error.to_string())
}

fn beginning(text: &str) -> &str {
    let end = (0..=SEARCHED.min(text.len())).rev();
    let end = end.into_iter().find(|at| text.is_char_boundary(*at));
    &text[..end.unwrap_or_default()]
}

/// Whether `part` is in `text`, whatever the case of ASCII letters.
fn contains(text: &str, part: &str) -> bool {
    let (text, part) = (text.as_bytes(), part.as_bytes());
    let Some(first) = part.first() else {
        return true;
    };
    let (lower, upper) = (first.to_ascii_lowercase(), first.to_ascii_uppercase());
    let Some(last) = text.len().checked_sub(part.len()) else {
        return false;
    };
    (0..=last).any(|at| {
        (text[at] == lower || text[at] == upper)
            && text[at..at + part.len()].eq_ignore_ascii_case(part)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Gap;

    const EVENT: EventLook<'_> = EventLook {
        id: "k3x9-12",
        topic: "orders/42",
        name: "paid",
        time: "",
        retry: None,
        data: "{\"Name\":\"Zoë\"}",
    };

    fn passes(choice: Choice) -> bool {
        let filter = Filter::new(&choice).unwrap_or_default();
        filter.passes(Look::Event(EVENT))
    }

    fn text(text: &str) -> Choice {
        Choice {
            text: text.into(),
            ..Choice::default()
        }
    }

    #[test]
    fn a_text_is_looked_for_in_data_name_topic_and_id_whatever_its_case() {
        for found in ["name", "ZOë", "PAID", "orders/4", "X9-12", ""] {
            assert!(passes(text(found)), "{found}");
        }
        for missing in ["names", "k3x9-123", "zoË", "12paid"] {
            assert!(!passes(text(missing)), "{missing}");
        }
    }

    #[test]
    fn inverted_the_others_are_shown_but_an_empty_text_hides_nothing() {
        let invert = |choice| Choice {
            invert: true,
            ..choice
        };
        assert!(!passes(invert(text("paid"))));
        assert!(passes(invert(text("refused"))));
        assert!(passes(invert(text(""))));
    }

    #[test]
    fn names_are_exact_and_hold_beside_the_text() {
        let names = |names: &[&str]| names.iter().map(ToString::to_string).collect::<Vec<_>>();
        let choice = |events: &[&str], q: &str| Choice {
            events: names(events),
            ..text(q)
        };
        assert!(passes(choice(&["paid", "x"], "")));
        assert!(!passes(choice(&["pai"], "")));
        assert!(!passes(choice(&["paid"], "nowhere")));
        let inverted = Choice {
            invert: true,
            ..choice(&["x"], "nowhere")
        };
        assert!(!passes(inverted), "names are not inverted");
    }

    #[test]
    fn an_expression_is_asked_about_each_text_and_one_that_is_none_is_said_to_be() {
        let regex = |pattern: &str| Choice {
            regex: true,
            ..text(pattern)
        };
        for found in ["^PA.d$", r"orders/\d+", "zoë|nobody", "^k3x9-"] {
            assert!(passes(regex(found)), "{found}");
        }
        assert!(!passes(regex("^aid")));
        assert!(
            Filter::new(&regex("(paid"))
                .err()
                .is_some_and(|why| !why.is_empty())
        );
        assert!(Filter::new(&regex("(a{1000}){1000}")).is_err(), "too large");
    }

    #[test]
    fn no_expression_takes_for_ever() {
        let data = format!("{}!", "a".repeat(1024 * 1024));
        let look = EventLook {
            data: &data,
            ..EVENT
        };
        let choice = Choice {
            regex: true,
            ..text("(a+)+$")
        };
        let filter = Filter::new(&choice).unwrap();
        // Of what is long its beginning is searched.
        assert!(filter.passes(Look::Event(look)));
        let short = EventLook {
            data: &data[data.len() - 41..],
            ..EVENT
        };
        assert!(!filter.passes(Look::Event(short)));
    }

    #[test]
    fn a_gap_is_always_shown() {
        let gap = Gap {
            reason: "trimmed".into(),
            requested: String::new(),
            resumed_after: String::new(),
            missed: None,
        };
        let filter = Filter::new(&text("nowhere")).unwrap();
        assert!(filter.passes(Look::Gap(&gap)));
    }
}
