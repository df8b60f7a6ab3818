//! Which events a reader chose to see.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use app::model::Choice;
use hub::{Epoch, Record};
use regex::{Regex, RegexBuilder};

use crate::limits::{CHOICE_TIME, EXPRESSION_BYTES, SEARCHED_BYTES};

/// A choice, ready to be asked about events.
#[derive(Debug)]
pub(super) struct Chooser {
    needle: Needle,
    invert: bool,
    events: Vec<String>,
    epoch: Epoch,
    /// How long was searched so far, in microseconds: when the reader has waited long enough, the
    /// rest is shown unasked.
    spent: AtomicU64,
}

#[derive(Debug)]
enum Needle {
    /// Everything has it.
    Nothing,
    /// In lower case.
    Text(String),
    Expression(Regex),
}

impl Chooser {
    /// Makes a choice ready; where its text is no regular expression, what is wrong with it, and the
    /// choice without it.
    pub(super) fn new(choice: &Choice, epoch: &Epoch) -> (Self, Option<String>) {
        let (needle, why) = match needle(choice) {
            Ok(needle) => (needle, None),
            Err(why) => (Needle::Nothing, Some(why)),
        };
        let chooser = Self {
            invert: choice.invert && !matches!(needle, Needle::Nothing),
            needle,
            events: choice.events.clone(),
            epoch: epoch.clone(),
            spent: AtomicU64::new(0),
        };
        (chooser, why)
    }

    /// Whether all events are shown, so that none has to be asked about.
    pub(super) fn is_all(&self) -> bool {
        matches!(self.needle, Needle::Nothing) && self.events.is_empty()
    }

    /// Whether an event is shown.
    pub(super) fn lets(&self, record: &Record) -> bool {
        let is_named = self.events.is_empty() || self.events.iter().any(|n| n == record.name());
        if !is_named || matches!(self.needle, Needle::Nothing) || self.is_late() {
            return is_named;
        }
        let begun = Instant::now();
        let has = self.has(record);
        let spent = begun.elapsed().as_micros().try_into().unwrap_or(u64::MAX);
        self.spent.fetch_add(spent, Ordering::Relaxed);
        has != self.invert
    }

    /// Whether the search took so long that the rest is shown unasked.
    pub(super) fn is_late(&self) -> bool {
        u128::from(self.spent.load(Ordering::Relaxed)) >= CHOICE_TIME.as_micros()
    }

    fn has(&self, record: &Record) -> bool {
        let id = record.id(&self.epoch).to_string();
        let mut texts = [&*record.data, record.name(), record.topic.as_str(), &id].into_iter();
        match &self.needle {
            Needle::Nothing => true,
            Needle::Text(needle) => texts.any(|text| text.to_ascii_lowercase().contains(needle)),
            Needle::Expression(expression) => texts.any(|text| expression.is_match(begin(text))),
        }
    }
}

fn needle(choice: &Choice) -> Result<Needle, String> {
    if choice.text.is_empty() {
        return Ok(Needle::Nothing);
    }
    if !choice.regex {
        return Ok(Needle::Text(choice.text.to_ascii_lowercase()));
    }
    // An expression that is large may take long, which its own search cannot be kept from.
    let expression = RegexBuilder::new(&choice.text)
        .case_insensitive(true)
        .size_limit(EXPRESSION_BYTES)
        .dfa_size_limit(EXPRESSION_BYTES)
        .build();
    expression
        .map(Needle::Expression)
        .map_err(|error| match error {
            regex::Error::CompiledTooBig(_) => {
                "`q` is a regular expression that is too large; ask for less of it".into()
            }
            error => format!("`q` is no regular expression: {}", cause(&error)),
        })
}

/// The last line of what is wrong: those before it draw the place, in a font that a page has not.
fn cause(error: &regex::Error) -> String {
    let text = error.to_string();
    let last = text.lines().last().unwrap_or_default();
    last.trim_start_matches("error: ").to_owned()
}

/// As much of a text as an expression is asked about.
fn begin(text: &str) -> &str {
    let end = (0..=SEARCHED_BYTES.min(text.len()))
        .rev()
        .find(|at| text.is_char_boundary(*at));
    &text[..end.unwrap_or_default()]
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use hub::{Draft, Topic};

    use super::*;

    fn record() -> Record {
        let draft = Draft::new(Topic::parse("Orders/42").unwrap(), "Zahlung ERHALTEN: 5 €");
        let draft = draft.unwrap().event("paid").unwrap();
        draft.into_record(7, SystemTime::UNIX_EPOCH)
    }

    fn chooser(choice: &Choice) -> (Chooser, Option<String>) {
        Chooser::new(choice, &Epoch::parse("k3").unwrap())
    }

    fn lets(choice: &Choice) -> bool {
        chooser(choice).0.lets(&record())
    }

    #[test]
    fn a_text_is_looked_for_everywhere_whatever_its_case() {
        for (text, found) in [
            ("", true),
            ("zahlung", true),
            ("5 €", true),
            ("PAID", true),
            ("orders/4", true),
            ("k3-7", true),
            ("refund", false),
            (".*", false),
        ] {
            let choice = Choice {
                text: text.into(),
                ..Choice::default()
            };
            assert_eq!(lets(&choice), found, "{text}");
            let inverted = Choice {
                invert: true,
                ..choice
            };
            // Nothing to look for is no choice.
            assert_eq!(lets(&inverted), !found || text.is_empty(), "not {text}");
        }
    }

    #[test]
    fn an_expression_is_one_and_a_wrong_one_chooses_nothing() {
        let of = |text: &str, invert| Choice {
            text: text.into(),
            regex: true,
            invert,
            ..Choice::default()
        };
        assert!(lets(&of("^zahlung .*€$", false)) && !lets(&of("^erhalten", false)));
        assert!(!lets(&of("^zahlung", true)));
        let (chooser_of_words, why) = chooser(&of(r"(\w+\s?){20}z", false));
        assert!(!chooser_of_words.is_all() && why.is_none(), "{why:?}");
        for (wrong, said) in [("(", "unclosed group"), (r"(\w{200}){200}", "too large")] {
            let (chooser, why) = chooser(&of(wrong, true));
            assert!(chooser.is_all());
            let why = why.unwrap();
            assert!(why.starts_with("`q` is") && why.contains(said), "{why}");
        }
    }

    #[test]
    fn what_a_long_search_does_not_get_to_is_shown() {
        let (chooser, _) = chooser(&Choice {
            text: "refund".into(),
            ..Choice::default()
        });
        assert!(!chooser.lets(&record()) && !chooser.is_late());
        let all = CHOICE_TIME.as_micros().try_into().unwrap();
        chooser.spent.store(all, Ordering::Relaxed);
        assert!(chooser.lets(&record()) && chooser.is_late());
    }

    #[test]
    fn names_are_chosen_as_they_are() {
        let of = |names: &[&str]| Choice {
            events: names.iter().map(|name| (*name).to_owned()).collect(),
            ..Choice::default()
        };
        assert!(lets(&of(&[])) && lets(&of(&["x", "paid"])));
        assert!(!lets(&of(&["Paid"])));
    }
}
