//! A look at the log under its lock, and what it may cost.

use std::{
    collections::HashMap,
    fmt,
    hash::{Hash, Hasher},
    sync::{Mutex, MutexGuard, PoisonError},
};

use crate::{
    limits::{FEW_SELECTORS, LOSS_MARKS, LOSSES, SCAN, VERDICTS},
    selector::Filter,
    topic::Topic,
};

/// One look with a filter: whoever has the log for it gives it up once the look is spent, and looks
/// again from there.
pub(crate) struct Look<'a> {
    want: &'a Filter,
    /// None where asking the selectors is as cheap.
    verdicts: Option<MutexGuard<'a, HashMap<Topic, bool>>>,
    /// What it may still cost.
    left: usize,
}

impl<'a> Look<'a> {
    pub(crate) fn new(want: &'a Filter) -> Self {
        let many = want.cost() > FEW_SELECTORS;
        Self {
            want,
            verdicts: many.then(|| want.verdicts().lock()),
            left: SCAN,
        }
    }

    /// Whether an event on this topic is asked for; none where the look is spent. The first one is
    /// always answered, so each look gets further.
    ///
    /// What it costs is counted in selectors that were asked.
    pub(crate) fn at(&mut self, topic: &Topic) -> Option<bool> {
        if self.left == 0 {
            return None;
        }
        let asked = self.want.cost();
        let Some(verdicts) = &mut self.verdicts else {
            self.left = self.left.saturating_sub(asked);
            return Some(self.want.matches(topic));
        };
        if let Some(verdict) = verdicts.get(topic) {
            self.left -= 1;
            return Some(*verdict);
        }
        self.left = self.left.saturating_sub(asked);
        let verdict = self.want.matches(topic);
        if verdicts.len() >= VERDICTS {
            verdicts.clear();
        }
        verdicts.insert(topic.clone(), verdict);
        Some(verdict)
    }

    /// The topics that are asked for, where no selector is a pattern.
    pub(crate) fn topics(&self) -> Option<Vec<&Topic>> {
        self.want.topics()
    }

    /// Begins a look at what is gone: with one selector at all of it.
    pub(crate) fn at_losses(&mut self) {
        self.left = LOSSES + LOSS_MARKS;
    }
}

/// What a filter with many selectors said to the topics that it saw last: each is asked once, not
/// once for each of its events. No part of what the filter is.
#[derive(Default)]
pub(crate) struct Verdicts(Mutex<HashMap<Topic, bool>>);

impl Verdicts {
    /// Gives back what they cost.
    pub(crate) fn forget(&self) {
        *self.lock() = HashMap::new();
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Topic, bool>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Clone for Verdicts {
    fn clone(&self) -> Self {
        Self::default()
    }
}

impl PartialEq for Verdicts {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Verdicts {}

impl Hash for Verdicts {
    fn hash<H: Hasher>(&self, _: &mut H) {}
}

impl fmt::Debug for Verdicts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Verdicts")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::selector::Selector;

    fn filter(selectors: usize) -> Filter {
        let pattern = |n| Selector::parse(&format!("*/{n}/**")).unwrap();
        Filter::new((0..selectors).map(pattern).collect()).unwrap()
    }

    fn topic(n: usize) -> Topic {
        Topic::parse(&format!("t/{n}/x")).unwrap()
    }

    /// How many events one look sees, where they are on so many topics.
    fn seen(want: &Filter, topics: usize) -> usize {
        let mut look = Look::new(want);
        let mut right = |n: &usize| {
            let topic = topic(n % topics);
            look.at(&topic)
                .map(|verdict| assert_eq!(verdict, want.matches(&topic)))
        };
        (0..2 * SCAN).take_while(|n| right(n).is_some()).count()
    }

    #[test]
    fn a_look_ends_after_so_many_places_and_earlier_where_each_costs_more() {
        assert_eq!(seen(&filter(1), 10), SCAN);
        assert_eq!(seen(&filter(FEW_SELECTORS), 10), SCAN / FEW_SELECTORS);
        assert!(seen(&filter(100), 10 * SCAN) <= SCAN / 100 + 1);
    }

    #[test]
    fn a_topic_is_asked_about_once_and_not_for_each_of_its_events() {
        let want = filter(100);
        assert!(seen(&want, 10) > SCAN - 10 * 100);
        assert_eq!(seen(&want, 10), SCAN, "also by the next look");
    }

    #[test]
    fn verdicts_are_bounded_and_are_let_go_of() {
        let want = filter(100);
        for n in 0..3 * VERDICTS {
            Look::new(&want).at(&topic(n));
        }
        assert!(want.verdicts().lock().len() <= VERDICTS);
        want.verdicts().forget();
        assert_eq!(want.verdicts().lock().capacity(), 0);
        assert_eq!(want, filter(100));
    }
}
