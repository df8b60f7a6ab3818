//! What is gone: the newest losses one by one, the older by topic, the oldest by a floor.

use std::{
    collections::{HashMap, VecDeque},
    time::SystemTime,
};

use crate::{
    delivery::GapReason,
    id::Seq,
    limits::{LOSS_MARKS, LOSSES},
    log::{Cursor, Lost},
    selector::Filter,
    topic::Topic,
};

/// The losses of a log, in the order in which they happened.
#[derive(Default)]
pub(crate) struct Losses {
    recent: VecDeque<Loss>,
    /// How many happened before the oldest in `recent`.
    before: u64,
    /// Of losses that are no longer in `recent`: the newest position by topic.
    marks: HashMap<Topic, Mark>,
    /// The same for topics that are no longer in `marks`.
    floor: Seq,
    /// The newest position of all.
    newest: Seq,
    /// When the newest event that is no longer in `recent` was accepted.
    faded_time: Option<SystemTime>,
}

/// What a log that outlives its process writes down of what is gone, before the records
/// themselves leave the disk: the newest position by topic. Numbers of events are not in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LostMarks {
    /// The newest lost position of each topic, and why it is.
    pub topics: Vec<(Topic, Seq, GapReason)>,
    /// The same for topics that are not listed.
    pub floor: Seq,
    /// When the newest of these events was accepted.
    pub time: Option<SystemTime>,
    /// Up to where retention has let go of each group, by its selector; the hub's own has none.
    /// Without it events would come back when others are forgotten.
    pub trimmed: Vec<(String, Seq)>,
}

/// The newest of a topic's losses.
#[derive(Clone, Copy)]
struct Mark {
    seq: Seq,
    reason: GapReason,
}

pub(crate) struct Loss {
    pub(crate) seq: Seq,
    pub(crate) time: SystemTime,
    pub(crate) topic: Topic,
    pub(crate) reason: GapReason,
}

impl Losses {
    pub(crate) fn note(&mut self, loss: Loss) {
        self.newest = self.newest.max(loss.seq);
        if self.recent.len() >= LOSSES {
            self.fade();
        }
        self.recent.push_back(loss);
    }

    /// Takes over what an earlier process wrote down.
    pub(crate) fn restore(marks: LostMarks) -> Self {
        let newest = marks.topics.iter().map(|(_, seq, _)| *seq).max();
        let newest = newest.unwrap_or(0).max(marks.floor);
        Self {
            recent: VecDeque::new(),
            // The count is only ever compared: one is enough to be before every reader.
            before: u64::from(newest > 0),
            marks: marks
                .topics
                .into_iter()
                .map(|(topic, seq, reason)| (topic, Mark { seq, reason }))
                .collect(),
            floor: marks.floor,
            newest,
            faded_time: marks.time,
        }
    }

    /// What there is to write down once the records up to `through` leave the disk.
    pub(crate) fn marks(&self, through: Seq) -> LostMarks {
        let mut topics = self.marks.clone();
        let (mut floor, mut time) = (self.floor, self.faded_time);
        for loss in self.recent.iter().filter(|loss| loss.seq <= through) {
            time = time.max(Some(loss.time));
            if topics.len() < LOSS_MARKS || topics.contains_key(&loss.topic) {
                raise(&mut topics, loss);
            } else {
                floor = floor.max(loss.seq);
            }
        }
        LostMarks {
            topics: topics
                .into_iter()
                .map(|(topic, mark)| (topic, mark.seq, mark.reason))
                .collect(),
            floor,
            time,
            trimmed: Vec::new(),
        }
    }

    /// The position before the first lost event that was accepted at or after `time`; none where
    /// no such event is known.
    pub(crate) fn seek(&self, time: SystemTime) -> Option<Seq> {
        if self.faded_time.is_some_and(|faded| faded >= time) {
            return Some(0);
        }
        self.recent
            .iter()
            .filter(|loss| loss.time >= time)
            .map(|loss| loss.seq - 1)
            .min()
    }

    /// How many are remembered one by one, and of how many topics older ones.
    #[cfg(test)]
    pub(crate) fn held(&self) -> (usize, usize) {
        (self.recent.len(), self.marks.len())
    }

    /// The newest position that is gone; 0 where none is.
    pub(crate) fn newest(&self) -> Seq {
        self.newest
    }

    /// How many losses there have been.
    pub(crate) fn count(&self) -> u64 {
        self.before + self.recent.len() as u64
    }

    /// What matched after the cursor and its reader has not been told.
    pub(crate) fn since(&self, cursor: Cursor, want: &Filter) -> Option<Lost> {
        if cursor.seq >= self.newest || cursor.told >= self.count() {
            return None;
        }
        let untold = cursor
            .told
            .saturating_sub(self.before)
            .try_into()
            .unwrap_or(usize::MAX);
        let hit = |loss: &&Loss| loss.seq > cursor.seq && want.matches(&loss.topic);
        let (mut missed, mut through, mut reason) = (0, 0, None);
        for loss in self.recent.iter().skip(untold).filter(hit) {
            missed += 1;
            through = through.max(loss.seq);
            // A deletion is somebody's act: it outranks what time did.
            if reason != Some(GapReason::Deleted) {
                reason = Some(loss.reason);
            }
        }
        let faded = (cursor.told < self.before)
            .then(|| self.faded(cursor.seq, want))
            .flatten();
        let through = through.max(faded.map_or(0, |mark| mark.seq));
        let reason = reason.or(faded.map(|mark| mark.reason))?;
        Some(Lost {
            reason,
            missed: faded.is_none().then_some(missed),
            through,
        })
    }

