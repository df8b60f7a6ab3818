//! What a log keeps, in order, and what retention has let go of: the same for every kind of log.

use std::{
    collections::BTreeMap,
    sync::Arc,
    time::{Duration, SystemTime},
};

use crate::{
    clock::Clock,
    delivery::GapReason,
    groups::Groups,
    id::{Epoch, Seq},
    limits::FORGET,
    log::{Bounds, Cursor, Lost, TopicInfo, TopicPage},
    look::Look,
    losses::{Loss, Losses, LostMarks},
    record::Record,
    retention::Policy,
    selector::Filter,
    shelves::{Shelf, Shelves, TopicQuery},
    times::Times,
    topic::Topic,
    union::Union,
};

/// How many places are swept for each event that is deleted: all of them by the time that half of
/// what is kept was.
const SWEEP: usize = 4;

/// What a log keeps of an event in memory: the whole record, or the place where it lies.
pub trait Kept: Clone {
    /// Its place in the log.
    fn seq(&self) -> Seq;
    /// When it was accepted.
    fn time(&self) -> SystemTime;
    /// Where it was published.
    fn topic(&self) -> &Topic;
    /// What it costs, by [`Record::cost`].
    fn cost(&self) -> u64;
}

impl Kept for Arc<Record> {
    fn seq(&self) -> Seq {
        self.seq
    }

    fn time(&self) -> SystemTime {
        self.time
    }

    fn topic(&self) -> &Topic {
        &self.topic
    }

    fn cost(&self) -> u64 {
        Record::cost(self)
    }
}

/// A stretch of the catalogue, as one filter sees it; [`crate::Page`] says what its parts mean.
#[derive(Clone, Debug)]
pub struct Stretch<T> {
    /// What matches.
    pub kept: Vec<T>,
    /// How far was looked.
    pub examined: Seq,
    /// What matched, is gone, and has not been told.
    pub gaps: Vec<Lost>,
    /// How many losses there have been.
    pub told: u64,
}

/// What is kept, by place, by topic and by group of retention, and what is gone.
///
/// Costs about 60 bytes an event beside what is kept of it.
pub struct Catalogue<T> {
    epoch: Epoch,
    head: Seq,
    records: BTreeMap<Seq, T>,
    topics: Shelves,
    groups: Groups,
    times: Times,
    losses: Losses,
}

impl<T: Kept> Catalogue<T> {
    /// An empty one.
    #[must_use]
    pub fn new(epoch: Epoch, policy: Policy, clock: Arc<dyn Clock>) -> Self {
        Self::reopened(epoch, policy, clock, LostMarks::default())
    }

    /// One that is to be filled with what an earlier process left.
    #[must_use]
    pub fn reopened(epoch: Epoch, policy: Policy, clock: Arc<dyn Clock>, lost: LostMarks) -> Self {
        let groups = Groups::new(policy, clock, &lost.trimmed);
        let losses = Losses::restore(lost);
        Self {
            epoch,
            head: losses.newest(),
            records: BTreeMap::new(),
            topics: Shelves::default(),
            groups,
            times: Times::default(),
            losses,
        }
    }

    /// The newest place that was ever taken.
    #[must_use]
    pub fn head(&self) -> Seq {
        self.head
    }

    /// Takes in the newest event, which is so old; retention is left to [`Self::trim`]. Places
    /// must ascend.
    pub fn insert(&mut self, kept: T, age: Duration) {
        let (seq, cost) = (kept.seq(), kept.cost());
        let accepted = self.groups.add(kept.topic(), seq, cost, age);
        self.topics.add(kept.topic(), seq, cost, accepted);
        self.times.add(seq, kept.time());
        self.head = self.head.max(seq);
        self.records.insert(seq, kept);
    }

    /// The copy of a topic's text that is kept already, to be shared.
    #[must_use]
    pub fn known(&self, topic: &Topic) -> Option<Topic> {
        self.topics.known(topic)
    }

    /// What is kept from a place up to before another.
    #[must_use]
    pub fn range(&self, from: Seq, before: Seq) -> Vec<T> {
        let range = self.records.range(from..before.max(from));
        range.map(|(_, kept)| kept.clone()).collect()
    }

    /// What is kept at a place.
    #[must_use]
    pub fn get(&self, seq: Seq) -> Option<&T> {
        self.records.get(&seq)
    }

