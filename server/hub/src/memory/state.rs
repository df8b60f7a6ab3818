//! What the memory log holds, behind its lock.

use std::{
    collections::{BTreeMap, HashMap, VecDeque},
    sync::Arc,
    time::{Duration, SystemTime},
};

use super::{
    keys::Keys,
    losses::{Loss, Losses},
};
use crate::{
    clock::Clock,
    delivery::GapReason,
    draft::Draft,
    id::{Epoch, Seq},
    limits::CLOCK_JUMP,
    log::{Appended, Bounds, Cursor, LogError, Page},
    record::Record,
    retention::Policy,
    selector::Filter,
    topic::Topic,
};

pub(super) struct State {
    epoch: Epoch,
    head: Seq,
    records: BTreeMap<Seq, Arc<Record>>,
    /// The places of each topic's records: a reader of one topic passes over no other's.
    topics: HashMap<Topic, VecDeque<Seq>>,
    groups: Vec<Group>,
    losses: Losses,
    keys: Keys,
    policy: Policy,
    clock: Arc<dyn Clock>,
    /// What the calendar said when the steady clock said 0.
    origin: SystemTime,
}

/// What retention keeps together.
#[derive(Default)]
struct Group {
    /// In order, with the steady clock's time of acceptance; records that are gone for another
    /// reason are passed over.
    order: VecDeque<(Seq, Duration)>,
    count: u64,
    bytes: u64,
}

impl State {
    pub(super) fn new(epoch: Epoch, policy: Policy, clock: Arc<dyn Clock>) -> Self {
        let origin = clock
            .wall()
            .checked_sub(clock.steady())
            .unwrap_or(SystemTime::UNIX_EPOCH);
        Self {
            epoch,
            head: 0,
            records: BTreeMap::new(),
            topics: HashMap::new(),
            groups: (0..policy.groups()).map(|_| Group::default()).collect(),
            losses: Losses::default(),
            keys: Keys::default(),
            policy,
            clock,
            origin,
        }
    }

    pub(super) fn head(&self) -> Seq {
        self.head
    }

    pub(super) fn append(&mut self, batch: Vec<Draft>) -> Result<Vec<Appended>, LogError> {
        let now = self.clock.steady();
        self.keys.expire(now);
        // All is checked before anything is written: a refusal leaves no trace.
        self.keys.check(&batch)?;
        let time = self.clock.wall();
        let mut appended = Vec::with_capacity(batch.len());
        for draft in batch {
            let known = self.keys.find(&draft);
            appended.push(Appended {
                seq: known.unwrap_or_else(|| self.store(draft, time, now)),
                duplicate: known.is_some(),
            });
        }
        self.trim();
        Ok(appended)
    }

    fn store(&mut self, draft: Draft, time: SystemTime, now: Duration) -> Seq {
        self.head += 1;
        let seq = self.head;
        self.keys.note(&draft, seq, now);
        let Draft {
            topic,
            event,
            retry,
            data,
            ..
        } = draft;
        let record = Record {
            seq,
            time,
            topic,
            event,
            retry,
            data: data.into(),
        };
        let group = &mut self.groups[self.policy.group(&record.topic)];
        group.order.push_back((seq, now));
        group.count += 1;
        group.bytes += record.cost();
        self.topics
            .entry(record.topic.clone())
            .or_default()
            .push_back(seq);
        self.records.insert(seq, Arc::new(record));
        seq
    }

    pub(super) fn read(
        &mut self,
        after: Cursor,
        until: Seq,
        want: &Filter,
        max_bytes: u64,
    ) -> Page {
        self.trim();
        let lost = self.losses.since(after, want);
        let told = self.losses.count();
        let (mut records, mut examined, mut bytes) = (Vec::new(), until.max(after.seq), 0);
        for record in self.matching(after.seq, until, want) {
            bytes += record.cost();
            if bytes > max_bytes && !records.is_empty() {
                examined = records
                    .last()
                    .map_or(after.seq, |last: &Arc<Record>| last.seq);
                break;
            }
            records.push(Arc::clone(record));
        }
        Page {
            records,
            examined,
            lost,
            told,
        }
    }

