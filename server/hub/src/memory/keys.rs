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
pub(super) struct Use {
    pub(super) seq: Seq,
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

    /// The place of the event that was published under this draft's key; none where it has no key
    /// or the key is new.
    pub(super) fn find(&self, draft: &Draft) -> Result<Option<Seq>, LogError> {
        let Some(key) = &draft.key else {
            return Ok(None);
        };
        match self.used.get(&(draft.topic.clone(), key.clone())) {
            None if self.used.len() >= MAX_KEYS => Err(LogError::KeysFull),
            None => Ok(None),
            Some(earlier) if earlier.body == body(draft) => Ok(Some(earlier.seq)),
            Some(_) => Err(LogError::KeyReused),
        }
    }

    /// Notes what was published under this draft's key.
    pub(super) fn note(&mut self, draft: &Draft, seq: Seq, now: Duration) {
        if let Some(key) = &draft.key {
            let name = (draft.topic.clone(), key.clone());
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

/// Tells bodies apart; a publisher who makes two collide deceives only itself.
fn body(draft: &Draft) -> u64 {
    let mut hasher = DefaultHasher::new();
    (&draft.event, &draft.retry, &draft.data).hash(&mut hasher);
    hasher.finish()
}