    /// The newest faded loss after `seq` that matched, or may have.
    fn faded(&self, seq: Seq, want: &Filter) -> Option<Mark> {
        let marked = match want.single() {
            Some(topic) => self.marks.get(topic).copied(),
            None => self
                .marks
                .iter()
                .filter(|(topic, _)| want.matches(topic))
                .map(|(_, mark)| *mark)
                .max_by_key(|mark| mark.seq),
        };
        let floor = Mark {
            seq: self.floor,
            reason: GapReason::Trimmed,
        };
        let newest = marked.filter(|mark| mark.seq >= floor.seq).unwrap_or(floor);
        Some(newest).filter(|mark| mark.seq > seq)
    }

    fn fade(&mut self) {
        let Some(loss) = self.recent.pop_front() else {
            return;
        };
        self.before += 1;
        self.faded_time = self.faded_time.max(Some(loss.time));
        if self.marks.len() >= LOSS_MARKS && !self.marks.contains_key(&loss.topic) {
            self.floor = self
                .marks
                .drain()
                .map(|(_, mark)| mark.seq)
                .fold(self.floor, Seq::max);
        }
        raise(&mut self.marks, &loss);
    }
}

fn raise(marks: &mut HashMap<Topic, Mark>, loss: &Loss) {
    let new = Mark {
        seq: loss.seq,
        reason: loss.reason,
    };
    let mark = marks.entry(loss.topic.clone()).or_insert(new);
    if new.seq >= mark.seq {
        *mark = new;
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    /// A loss whose event was accepted as many seconds after the epoch as its place.
    fn loss(seq: Seq, topic: &str) -> Loss {
        let time = SystemTime::UNIX_EPOCH + Duration::from_secs(seq);
        Loss {
            seq,
            time,
            topic: Topic::parse(topic).unwrap(),
            reason: GapReason::Trimmed,
        }
    }

    fn since(losses: &Losses, seq: Seq, told: u64, want: &str) -> Option<(Option<u64>, Seq)> {
        let want = Filter::topic(want).unwrap();
        losses
            .since(Cursor { seq, told }, &want)
            .map(|lost| (lost.missed, lost.through))
    }

    #[test]
    fn only_what_matches_after_the_cursor_counts() {
        let mut losses = Losses::default();
        for (seq, name) in [(1, "a"), (2, "b"), (3, "a"), (4, "b")] {
            losses.note(loss(seq, name));
        }
        assert_eq!(since(&losses, 0, 0, "a"), Some((Some(2), 3)));
        assert_eq!(since(&losses, 1, 0, "a"), Some((Some(1), 3)));
        assert_eq!(since(&losses, 3, 0, "a"), None);
        assert_eq!(since(&losses, 0, 0, "c"), None);
    }

    #[test]
    fn what_was_told_is_not_told_again() {
        let mut losses = Losses::default();
        losses.note(loss(1, "a"));
        losses.note(loss(5, "a"));
        assert_eq!(since(&losses, 0, losses.count(), "a"), None);
        losses.note(loss(3, "a"));
        assert_eq!(since(&losses, 0, 2, "a"), Some((Some(1), 3)));
    }

    #[test]
    fn beyond_the_newest_losses_the_number_is_unknown_and_the_gap_is_not() {
        let mut losses = Losses::default();
        losses.note(loss(1, "old"));
        for seq in 2..=(LOSSES as Seq + 1) {
            losses.note(loss(seq, "a"));
        }
        assert_eq!(since(&losses, 0, 0, "old"), Some((None, 1)));
        assert_eq!(since(&losses, 1, 0, "old"), None);
        assert_eq!(since(&losses, 0, 0, "never"), None);
    }

    #[test]
    fn topics_beyond_the_marks_raise_the_floor() {
        let mut losses = Losses::default();
        let total = (LOSSES + LOSS_MARKS + 1) as Seq;
        for seq in 1..=total {
            losses.note(loss(seq, &format!("t{seq}")));
        }
        assert_eq!(
            since(&losses, 0, 0, "t1").map(|(missed, _)| missed),
            Some(None)
        );
        assert!(losses.marks.len() <= LOSS_MARKS && losses.recent.len() <= LOSSES);
        assert_eq!(since(&losses, total, 0, "t1"), None);
    }

    #[test]
    fn a_time_is_found_among_what_is_gone() {
        let mut losses = Losses::default();
        for seq in [2, 4, 6] {
            losses.note(loss(seq, "a"));
        }
        let seek = |secs| losses.seek(SystemTime::UNIX_EPOCH + Duration::from_secs(secs));
        assert_eq!(
            (seek(1), seek(3), seek(6), seek(7)),
            (Some(1), Some(3), Some(5), None)
        );
    }
}
