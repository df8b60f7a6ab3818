//! Publishers' keys: what was published under them, for ten minutes.

use std::{
    collections::{HashMap, VecDeque},
    time::Duration,
};

use sha2::{Digest, Sha256};

use crate::{
    clock::micros,
    draft::Draft,
    id::Seq,
    limits::{KEY_LIFE, MAX_KEYS},
    log::LogError,
};

/// What is remembered of an event with a key: what a log has to write down where the event itself
/// goes before its key does. Made of hashes that are the same in every build.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyMark {
    /// The event's place.
    pub seq: Seq,
    /// The topic and the key: 16 bytes of a SHA-256, so that nobody finds a key that meets another's.
    pub name: u128,
    /// The rest of the event; a publisher who makes two of 8 bytes collide deceives only itself.
    pub body: u64,
}

/// The keys in use: each costs the same, however long it and its topic are.
pub struct Keys {
    used: HashMap<u128, Use>,
    /// The same in the order of their places, which is that of their end; when they were used
    /// by the steady clock, in microseconds: before its 0 for those of an earlier process.
    order: VecDeque<(i64, Seq, u128)>,
    /// How many there may be.
    room: usize,
}

#[derive(Clone, Copy)]
struct Use {
    seq: Seq,
    body: u64,
}

impl KeyMark {
    /// That of an event; none where it has no key.
    #[must_use]
    pub fn of(draft: &Draft, seq: Seq) -> Option<Self> {
        let (name, body) = (name(draft)?, body(draft));
        Some(Self { seq, name, body })
    }
}

impl Default for Keys {
    fn default() -> Self {
        Self::with_room(MAX_KEYS)
    }
}

impl Keys {
    /// Room for so many.
    #[must_use]
    pub fn with_room(room: usize) -> Self {
        Self {
            used: HashMap::new(),
            order: VecDeque::new(),
            room,
        }
    }

    /// Lets go of what is too old.
    pub fn expire(&mut self, now: Duration) {
        let (now, life) = (micros(now), micros(KEY_LIFE));
        while self
            .order
            .front()
            .is_some_and(|(at, ..)| now.saturating_sub(*at) >= life)
        {
            if let Some((_, seq, name)) = self.order.pop_front() {
                self.remove(seq, name);
            }
        }
    }

    /// Checks all of a publish before any of it is stored.
    ///
    /// The same key twice in it is held to the same rule as twice in a row.
    ///
    /// # Errors
    /// Where a key was used with another body, or too many are in use.
    pub fn check(&self, batch: &[Draft]) -> Result<(), LogError> {
        let mut fresh = HashMap::new();
        for draft in batch {
            let Some(name) = name(draft) else {
                continue;
            };
            let known = self.used.get(&name).map(|earlier| earlier.body);
            let body = body(draft);
            if known.unwrap_or_else(|| *fresh.entry(name).or_insert(body)) != body {
                return Err(LogError::KeyReused);
            }
            if known.is_none() && self.used.len() + fresh.len() > self.room {
                return Err(LogError::KeysFull);
            }
        }
        Ok(())
    }

    /// The place of the event that was published under this draft's key; none where it has no key
    /// or the key is new.
    #[must_use]
    pub fn find(&self, draft: &Draft) -> Option<Seq> {
        Some(self.used.get(&name(draft)?)?.seq)
    }

    /// Notes what was published under this draft's key.
    pub fn note(&mut self, draft: &Draft, seq: Seq, now: Duration) {
        if let Some(mark) = KeyMark::of(draft, seq) {
            self.note_aged(mark, now, Duration::ZERO);
        }
    }

    /// The same for a publish of some time ago: a log that is opened again knows its keys. To be
    /// called in the order of acceptance.
    pub fn note_aged(&mut self, mark: KeyMark, now: Duration, age: Duration) {
        let KeyMark { seq, name, body } = mark;
        self.used.insert(name, Use { seq, body });
        self.order.push_back((micros(now) - micros(age), seq, name));
    }

    /// The keys of the events from one place on and before another, in order, and their ages.
    #[must_use]
    pub fn between(&self, from: Seq, before: Seq, now: Duration) -> Vec<(KeyMark, Duration)> {
        let start = self.order.partition_point(|(_, seq, _)| *seq < from);
        let within = self.order.range(start..);
        let mark = |(at, seq, name): &(i64, Seq, u128)| {
            let (seq, name) = (*seq, *name);
            let body = self.used.get(&name).filter(|u| u.seq == seq)?.body;
            let age = Duration::from_micros(u64::try_from(micros(now) - at).unwrap_or(0));
            Some((KeyMark { seq, name, body }, age))
        };
        let within = within.take_while(|(_, seq, _)| *seq < before);
        within.filter_map(mark).collect()
    }

    /// Forgets the keys of all events from this place on: they were not stored after all.
    pub fn take_back(&mut self, first: Seq) {
        let kept = self.order.partition_point(|(_, seq, _)| *seq < first);
        for (_, seq, name) in self.order.split_off(kept) {
            self.remove(seq, name);
        }
    }

    /// Forgets a key, but not where it was used again since.
    fn remove(&mut self, seq: Seq, name: u128) {
        if self.used.get(&name).is_some_and(|used| used.seq == seq) {
            self.used.remove(&name);
        }
    }
}

fn name(draft: &Draft) -> Option<u128> {
    let key = draft.key_text()?;
    let mut hash = Sha256::new();
    // A topic holds no NUL, so no two pairs are the same bytes.
    for part in [draft.topic.as_str(), "\0", key] {
        hash.update(part);
    }
    Some(u128::from_le_bytes(head(hash)))
}

fn body(draft: &Draft) -> u64 {
    let mut hash = Sha256::new();
    let event = draft.event.as_ref().map_or("", |event| event.as_str());
    let retry = draft.retry.map_or(u32::MAX, |retry| retry.as_millis());
    hash.update(event);
    hash.update([0]);
    hash.update(retry.to_le_bytes());
    hash.update(&draft.data);
    u64::from_le_bytes(head(hash))
}

/// The first bytes of a hash.
fn head<const N: usize>(hash: Sha256) -> [u8; N] {
    let whole = hash.finalize();
    std::array::from_fn(|at| whole[at])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::topic::Topic;

    #[test]
    fn a_key_is_the_same_in_every_build_because_logs_hold_it() {
        let draft = Draft::new(Topic::parse("a/b").unwrap(), "data").unwrap();
        assert_eq!(KeyMark::of(&draft, 7), None, "no key");
        let draft = draft.key("k1").unwrap().event("e").unwrap();
        let mark = KeyMark::of(&draft, 7).unwrap();
        // The first bytes of `printf 'a/b\0k1' | sha256sum` and `printf 'e\0\377\377\377\377data' | sha256sum`.
        assert_eq!(
            format!("{:032x}", mark.name.swap_bytes()),
            "e309aac495e1933738197b85494cc0d5"
        );
        assert_eq!(
            format!("{:016x}", mark.body.swap_bytes()),
            "9b771406f47c07a0"
        );
    }

    #[test]
    fn all_keys_together_cost_what_the_limit_says() {
        let in_table = size_of::<(u128, Use)>() + 1;
        // A table of 2^20 slots is filled up to seven eighths; the order's slots are as many.
        let slots = 1 << 20;
        assert!(MAX_KEYS <= slots / 8 * 7);
        let all = slots * (in_table + size_of::<(i64, Seq, u128)>());
        assert!(all <= MAX_KEYS * 76, "{}", all / MAX_KEYS);
    }
}
