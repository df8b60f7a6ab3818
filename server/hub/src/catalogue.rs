//! What a log keeps, in order, and what retention has let go of: the same for every kind of log.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::Arc,
    time::{Duration, SystemTime},
};

use crate::{
    clock::{Clock, micros},
    delivery::GapReason,
    id::{Epoch, Seq},
    limits::CLOCK_JUMP,
    log::{Bounds, Cursor, Lost, TopicInfo},
    losses::{Loss, Losses, LostMarks},
    record::Record,
    retention::Policy,
    selector::Filter,
    shelves::{Shelf, Shelves, TopicQuery},
    topic::Topic,
    union::Union,
};

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
    pub lost: Option<Lost>,
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
    groups: Vec<Group>,
    losses: Losses,
    policy: Policy,
    clock: Arc<dyn Clock>,
    /// What the calendar said when the steady clock said 0.
    origin: SystemTime,
}

/// What retention keeps together.
#[derive(Default)]
struct Group {
    /// In order, with the time of acceptance by the steady clock in microseconds, before its 0
    /// for those of an earlier process; records that are gone for another reason are passed over.
    order: VecDeque<(Seq, i64)>,
    count: u64,
    bytes: u64,
    /// The newest place that retention let go of.
    floor: Seq,
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
        let origin = clock
            .wall()
            .checked_sub(clock.steady())
            .unwrap_or(SystemTime::UNIX_EPOCH);
        let group = |index| {
            let name = policy.name(index);
            let trimmed = lost.trimmed.iter().find(|(known, _)| *known == name);
            Group {
                floor: trimmed.map_or(0, |(_, floor)| *floor),
                ..Group::default()
            }
        };
        let groups = (0..policy.groups()).map(group).collect();
        let losses = Losses::restore(lost);
        Self {
            epoch,
            head: losses.newest(),
            records: BTreeMap::new(),
            topics: Shelves::default(),
            groups,
            losses,
            policy,
            clock,
            origin,
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
        let accepted = micros(self.clock.steady()) - micros(age);
        let seq = kept.seq();
        self.topics.add(kept.topic(), seq, kept.cost(), accepted);
        self.head = self.head.max(seq);
        let group = &mut self.groups[self.policy.group(kept.topic())];
        // What an earlier process accepted by a calendar that was ahead holds the order up, and
        // keeps too long rather than too short.
        let accepted = group
            .order
            .back()
            .map_or(accepted, |(_, at)| accepted.max(*at));
        group.order.push_back((seq, accepted));
        group.count += 1;
        group.bytes += kept.cost();
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

    /// What is kept of a topic.
    #[must_use]
    pub fn of_topic(&self, topic: &Topic) -> Vec<T> {
        let seqs = self.topics.seqs(topic).into_iter().flatten();
        seqs.filter_map(|seq| self.records.get(seq).cloned())
            .collect()
    }

    /// Whether the event at a place is kept.
    #[must_use]
    pub fn keeps(&self, seq: Seq) -> bool {
        self.records.contains_key(&seq)
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
        kept.seq() <= self.groups[self.policy.group(kept.topic())].floor
    }

    /// Notes an event that is gone and was never taken in.
    pub fn note_lost(&mut self, kept: &T, reason: GapReason) {
        self.head = self.head.max(kept.seq());
        self.losses.note(loss(kept, reason));
    }

    /// What [`crate::Log::read`] promises.
    pub fn read(&mut self, after: Cursor, until: Seq, want: &Filter, max_bytes: u64) -> Stretch<T> {
        self.trim();
        let lost = self.losses.since(after, want);
        let told = self.losses.count();
        let (mut kept, mut examined, mut bytes) = (Vec::new(), until.max(after.seq), 0);
        for record in self.matching(after.seq, until, want) {
            bytes += record.cost();
            if bytes > max_bytes && !kept.is_empty() {
                examined = kept.last().map_or(after.seq, T::seq);
                break;
            }
            kept.push(record.clone());
        }
        Stretch {
            kept,
            examined,
            lost,
            told,
        }
    }

    /// What [`crate::Log::newest`] promises.
    pub fn newest(&mut self, until: Seq, want: &Filter, n: usize) -> Vec<T> {
        self.trim();
        let mut newest: Vec<_> = self
            .matching(0, until, want)
            .rev()
            .take(n)
            .cloned()
            .collect();
        newest.reverse();
        newest
    }

    /// What [`crate::Log::before_newest`] promises.
    pub fn before_newest(&mut self, until: Seq, want: &Filter, n: usize) -> Seq {
        self.trim();
        let oldest = self.matching(0, until, want).rev().take(n).last();
        oldest.map_or(until, |kept| kept.seq() - 1)
    }

    /// What [`crate::Log::seek`] promises.
    pub fn seek(&mut self, time: SystemTime) -> Seq {
        self.trim();
        let kept = self
            .records
            .values()
            .find(|r| r.time() >= time)
            .map(|r| r.seq() - 1);
        // What is gone counts too, or its gap would not show.
        kept.into_iter()
            .chain(self.losses.seek(time))
            .min()
            .unwrap_or(self.head)
    }

    /// Lets go of a topic's events, and says how many there were.
    pub fn forget(&mut self, topic: &Topic) -> u64 {
        let seqs = self.topics.remove(topic);
        let mut forgotten = 0;
        for seq in seqs {
            if let Some(record) = self.records.remove(&seq) {
                let group = &mut self.groups[self.policy.group(topic)];
                group.count -= 1;
                group.bytes -= record.cost();
                self.losses.note(loss(&record, GapReason::Deleted));
                forgotten += 1;
            }
        }
        for group in &mut self.groups {
            group
                .order
                .retain(|(seq, _)| self.records.contains_key(seq));
        }
        forgotten
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
    pub fn topics(&mut self, query: &TopicQuery) -> Vec<TopicInfo> {
        self.trim();
        let page = self.topics.page(query);
        page.filter_map(|(topic, shelf)| self.info(topic, shelf))
            .collect()
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
            rate: shelf.rate(micros(self.clock.steady())),
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
            bytes: self.groups.iter().map(|group| group.bytes).sum(),
        }
    }

    /// Lets go of what retention does not keep.
    ///
    /// Age is counted by the steady clock: an event that was accepted while the calendar was wrong
    /// goes when its time has passed, and holds up none behind it.
    pub fn trim(&mut self) {
        let now = self.believable_now();
        for index in 0..self.groups.len() {
            let limits = self.policy.limits(index);
            while let Some(&(seq, accepted)) = self.groups[index].order.front() {
                if !self.records.contains_key(&seq) {
                    self.groups[index].order.pop_front();
                    continue;
                }
                let group = &self.groups[index];
                let too_old = limits.age.is_some_and(|age| {
                    now.is_some_and(|now| now.saturating_sub(accepted) >= micros(age))
                });
                let too_many = limits.count.is_some_and(|count| group.count > count);
                let too_big = limits.bytes.is_some_and(|bytes| group.bytes > bytes);
                if !(too_old || too_many || too_big) {
                    break;
                }
                self.let_go(index, seq);
            }
        }
    }

    fn let_go(&mut self, group: usize, seq: Seq) {
        self.groups[group].order.pop_front();
        self.groups[group].floor = seq;
        let Some(record) = self.records.remove(&seq) else {
            return;
        };
        self.groups[group].count -= 1;
        self.groups[group].bytes -= record.cost();
        // Within its group a topic's oldest record goes first.
        self.topics.drop_oldest(record.topic(), record.cost());
        self.losses.note(loss(&record, GapReason::Trimmed));
    }

    /// Lets go of an event that can no longer be read.
    pub fn damaged(&mut self, seq: Seq) {
        let Some(record) = self.records.remove(&seq) else {
            return;
        };
        let group = &mut self.groups[self.policy.group(record.topic())];
        group.count -= 1;
        group.bytes -= record.cost();
        self.topics.drop_one(record.topic(), seq, record.cost());
        self.losses.note(loss(&record, GapReason::Damaged));
    }

    /// What there is to write down of losses once the events up to `through` leave the disk.
    #[must_use]
    pub fn lost_marks(&self, through: Seq) -> LostMarks {
        let groups = self.groups.iter().enumerate();
        let trimmed = groups.filter(|(_, group)| group.floor > 0);
        let trimmed = trimmed.map(|(index, group)| (self.policy.name(index), group.floor));
        LostMarks {
            trimmed: trimmed.collect(),
            ..self.losses.marks(through)
        }
    }

    /// The steady clock's time in microseconds, unless the calendar has jumped against it.
    fn believable_now(&self) -> Option<i64> {
        let (wall, steady) = (self.clock.wall(), self.clock.steady());
        let expected = self.origin.checked_add(steady)?;
        let jump = wall
            .duration_since(expected)
            .or_else(|_| expected.duration_since(wall))
            .unwrap_or_default();
        (jump <= CLOCK_JUMP).then_some(micros(steady))
    }

    fn matching<'a>(
        &'a self,
        after: Seq,
        until: Seq,
        want: &'a Filter,
    ) -> Box<dyn DoubleEndedIterator<Item = &'a T> + 'a> {
        if after >= until {
            return Box::new(std::iter::empty());
        }
        match want.topics() {
            Some(topics) => {
                let lists = topics.iter().filter_map(|topic| self.topics.seqs(topic));
                let own = Union::new(lists, after, until);
                Box::new(own.filter_map(|seq| self.records.get(&seq)))
            }
            None => Box::new(
                self.records
                    .range(after + 1..=until)
                    .map(|(_, record)| record)
                    .filter(|record| want.matches(record.topic())),
            ),
        }
    }
}

fn loss(kept: &impl Kept, reason: GapReason) -> Loss {
    Loss {
        seq: kept.seq(),
        time: kept.time(),
        topic: kept.topic().clone(),
        reason,
    }
}
