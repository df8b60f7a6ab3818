//! What is gone: the newest losses one by one, the older by topic, the oldest by a floor.

use std::{
    collections::{BTreeMap, HashMap},
    iter::from_fn,
    ops::Bound,
    time::SystemTime,
};

use crate::{
    delivery::GapReason,
    id::Seq,
    limits::{LOSS_MARKS, LOSSES},
    log::{Cursor, Lost},
    look::Look,
    topic::Topic,
};

/// The losses of a log, by place.
#[derive(Default)]
pub(crate) struct Losses {
    recent: BTreeMap<Seq, Noted>,
    /// Of losses that are no longer in `recent`: the newest place of each topic.
    marks: HashMap<Topic, Mark>,
    /// The same by place.
    places: BTreeMap<Seq, Topic>,
    /// The newest place of topics that are no longer in `marks`.
    floor: Mark,
    /// The newest place of all.
    newest: Seq,
    /// How many there have been.
    count: u64,
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
    /// How many losses there had been before the last of them.
    after: u64,
}

impl Default for Mark {
    fn default() -> Self {
        Self {
            seq: 0,
            reason: GapReason::Trimmed,
            after: 0,
        }
    }
}

pub(crate) struct Loss {
    pub(crate) seq: Seq,
    pub(crate) time: SystemTime,
    pub(crate) topic: Topic,
    pub(crate) reason: GapReason,
}

/// A loss, and how many there had been before.
struct Noted {
    loss: Loss,
    after: u64,
}

/// A place where something is gone.
struct Point<'a> {
    seq: Seq,
    /// None where it may be of any.
    topic: Option<&'a Topic>,
    reason: GapReason,
    after: u64,
}

impl Losses {
    pub(crate) fn note(&mut self, loss: Loss) {
        self.newest = self.newest.max(loss.seq);
        let after = self.count;
        self.count += 1;
        self.recent.insert(loss.seq, Noted { loss, after });
        if self.recent.len() > LOSSES {
            self.fade();
        }
    }

    /// Takes over what an earlier process wrote down.
    pub(crate) fn restore(written: LostMarks) -> Self {
        let mut losses = Self {
            floor: Mark {
                seq: written.floor,
                ..Mark::default()
            },
            newest: written.floor,
            faded_time: written.time,
            ..Self::default()
        };
        for (topic, seq, reason) in written.topics {
            losses.newest = losses.newest.max(seq);
            losses.raise(
                topic,
                Mark {
                    seq,
                    reason,
                    after: 0,
                },
            );
        }
        // It is only ever compared: one is enough to be before every reader.
        losses.count = u64::from(losses.newest > 0);
        losses
    }

    /// What there is to write down once the records up to `through` leave the disk.
    pub(crate) fn marks(&self, through: Seq) -> LostMarks {
        let of = |(topic, mark): (&Topic, &Mark)| (topic.clone(), (mark.seq, mark.reason));
        let mut topics: HashMap<_, _> = self.marks.iter().map(of).collect();
        let (mut floor, mut time) = (self.floor.seq, self.faded_time);
        for Noted { loss, .. } in self.recent.range(..=through).map(|(_, noted)| noted) {
            time = time.max(Some(loss.time));
            if topics.len() < LOSS_MARKS || topics.contains_key(&loss.topic) {
                let new = (loss.seq, loss.reason);
                let mark = topics.entry(loss.topic.clone()).or_insert(new);
                *mark = if new.0 > mark.0 { new } else { *mark };
            } else {
                floor = floor.max(loss.seq);
            }
        }
        let topics = topics.into_iter();
        LostMarks {
            topics: topics
                .map(|(topic, (seq, reason))| (topic, seq, reason))
                .collect(),
            floor,
            time,
            trimmed: Vec::new(),
        }
    }

    /// Where a reader begins who asks for what was accepted at or after `time`, where nothing is kept
    /// in `after < seq <= before`: before the first loss there that may be since then.
    pub(crate) fn seek(&self, time: SystemTime, after: Seq, before: Seq) -> Seq {
        if after >= before {
            return before;
        }
        if self.faded_time.is_some_and(|faded| faded >= time) {
            // Of these the times are not known one by one.
            return after;
        }
        let mut between = self.recent.range(after + 1..=before);
        let since = between.find(|(_, noted)| noted.loss.time >= time);
        since.map_or(before, |(seq, _)| seq - 1)
    }

    /// How many are remembered one by one, and of how many topics older ones.
    #[cfg(test)]
    pub(crate) fn held(&self) -> (usize, usize) {
        (self.recent.len(), self.marks.len())
    }

    /// The newest place that is gone; 0 where none is.
    pub(crate) fn newest(&self) -> Seq {
        self.newest
    }

    /// How many losses there have been.
    pub(crate) fn count(&self) -> u64 {
        self.count
    }

