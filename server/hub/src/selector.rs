//! Selectors: what a subscriber asks for.

use std::{fmt, sync::Arc};

use thiserror::Error;

use crate::{
    limits::MAX_SELECTORS,
    look::Verdicts,
    topic::{Topic, TopicError, check},
};

/// A topic, or a pattern over topics.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Selector {
    /// This topic alone.
    Topic(Topic),
    /// `*` stands for exactly one segment, a final `**` for one segment or more.
    Pattern(Pattern),
}

/// A pattern, segment by segment.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Pattern {
    segments: Vec<Option<Box<str>>>,
    /// Whether one segment or more may follow.
    open: bool,
}

/// Why a text is no selector; says what would be.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum SelectorError {
    /// Not even a topic.
    #[error(transparent)]
    Topic(#[from] TopicError),
    /// A `*` beside other characters, or a `**` that is not last.
    #[error("has a misplaced `*`; `*` stands for a whole segment, `**` for the last ones")]
    Star,
    /// None, or more than 100.
    #[error("is given {0} times; give 1 to 100")]
    Count(usize),
}

impl fmt::Display for Selector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Topic(topic) => topic.fmt(f),
            Self::Pattern(Pattern { segments, open }) => {
                let segments = segments.iter().map(|s| s.as_deref().unwrap_or("*"));
                let all: Vec<&str> = segments.chain(open.then_some("**")).collect();
                f.write_str(&all.join("/"))
            }
        }
    }
}

impl Selector {
    /// Checks a text and makes it a selector.
    ///
    /// # Errors
    /// Where it is none; see [`SelectorError`].
    pub fn parse(text: &str) -> Result<Self, SelectorError> {
        check(text)?;
        if !text.contains('*') {
            return Ok(Self::Topic(Topic::parse(text)?));
        }
        let (inner, open) = match text.strip_suffix("**") {
            Some("") => {
                return Ok(Self::Pattern(Pattern {
                    segments: Vec::new(),
                    open: true,
                }));
            }
            Some(inner) => (inner.strip_suffix('/').ok_or(SelectorError::Star)?, true),
            None => (text, false),
        };
        let segment = |s: &str| match s {
            "*" => Ok(None),
            s if s.contains('*') => Err(SelectorError::Star),
            s => Ok(Some(s.into())),
        };
        let segments = inner.split('/').map(segment).collect::<Result<_, _>>()?;
        Ok(Self::Pattern(Pattern { segments, open }))
    }

    /// Whether an event on this topic is asked for.
    #[must_use]
    pub fn matches(&self, topic: &Topic) -> bool {
        match self {
            Self::Topic(own) => own == topic,
            Self::Pattern(pattern) => pattern.matches(topic.as_str()),
        }
    }

    /// Whether there can be a topic that both match.
    #[must_use]
    pub fn overlaps(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Topic(topic), other) | (other, Self::Topic(topic)) => other.matches(topic),
            (Self::Pattern(one), Self::Pattern(two)) => one.overlaps(two),
        }
    }

    /// Whether it matches every topic.
    #[must_use]
    pub fn is_everything(&self) -> bool {
        matches!(self, Self::Pattern(Pattern { segments, open: true }) if segments.is_empty())
    }
}

impl Pattern {
    fn matches(&self, topic: &str) -> bool {
        let mut segments = topic.split('/');
        let begins = self
            .segments
            .iter()
            .all(|wanted| match (wanted, segments.next()) {
                (_, None) => false,
                (None, Some(_)) => true,
                (Some(wanted), Some(segment)) => **wanted == *segment,
            });
        begins && segments.next().is_some() == self.open
    }

    fn overlaps(&self, other: &Self) -> bool {
        let mut pairs = self.segments.iter().zip(&other.segments);
        let agree = pairs.all(|pair| match pair {
            (Some(one), Some(two)) => one == two,
            _ => true,
        });
        let (one, two) = (self.segments.len(), other.segments.len());
        let length = match (self.open, other.open) {
            (true, true) => true,
            (true, false) => two > one,
            (false, true) => one > two,
            (false, false) => one == two,
        };
        agree && length
    }
}

/// The selectors of one connection: an event that any of them matches comes once.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Filter {
    selectors: Vec<Selector>,
    /// What of it is allowed; empty where all is.
    within: Arc<[Selector]>,
    verdicts: Verdicts,
}

impl Filter {
    /// Puts selectors together.
    ///
    /// # Errors
    /// Where there is none, or more than 100.
    pub fn new(selectors: Vec<Selector>) -> Result<Self, SelectorError> {
        match selectors.len() {
            1..=MAX_SELECTORS => Ok(Self {
                selectors,
                within: Arc::default(),
                verdicts: Verdicts::default(),
            }),
            n => Err(SelectorError::Count(n)),
        }
    }

    /// The same, but only for topics that one of these matches too: what is asked for by a pattern and
    /// not allowed is neither delivered nor counted as lost, as if it were not there.
    ///
    /// # Errors
    /// With the first selector of which nothing is allowed.
    pub fn within(mut self, allowed: &Arc<[Selector]>) -> Result<Self, Selector> {
        let is_allowed = |asked: &&Selector| allowed.iter().any(|one| one.overlaps(asked));
        if let Some(asked) = self.selectors.iter().find(|asked| !is_allowed(asked)) {
            return Err(asked.clone());
        }
        // Topics that are named are allowed as a whole.
        if self.topics().is_none() && !allowed.iter().any(Selector::is_everything) {
            self.within = Arc::clone(allowed);
        }
        Ok(self)
    }

    /// A filter for one topic.
    ///
    /// # Errors
    /// Where the text is no topic.
    pub fn topic(text: &str) -> Result<Self, SelectorError> {
        Self::new(vec![Selector::Topic(Topic::parse(text)?)])
    }

