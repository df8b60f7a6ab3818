//! Places of several topics, in the order of the log.

use std::collections::{VecDeque, vec_deque};

use crate::id::Seq;

/// The places in several ascending lists, in order, each once; from either end.
///
/// A step costs a look at each list: there are at most [`crate::limits::MAX_SELECTORS`].
pub(crate) struct Union<'a> {
    lists: Vec<vec_deque::Iter<'a, Seq>>,
}

impl<'a> Union<'a> {
    /// What lies in `after < seq <= until`.
    pub(crate) fn new(
        lists: impl Iterator<Item = &'a VecDeque<Seq>>,
        after: Seq,
        until: Seq,
    ) -> Self {
        let part = |list: &'a VecDeque<Seq>| {
            let begin = list.partition_point(|seq| *seq <= after);
            let end = list.partition_point(|seq| *seq <= until);
            list.range(begin..end.max(begin))
        };
        Self {
            lists: lists.map(part).collect(),
        }
    }
}

impl Iterator for Union<'_> {
    type Item = Seq;

    fn next(&mut self) -> Option<Seq> {
        let heads = self.lists.iter().filter_map(|list| list.clone().next());
        let next = *heads.min()?;
        for list in &mut self.lists {
            if list.clone().next() == Some(&next) {
                list.next();
            }
        }
        Some(next)
    }
}

impl DoubleEndedIterator for Union<'_> {
    fn next_back(&mut self) -> Option<Seq> {
        let ends = self
            .lists
            .iter()
            .filter_map(|list| list.clone().next_back());
        let last = *ends.max()?;
        for list in &mut self.lists {
            if list.clone().next_back() == Some(&last) {
                list.next_back();
            }
        }
        Some(last)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_come_in_order_and_once_from_either_end_and_within_bounds() {
        let lists: [VecDeque<Seq>; 3] = [[1, 5, 9].into(), [2, 6].into(), VecDeque::new()];
        // The first list twice: a topic may be asked for twice.
        let union = |after, until| Union::new(lists.iter().chain(&lists[..1]), after, until);
        assert_eq!(union(0, 9).collect::<Vec<_>>(), [1, 2, 5, 6, 9]);
        assert_eq!(union(0, 9).rev().collect::<Vec<_>>(), [9, 6, 5, 2, 1]);
        assert_eq!(union(1, 6).collect::<Vec<_>>(), [2, 5, 6]);
        assert_eq!(union(9, 3).next(), None);
    }
}
