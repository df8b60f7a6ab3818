//! Publishers' keys: what was published under them, for ten minutes.

use std::{
    collections::{HashMap, VecDeque},
    hash::{DefaultHasher, Hash, Hasher},
    time::Duration,
};

use crate::{
    clock::micros,
    draft::{Draft, Key},
    id::Seq,
    limits::{KEY_LIFE, MAX_KEYS},
    log::LogError,
    topic::Topic,
};

type Name = (Topic, Key);

/// The keys in use.
#[derive(Default)]
pub struct Keys {
    used: HashMap<Name, Use>,
    /// The same in the order of their first use, which is that of their end; when they were used
    /// by the steady clock, in microseconds: before its 0 for those of an earlier process.
    order: VecDeque<(i64, Name)>,
}

#[derive(Clone, Copy)]
struct Use {
    seq: Seq,
    body: u64,
}

impl Keys {
    /// Lets go of what is too old.
    pub fn expire(&mut self, now: Duration) {
        let (now, life) = (micros(now), micros(KEY_LIFE));
        while self
            .order
            .front()
            .is_some_and(|(at, _)| now.saturating_sub(*at) >= life)
        {
            if let Some((_, name)) = self.order.pop_front() {
                self.used.remove(&name);
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
            if known.is_none() && self.used.len() + fresh.len() > MAX_KEYS {
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
        self.note_aged(draft, seq, now, Duration::ZERO);
    }

    /// The same for a publish of some time ago: a log that is opened again knows its keys. To be
    /// called in the order of acceptance.
    pub fn note_aged(&mut self, draft: &Draft, seq: Seq, now: Duration, age: Duration) {
        if let Some(name) = name(draft) {
            let body = body(draft);
            self.used.insert(name.clone(), Use { seq, body });
            self.order.push_back((micros(now) - micros(age), name));
        }
    }

    /// Forgets the keys of all events from this place on: they were not stored after all.
    pub fn take_back(&mut self, first: Seq) {
        let taken = |(_, name): &&(i64, Name)| self.used.get(name).is_some_and(|u| u.seq >= first);
        let kept = self.order.len() - self.order.iter().rev().take_while(taken).count();
        for (_, name) in self.order.drain(kept..) {
            self.used.remove(&name);
        }
    }
}

fn name(draft: &Draft) -> Option<Name> {
    Some((draft.topic.clone(), draft.key.clone()?))
}

/// Tells bodies apart; a publisher who makes two collide deceives only itself.
fn body(draft: &Draft) -> u64 {
    let mut hasher = DefaultHasher::new();
    (&draft.event, &draft.retry, &draft.data).hash(&mut hasher);
    hasher.finish()
}