    /// What matched after the cursor up to `through`, and its reader has not been told of: those
    /// between the same two kept events together, told before the second; and how far was looked.
    ///
    /// Of what has faded the newest place of each topic is known, and all of it is told there: nobody
    /// passes that place untold.
    pub(crate) fn between(
        &self,
        cursor: Cursor,
        through: Seq,
        kept: impl Iterator<Item = Seq>,
        look: &mut Look<'_>,
    ) -> (Vec<Lost>, Seq) {
        let (mut gaps, mut coming) = (Vec::<Lost>::new(), kept.peekable());
        if cursor.seq >= through.min(self.newest) || cursor.told >= self.count {
            return (gaps, through);
        }
        let vague = self.vague(look);
        for point in self.points(cursor, through) {
            match point.topic.map_or(Some(true), |topic| look.at(topic)) {
                Some(true) => {}
                Some(false) => continue,
                None => {
                    let examined = point.seq - 1;
                    if let Some(last) = gaps.last_mut() {
                        last.through = last.through.min(examined);
                    }
                    return (gaps, examined);
                }
            }
            while coming.next_if(|kept| *kept < point.seq).is_some() {}
            let until = coming.peek().map_or(through, |kept| kept - 1);
            let known = point.seq > vague;
            match gaps.last_mut().filter(|gap| gap.through == until) {
                Some(gap) => gap.add(&point, known),
                None => gaps.push(Lost {
                    reason: point.reason,
                    missed: known.then_some(1),
                    through: until,
                }),
            }
        }
        (gaps, through)
    }

    /// Up to where there may be more losses that match than are known one by one.
    fn vague(&self, look: &Look<'_>) -> Seq {
        let marked = match look.topics() {
            Some(topics) => {
                let marks = topics.into_iter().filter_map(|topic| self.marks.get(topic));
                marks.map(|mark| mark.seq).max()
            }
            None => self.places.last_key_value().map(|(seq, _)| *seq),
        };
        self.floor.seq.max(marked.unwrap_or(0))
    }

    /// Where something is gone that the reader has not been told of, in order.
    fn points(&self, cursor: Cursor, through: Seq) -> impl Iterator<Item = Point<'_>> {
        let range = (Bound::Excluded(cursor.seq), Bound::Included(through));
        let recent = self.recent.range(range).map(|(_, noted)| Point {
            seq: noted.loss.seq,
            topic: Some(&noted.loss.topic),
            reason: noted.loss.reason,
            after: noted.after,
        });
        let marks = self.places.range(range).filter_map(|(_, topic)| {
            let mark = self.marks.get(topic)?;
            Some(mark.point(Some(topic)))
        });
        let within = (cursor.seq + 1..=through).contains(&self.floor.seq);
        let floor = within.then(|| self.floor.point(None));
        merge(merge(recent, marks), floor.into_iter())
            .filter(move |point| point.after >= cursor.told)
    }

    fn fade(&mut self) {
        let Some((_, Noted { loss, after })) = self.recent.pop_first() else {
            return;
        };
        self.faded_time = self.faded_time.max(Some(loss.time));
        let (seq, reason) = (loss.seq, loss.reason);
        self.raise(loss.topic, Mark { seq, reason, after });
        if self.marks.len() > LOSS_MARKS {
            let oldest = self.places.pop_first();
            if let Some(mark) = oldest.and_then(|(_, topic)| self.marks.remove(&topic)) {
                self.floor.raise(mark);
            }
        }
    }

    /// Raises a topic's mark.
    fn raise(&mut self, topic: Topic, new: Mark) {
        let mark = self.marks.entry(topic.clone()).or_default();
        self.places.remove(&mark.seq);
        mark.raise(new);
        self.places.insert(mark.seq, topic);
    }
}

impl Mark {
    fn raise(&mut self, new: Self) {
        if new.seq >= self.seq {
            (self.seq, self.reason) = (new.seq, new.reason);
        }
        self.after = self.after.max(new.after);
    }

    fn point<'a>(&self, topic: Option<&'a Topic>) -> Point<'a> {
        Point {
            seq: self.seq,
            topic,
            reason: self.reason,
            after: self.after,
        }
    }
}

impl Lost {
    fn add(&mut self, point: &Point<'_>, known: bool) {
        self.missed = self.missed.filter(|_| known).map(|missed| missed + 1);
        // A deletion is somebody's act: it outranks what time did.
        if self.reason != GapReason::Deleted {
            self.reason = point.reason;
        }
    }
}

/// Two ascending lists as one.
fn merge<'a>(
    a: impl Iterator<Item = Point<'a>>,
    b: impl Iterator<Item = Point<'a>>,
) -> impl Iterator<Item = Point<'a>> {
    let (mut a, mut b) = (a.peekable(), b.peekable());
    from_fn(move || match (a.peek(), b.peek()) {
        (Some(one), Some(other)) if one.seq > other.seq => b.next(),
        (Some(_), _) => a.next(),
        (None, _) => b.next(),
    })
}

#[cfg(test)]
mod tests;