    /// Whether an event on this topic is asked for.
    #[must_use]
    pub fn matches(&self, topic: &Topic) -> bool {
        let matches = |selectors: &[Selector]| selectors.iter().any(|one| one.matches(topic));
        matches(&self.selectors) && (self.within.is_empty() || matches(&self.within))
    }

    /// How many selectors are asked at most, to say whether a topic matches.
    pub(crate) fn cost(&self) -> usize {
        self.selectors.len() + self.within.len()
    }

    /// The only topic that is asked for, where it is only one.
    #[must_use]
    pub fn single(&self) -> Option<&Topic> {
        match self.selectors.as_slice() {
            [Selector::Topic(topic)] => Some(topic),
            _ => None,
        }
    }

    /// The topics that are asked for, where no selector is a pattern.
    pub(crate) fn topics(&self) -> Option<Vec<&Topic>> {
        let topics = self.selectors.iter().map(|selector| match selector {
            Selector::Topic(topic) => Some(topic),
            Selector::Pattern(_) => None,
        });
        topics.collect()
    }

    pub(crate) fn verdicts(&self) -> &Verdicts {
        &self.verdicts
    }

    /// What is asked for.
    #[must_use]
    pub fn selectors(&self) -> &[Selector] {
        &self.selectors
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(selector: &str, topic: &str) -> bool {
        Selector::parse(selector)
            .unwrap()
            .matches(&Topic::parse(topic).unwrap())
    }

    #[test]
    fn a_selector_is_written_as_it_was_read() {
        for text in ["a", "a/b", "*", "a/*", "*/b/**", "**", "a//b"] {
            assert_eq!(Selector::parse(text).unwrap().to_string(), text);
        }
    }

    #[test]
    fn a_star_stands_for_exactly_one_segment() {
        assert!(matches("a/*", "a/b"));
        assert!(!matches("a/*", "a"));
        assert!(!matches("a/*", "a/b/c"));
        assert!(matches("*/b", "a/b"));
        assert!(matches("*", "a"));
        assert!(!matches("*", "a/b"));
    }

    #[test]
    fn a_final_double_star_stands_for_one_segment_or_more() {
        assert!(!matches("a/**", "a"));
        assert!(matches("a/**", "a/b"));
        assert!(matches("a/**", "a/b/c"));
        assert!(!matches("a/**", "b/a"));
        assert!(matches("**", "a"));
        assert!(matches("**", "https://example.com/books/1"));
        assert!(matches("*/**", "a/b"));
        assert!(!matches("*/**", "a"));
    }

    #[test]
    fn a_misplaced_star_is_refused() {
        for text in ["a*b", "a/**/b", "**/a", "a**", "a/b*", "***", "a/***"] {
            assert_eq!(Selector::parse(text), Err(SelectorError::Star), "{text}");
        }
    }

    fn selector(text: &str) -> Selector {
        Selector::parse(text).unwrap()
    }

    /// Against all topics of up to four segments from two names.
    #[test]
    fn two_selectors_overlap_where_a_topic_matches_both() {
        let segments = ["a", "b"];
        let mut topics: Vec<String> = vec!["a".into(), "b".into()];
        for length in 1..4 {
            let longest = topics.clone().into_iter();
            let longest = longest.filter(|topic| topic.split('/').count() == length);
            topics.extend(
                longest.flat_map(|topic| segments.map(|segment| format!("{topic}/{segment}"))),
            );
        }
        let topics: Vec<_> = topics.iter().map(|t| Topic::parse(t).unwrap()).collect();
        let all = [
            "a", "b", "a/b", "*", "a/*", "*/b", "*/*", "**", "a/**", "b/**", "*/**", "*/a/**",
            "a/b/**", "a/*/b", "b/b/b",
        ];
        for one in all.map(selector) {
            for two in all.map(selector) {
                let both = topics.iter().any(|t| one.matches(t) && two.matches(t));
                assert_eq!(one.overlaps(&two), both, "{one} {two}");
            }
        }
    }

    #[test]
    fn a_filter_within_what_is_allowed_matches_no_more_and_refuses_what_it_may_have_nothing_of() {
        let within = |asked: &[&str], allowed: &[&str]| {
            let asked = asked.iter().map(|text| selector(text)).collect();
            let allowed: Vec<_> = allowed.iter().map(|text| selector(text)).collect();
            Filter::new(asked).unwrap().within(&allowed.into())
        };
        let matches = |filter: &Filter, topic: &str| filter.matches(&Topic::parse(topic).unwrap());
        let some = within(&["**"], &["a/*", "b"]).unwrap();
        assert!(matches(&some, "a/1") && matches(&some, "b"));
        assert!(!matches(&some, "a") && !matches(&some, "a/1/2") && !matches(&some, "c"));
        assert!(matches(&within(&["**"], &["**"]).unwrap(), "c"));
        assert_eq!(within(&["a", "b"], &["a"]), Err(selector("b")));
        assert_eq!(within(&["b/*", "a"], &["a/**", "a"]), Err(selector("b/*")));
        assert_eq!(within(&["a"], &[]), Err(selector("a")));
        let named = within(&["a/1", "b"], &["a/*", "b"]).unwrap();
        assert!(named.topics().is_some() && matches(&named, "a/1"));
    }

    #[test]
    fn a_filter_has_one_to_a_hundred_selectors() {
        let star = || Selector::parse("*").unwrap();
        assert_eq!(Filter::new(Vec::new()), Err(SelectorError::Count(0)));
        assert!(Filter::new(vec![star(); 100]).is_ok());
        assert_eq!(
            Filter::new(vec![star(); 101]),
            Err(SelectorError::Count(101))
        );
    }
}