    pub(super) fn newest(&mut self, until: Seq, want: &Filter, n: usize) -> Vec<Arc<Record>> {
        self.trim();
        let mut newest: Vec<_> = self
            .matching(0, until, want)
            .rev()
            .take(n)
            .map(Arc::clone)
            .collect();
        newest.reverse();
        newest
    }

    pub(super) fn seek(&mut self, time: SystemTime) -> Seq {
        self.trim();
        let kept = self
            .records
            .values()
            .find(|r| r.time >= time)
            .map(|r| r.seq - 1);
        // What is gone counts too, or its gap would not show.
        kept.into_iter()
            .chain(self.losses.seek(time))
            .min()
            .unwrap_or(self.head)
    }

    pub(super) fn forget(&mut self, topic: &Topic) -> u64 {
        let seqs = self.topics.remove(topic).unwrap_or_default();
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

    pub(super) fn tail(&self, after: Seq, n: usize) -> (Vec<Arc<Record>>, Seq) {
        let records: Vec<_> = self
            .records
            .range(after + 1..)
            .take(n)
            .map(|(_, r)| Arc::clone(r))
            .collect();
        let whole = records.len() < n;
        let through = records
            .last()
            .filter(|_| !whole)
            .map_or(self.head, |last| last.seq);
        (records, through)
    }

    pub(super) fn bounds(&self) -> Bounds {
        Bounds {
            epoch: self.epoch.clone(),
            first: self.records.keys().next().copied().unwrap_or(self.head + 1),
            head: self.head,
            lost: self.losses.newest(),
            events: self.records.len() as u64,
            bytes: self.groups.iter().map(|group| group.bytes).sum(),
        }
    }

    /// Lets go of what retention does not keep.
    ///
    /// Age is counted by the steady clock: an event that was accepted while the calendar was wrong
    /// goes when its time has passed, and holds up none behind it.
    pub(super) fn trim(&mut self) {
        let now = self.believable_now();
        for index in 0..self.groups.len() {
            let limits = self.policy.limits(index);
            while let Some(&(seq, accepted)) = self.groups[index].order.front() {
                if !self.records.contains_key(&seq) {
                    self.groups[index].order.pop_front();
                    continue;
                }
                let group = &self.groups[index];
                let too_old = limits
                    .age
                    .is_some_and(|age| now.is_some_and(|now| now.saturating_sub(accepted) >= age));
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
        let Some(record) = self.records.remove(&seq) else {
            return;
        };
        self.groups[group].count -= 1;
        self.groups[group].bytes -= record.cost();
        if let Some(seqs) = self.topics.get_mut(&record.topic) {
            // Within its group a topic's oldest record goes first.
            seqs.pop_front();
            if seqs.is_empty() {
                self.topics.remove(&record.topic);
            }
        }
        self.losses.note(loss(&record, GapReason::Trimmed));
    }

    /// The steady clock's time, unless the calendar has jumped against it.
    fn believable_now(&self) -> Option<Duration> {
        let (wall, steady) = (self.clock.wall(), self.clock.steady());
        let expected = self.origin.checked_add(steady)?;
        let jump = wall
            .duration_since(expected)
            .or_else(|_| expected.duration_since(wall))
            .unwrap_or_default();
        (jump <= CLOCK_JUMP).then_some(steady)
    }

    fn matching<'a>(
        &'a self,
        after: Seq,
        until: Seq,
        want: &'a Filter,
    ) -> Box<dyn DoubleEndedIterator<Item = &'a Arc<Record>> + 'a> {
        if after >= until {
            return Box::new(std::iter::empty());
        }
        match want.single() {
            Some(topic) => {
                let Some(seqs) = self.topics.get(topic) else {
                    return Box::new(std::iter::empty());
                };
                let start = seqs.partition_point(|seq| *seq <= after);
                let end = seqs.partition_point(|seq| *seq <= until);
                Box::new(
                    seqs.range(start..end)
                        .filter_map(|seq| self.records.get(seq)),
                )
            }
            None => Box::new(
                self.records
                    .range(after + 1..=until)
                    .map(|(_, record)| record)
                    .filter(|record| want.matches(&record.topic)),
            ),
        }
    }
}

fn loss(record: &Record, reason: GapReason) -> Loss {
    Loss {
        seq: record.seq,
        time: record.time,
        topic: record.topic.clone(),
        reason,
    }
}
