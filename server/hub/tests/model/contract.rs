//! The model: every event there ever was, and what became of each.

use std::time::Duration;

pub(crate) const TOPICS: [&str; 5] = ["a", "b", "b/x", "b/x/y", "c"];

/// What readers ask for: one topic, several, and patterns.
pub(crate) const SELECTORS: [&[&str]; 8] = [
    &["a"],
    &["b/x"],
    &["a", "b/x"],
    &["b/*"],
    &["b/**"],
    &["**"],
    &["a", "*"],
    &["*/*", "b/**", "b/x"],
];

/// Retention: so many events on all topics but one, so many on that, so many seconds at most.
/// Half a second, because time passes in whole ones: nothing is ever exactly so old.
pub(crate) const COUNT: usize = 6;
pub(crate) const OVERRIDE_TOPIC: &str = "b/x";
pub(crate) const OVERRIDE_COUNT: usize = 2;
pub(crate) const AGE: Duration = Duration::from_millis(20_500);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    Kept,
    Trimmed,
    Deleted,
}

#[derive(Debug)]
pub(crate) struct Event {
    pub(crate) topic: &'static str,
    pub(crate) data: String,
    pub(crate) fate: Fate,
    accepted: Duration,
}

/// The log as the contract has it; the event with sequence `n` is at `n - 1`.
#[derive(Debug, Default)]
pub(crate) struct Model {
    pub(crate) epoch: String,
    pub(crate) now: Duration,
    pub(crate) events: Vec<Event>,
}

/// Whether a selector asks for a topic: `*` is one segment, a final `**` one or more.
fn asks(selector: &[&str], topic: &[&str]) -> bool {
    match (selector, topic) {
        ([], []) | (["**"], [_, ..]) => true,
        (["*", rest @ ..], [_, topic @ ..]) => asks(rest, topic),
        ([name, rest @ ..], [first, topic @ ..]) => name == first && asks(rest, topic),
        _ => false,
    }
}

/// Whether any of the selectors does.
pub(crate) fn matches(selectors: &[&str], topic: &str) -> bool {
    let topic: Vec<&str> = topic.split('/').collect();
    selectors
        .iter()
        .any(|selector| asks(&selector.split('/').collect::<Vec<_>>(), &topic))
}

impl Model {
    pub(crate) fn head(&self) -> u64 {
        self.events.len() as u64
    }

    pub(crate) fn publish(&mut self, topic: &'static str, data: String) {
        let (accepted, fate) = (self.now, Fate::Kept);
        self.events.push(Event {
            topic,
            data,
            accepted,
            fate,
        });
    }

    /// Lets go of what retention does not keep.
    pub(crate) fn trim(&mut self) {
        for event in &mut self.events {
            if event.fate == Fate::Kept && self.now - event.accepted > AGE {
                event.fate = Fate::Trimmed;
            }
        }
        for (overridden, most) in [(true, OVERRIDE_COUNT), (false, COUNT)] {
            let group =
                |e: &&mut Event| e.fate == Fate::Kept && (e.topic == OVERRIDE_TOPIC) == overridden;
            let too_many = self.events.iter_mut().rev().filter(group).skip(most);
            too_many.for_each(|event| event.fate = Fate::Trimmed);
        }
    }

    pub(crate) fn forget(&mut self, topic: &str) -> u64 {
        let kept = |e: &&mut Event| e.topic == topic && e.fate == Fate::Kept;
        let forgotten = self.events.iter_mut().filter(kept);
        forgotten.map(|event| event.fate = Fate::Deleted).count() as u64
    }

    /// What matches in `after < seq <= until`, with its fate.
    pub(crate) fn matching(&self, want: &[&str], after: u64, until: u64) -> Vec<(u64, Fate)> {
        let range = (after + 1..=until).map(|seq| (seq, &self.events[seq as usize - 1]));
        let wanted = range.filter(|(_, event)| matches(want, event.topic));
        wanted.map(|(seq, event)| (seq, event.fate)).collect()
    }

    /// The newest `n` that match and are kept, oldest first.
    pub(crate) fn newest(&self, want: &[&str], n: usize) -> Vec<u64> {
        let mut kept = self.matching(want, 0, self.head());
        kept.retain(|(_, fate)| *fate == Fate::Kept);
        let skip = kept.len().saturating_sub(n);
        kept.into_iter().skip(skip).map(|(seq, _)| seq).collect()
    }

    /// The id with this sequence.
    pub(crate) fn id(&self, seq: u64) -> String {
        format!("{}-{seq}", self.epoch)
    }
}