    /// Puts the same event, kept elsewhere, in the place of one that is still kept.
    pub fn replace(&mut self, kept: T) {
        if let Some(there) = self.records.get_mut(&kept.seq()) {
            *there = kept;
        }
    }

    /// Raises the head past events that left no trace.
    pub fn advance(&mut self, head: Seq) {
        self.head = self.head.max(head);
    }

    /// Whether retention let go of this event in an earlier process.
    #[must_use]
    pub fn is_trimmed(&self, kept: &T) -> bool {
        self.groups.is_trimmed(kept.topic(), kept.seq())
    }

    /// Notes an event that is gone and was never taken in.
    pub fn note_lost(&mut self, kept: &T, reason: GapReason) {
        self.head = self.head.max(kept.seq());
        self.losses.note(loss(kept, reason));
    }

    /// What [`crate::Log::read`] promises.
    pub fn read(&mut self, after: Cursor, until: Seq, want: &Filter, max_bytes: u64) -> Stretch<T> {
        self.trim();
        let mut look = Look::new(want);
        let (mut kept, mut examined, mut bytes) = (Vec::new(), until.max(after.seq), 0);
        for record in self.candidates(after.seq, until, want) {
            match look.at(record.topic()) {
                Some(true) => {}
                Some(false) => continue,
                None => {
                    examined = record.seq() - 1;
                    break;
                }
            }
            bytes += record.cost();
            if bytes > max_bytes && !kept.is_empty() {
                examined = kept.last().map_or(after.seq, T::seq);
                break;
            }
            kept.push(record.clone());
        }
        look.at_losses();
        let places = kept.iter().map(T::seq);
        let (gaps, examined) = self.losses.between(after, examined, places, &mut look);
        kept.truncate(kept.partition_point(|kept| kept.seq() <= examined));
        Stretch {
            kept,
            examined,
            gaps,
            told: self.losses.count(),
        }
    }

    /// The newest `n` that match, up to `until`, newest first, as far as one look goes; and up to
    /// where there is more to look at, which is 0 at the end.
    pub fn newest(&mut self, until: Seq, want: &Filter, n: usize) -> (Vec<T>, Seq) {
        self.trim();
        let (mut look, mut newest) = (Look::new(want), Vec::new());
        let mut candidates = self.candidates(0, until, want).rev();
        while newest.len() < n {
            let Some(record) = candidates.next() else {
                break;
            };
            match look.at(record.topic()) {
                Some(true) => newest.push(record.clone()),
                Some(false) => {}
                None => return (newest, record.seq()),
            }
        }
        (newest, 0)
    }

    /// What [`crate::Log::seek`] promises.
    pub fn seek(&mut self, time: SystemTime) -> Seq {
        self.trim();
        let mut near = self.records.range(self.times.before(time)..);
        let first = near.find(|(_, record)| record.time() >= time);
        let before = first.map_or(self.head, |(seq, _)| seq - 1);
        // Where nothing is kept what is gone decides, or its gap would not show; and what is kept
        // and older is not sent for it.
        let older = self.records.range(..=before).next_back();
        self.losses
            .seek(time, older.map_or(0, |(seq, _)| *seq), before)
    }

    /// Lets go of a topic's oldest events up to a place, [`FORGET`] of them at most, and says how many
    /// there were: fewer once all are gone.
    pub fn forget(&mut self, topic: &Topic, through: Seq) -> usize {
        let oldest = self.topics.seqs(topic).into_iter().flatten();
        let oldest = oldest.take(FORGET).take_while(|seq| **seq <= through);
        let oldest: Vec<Seq> = oldest.copied().collect();
        for record in oldest.iter().filter_map(|seq| self.records.remove(seq)) {
            self.groups.remove(topic, record.cost());
            self.topics.drop_oldest(topic, record.cost());
            self.losses.note(loss(&record, GapReason::Deleted));
        }
        let is_kept = |seq| self.records.contains_key(&seq);
        self.groups.tidy(SWEEP * oldest.len(), is_kept);
        oldest.len()
    }

    /// The next `n` events for the ring, and how far it is then.
    #[must_use]
    pub fn tail(&self, after: Seq, n: usize) -> (Vec<T>, Seq) {
        let records: Vec<_> = self
            .records
            .range(after + 1..)
            .take(n)
            .map(|(_, r)| r.clone())
            .collect();
        let whole = records.len() < n;
        let through = records.last().filter(|_| !whole).map_or(self.head, T::seq);
        (records, through)
    }

