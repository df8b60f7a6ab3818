//! Groups of topics that retention keeps together, and which event is to go next.

use std::{
    collections::VecDeque,
    sync::Arc,
    time::{Duration, SystemTime},
};

use crate::{
    clock::{Clock, micros},
    id::Seq,
    limits::{CLOCK_JUMP, STALE},
    retention::{Policy, Retention},
    topic::Topic,
};

/// Every group of a policy, and the clock that tells the age of what is in them.
pub(crate) struct Groups {
    groups: Vec<Group>,
    policy: Policy,
    clock: Arc<dyn Clock>,
    /// What the calendar said when the steady clock said 0.
    origin: SystemTime,
}

/// What retention keeps together.
#[derive(Default)]
struct Group {
    /// In order, with the time of acceptance by the steady clock in microseconds, before its 0
    /// for those of an earlier process; what is gone for another reason is passed over.
    order: VecDeque<(Seq, i64)>,
    /// What comes before that, as far as it was swept of what is gone.
    swept: VecDeque<(Seq, i64)>,
    count: u64,
    bytes: u64,
    /// The newest place that retention let go of.
    floor: Seq,
}

impl Groups {
    /// Those of a policy, of which an earlier process has let go up to these places.
    pub(crate) fn new(policy: Policy, clock: Arc<dyn Clock>, trimmed: &[(String, Seq)]) -> Self {
        let origin = clock
            .wall()
            .checked_sub(clock.steady())
            .unwrap_or(SystemTime::UNIX_EPOCH);
        let group = |index| {
            let name = policy.name(index);
            let trimmed = trimmed.iter().find(|(known, _)| *known == name);
            Group {
                floor: trimmed.map_or(0, |(_, floor)| *floor),
                ..Group::default()
            }
        };
        Self {
            groups: (0..policy.groups()).map(group).collect(),
            policy,
            clock,
            origin,
        }
    }

    /// Takes in the newest event, which is so old, and says when it was accepted, by the steady
    /// clock in microseconds.
    pub(crate) fn add(&mut self, topic: &Topic, seq: Seq, cost: u64, age: Duration) -> i64 {
        let accepted = self.now() - micros(age);
        let group = self.of(topic);
        // What an earlier process accepted by a calendar that was ahead holds the order up, and
        // keeps too long rather than too short.
        let held_up = group.order.back().or(group.swept.back());
        let at = held_up.map_or(accepted, |(_, at)| accepted.max(*at));
        group.order.push_back((seq, at));
        group.count += 1;
        group.bytes += cost;
        accepted
    }

    /// Notes that an event is gone, for whatever reason.
    pub(crate) fn remove(&mut self, topic: &Topic, cost: u64) {
        let group = self.of(topic);
        group.count -= 1;
        group.bytes -= cost;
    }

    /// The next event of a group that retention does not keep, which is to be removed then; none
    /// where it keeps all. `now` is [`Self::believable_now`].
    ///
    /// Age is counted by the steady clock: an event that was accepted while the calendar was wrong
    /// goes when its time has passed, and holds up none behind it.
    pub(crate) fn overdue(
        &mut self,
        group: usize,
        now: Option<i64>,
        is_kept: impl Fn(Seq) -> bool,
    ) -> Option<Seq> {
        self.groups[group].overdue(self.policy.limits(group), now, is_kept)
    }

    /// Lets go of the places of what is gone, once they are more than those of what is kept, by a
    /// look at so many: each event that goes pays for a few of them.
    pub(crate) fn tidy(&mut self, most: usize, is_kept: impl Fn(Seq) -> bool) {
        for group in &mut self.groups {
            group.sweep(most, &is_kept);
        }
    }

    /// Whether an earlier process has let go of this place.
    pub(crate) fn is_trimmed(&self, topic: &Topic, seq: Seq) -> bool {
        seq <= self.groups[self.policy.group(topic)].floor
    }

    /// Up to where each group was let go of, by its name.
    pub(crate) fn floors(&self) -> Vec<(String, Seq)> {
        let groups = self.groups.iter().enumerate();
        let trimmed = groups.filter(|(_, group)| group.floor > 0);
        trimmed
            .map(|(index, group)| (self.policy.name(index), group.floor))
            .collect()
    }

    /// What all that is kept costs, in bytes.
    pub(crate) fn bytes(&self) -> u64 {
        self.groups.iter().map(|group| group.bytes).sum()
    }

    /// The steady clock's time in microseconds.
    pub(crate) fn now(&self) -> i64 {
        micros(self.clock.steady())
    }

    /// How many places are held.
    #[cfg(test)]
    pub(crate) fn places(&self) -> usize {
        self.groups.iter().map(Group::places).sum()
    }

    fn of(&mut self, topic: &Topic) -> &mut Group {
        &mut self.groups[self.policy.group(topic)]
    }

    /// How many groups there are.
    pub(crate) fn len(&self) -> usize {
        self.groups.len()
    }

    /// The steady clock's time in microseconds, unless the calendar has jumped against it.
    pub(crate) fn believable_now(&self) -> Option<i64> {
        let (wall, steady) = (self.clock.wall(), self.clock.steady());
        let expected = self.origin.checked_add(steady)?;
        let jump = wall
            .duration_since(expected)
            .or_else(|_| expected.duration_since(wall))
            .unwrap_or_default();
        (jump <= CLOCK_JUMP).then_some(micros(steady))
    }
}

impl Group {
    fn overdue(
        &mut self,
        limits: Retention,
        now: Option<i64>,
        is_kept: impl Fn(Seq) -> bool,
    ) -> Option<Seq> {
        while self.front().is_some_and(|(seq, _)| !is_kept(seq)) {
            self.pop_front();
        }
        let (seq, accepted) = self.front()?;
        let too_old = limits
            .age
            .zip(now)
            .is_some_and(|(age, now)| now.saturating_sub(accepted) >= micros(age));
        let too_many = limits.count.is_some_and(|count| self.count > count);
        let too_big = limits.bytes.is_some_and(|bytes| self.bytes > bytes);
        if !(too_old || too_many || too_big) {
            return None;
        }
        self.pop_front();
        self.floor = seq;
        Some(seq)
    }

    fn front(&self) -> Option<(Seq, i64)> {
        self.swept.front().or(self.order.front()).copied()
    }

    fn pop_front(&mut self) {
        if self.swept.pop_front().is_none() {
            self.order.pop_front();
        }
    }

    fn places(&self) -> usize {
        self.swept.len() + self.order.len()
    }

    /// Goes on with a sweep, or begins one where it is time.
    fn sweep(&mut self, most: usize, is_kept: impl Fn(Seq) -> bool) {
        let stale = self.places().saturating_sub(self.count as usize);
        if self.swept.is_empty() && stale <= STALE.max(self.count as usize) {
            return;
        }
        for _ in 0..most {
            let Some(place) = self.order.pop_front() else {
                self.order = std::mem::take(&mut self.swept);
                return;
            };
            if is_kept(place.0) {
                self.swept.push_back(place);
            }
        }
    }
}
