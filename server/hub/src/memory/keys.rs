//! Publishers' keys: what was published under them, for ten minutes.

use std::{
    collections::{HashMap, VecDeque},
    hash::{DefaultHasher, Hash, Hasher},
    time::Duration,
};

use crate::{
    draft::{Draft, Key},
    id::Seq,
    limits::{KEY_LIFE, MAX_KEYS},
    log::LogError,
    topic::Topic,
};

type Name = (Topic, Key);

/// The keys in use.
#[derive(Default)]
pub(super) struct Keys {
    used: HashMap<Name, Use>,
    /// The same in the order of their first use, which is that of their end.
    order: VecDeque<(Duration, Name)>,
}

#[derive(Clone, Copy)]
struct Use {
    seq: Seq,
    body: u64,
}

impl Keys {
    /// Lets go of what is too old.
    pub(super) fn expire(&mut self, now: Duration) {
        while self
            .order
            .front()
            .is_some_and(|(at, _)| now.saturating_sub(*at) >= KEY_LIFE)
        {
            if let Some((_, name)) = self.order.pop_front() {
                self.used.remove(&name);
            }
        }
    }

    /// Checks all of a publish before any of it is stored.
    ///
    /// The same key twice in it is held to the same rule as twice in a row.
    pub(super) fn check(&self, batch: &[Draft]) -> Result<(), LogError> {
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
    pub(super) fn find(&self, draft: &Draft) -> Option<Seq> {
        Some(self.used.get(&name(draft)?)?.seq)
    }

    /// Notes what was published under this draft's key.
    pub(super) fn note(&mut self, draft: &Draft, seq: Seq, now: Duration) {
        if let Some(name) = name(draft) {
            self.used.insert(
                name.clone(),
                Use {
                    seq,
                    body: body(draft),
                },
            );
            self.order.push_back((now, name));
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