    /// What [`crate::Log::topics`] promises.
    pub fn topics(&mut self, query: &TopicQuery) -> TopicPage {
        self.trim();
        let (found, next) = self.topics.page(query);
        let infos = found.iter().map(|(topic, shelf)| self.info(topic, shelf));
        TopicPage {
            topics: infos.flatten().collect(),
            next,
        }
    }

    /// What [`crate::Log::topic`] promises.
    pub fn topic(&mut self, topic: &Topic) -> Option<TopicInfo> {
        self.trim();
        let (topic, shelf) = self.topics.get(topic.as_str())?;
        self.info(topic, shelf)
    }

    fn info(&self, topic: &Topic, shelf: &Shelf) -> Option<TopicInfo> {
        let (first, last) = (*shelf.seqs.front()?, *shelf.seqs.back()?);
        Some(TopicInfo {
            topic: topic.clone(),
            events: shelf.seqs.len() as u64,
            bytes: shelf.bytes,
            rate: shelf.rate(self.groups.now()),
            first,
            last,
            last_time: self.records.get(&last)?.time(),
        })
    }

    /// Where the log stands.
    #[must_use]
    pub fn bounds(&self) -> Bounds {
        Bounds {
            epoch: self.epoch.clone(),
            first: self.records.keys().next().copied().unwrap_or(self.head + 1),
            head: self.head,
            lost: self.losses.newest(),
            events: self.records.len() as u64,
            topics: self.topics.len() as u64,
            bytes: self.groups.bytes(),
        }
    }

    /// Lets go of what retention does not keep.
    pub fn trim(&mut self) {
        let now = self.groups.believable_now();
        for group in 0..self.groups.len() {
            while let Some(seq) = self
                .groups
                .overdue(group, now, |seq| self.records.contains_key(&seq))
            {
                let Some(record) = self.records.remove(&seq) else {
                    continue;
                };
                self.groups.remove(record.topic(), record.cost());
                // Within its group a topic's oldest record goes first.
                self.topics.drop_oldest(record.topic(), record.cost());
                self.losses.note(loss(&record, GapReason::Trimmed));
            }
        }
        let oldest = self.records.keys().next().copied();
        self.times.trim(oldest.unwrap_or(self.head + 1));
    }

    /// Lets go of an event that can no longer be read.
    pub fn damaged(&mut self, seq: Seq) {
        let Some(record) = self.records.remove(&seq) else {
            return;
        };
        self.groups.remove(record.topic(), record.cost());
        self.topics.drop_one(record.topic(), seq, record.cost());
        self.losses.note(loss(&record, GapReason::Damaged));
    }

    /// What there is to write down of losses once the events up to `through` leave the disk.
    #[must_use]
    pub fn lost_marks(&self, through: Seq) -> LostMarks {
        LostMarks {
            trimmed: self.groups.floors(),
            ..self.losses.marks(through)
        }
    }

    /// What has to be looked at: nothing of other topics where the filter names its own.
    fn candidates<'a>(
        &'a self,
        after: Seq,
        until: Seq,
        want: &Filter,
    ) -> Box<dyn DoubleEndedIterator<Item = &'a T> + 'a> {
        if after >= until {
            return Box::new(std::iter::empty());
        }
        let Some(topics) = want.topics() else {
            let range = self.records.range(after + 1..=until);
            return Box::new(range.map(|(_, record)| record));
        };
        let lists = topics
            .into_iter()
            .filter_map(|topic| self.topics.seqs(topic));
        let own = Union::new(lists, after, until);
        Box::new(own.filter_map(|seq| self.records.get(&seq)))
    }
}

/// The newest `n` up to `until`, oldest first, by one look after the other, each of which is
/// [`Catalogue::newest`]; others have the log in between.
pub async fn look_back<T>(
    mut until: Seq,
    n: usize,
    mut look: impl FnMut(Seq, usize) -> (Vec<T>, Seq),
) -> Vec<T> {
    let mut newest = Vec::new();
    while newest.len() < n && until > 0 {
        let (found, rest) = look(until, n - newest.len());
        newest.extend(found);
        until = rest;
        tokio::task::yield_now().await;
    }
    newest.reverse();
    newest
}

fn loss(kept: &impl Kept, reason: GapReason) -> Loss {
    Loss {
        seq: kept.seq(),
        time: kept.time(),
        topic: kept.topic().clone(),
        reason,
    }
}

#[cfg(test)]
mod tests;
