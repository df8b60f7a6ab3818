//! Which topics a segment may hold.

use std::{
    collections::HashSet,
    hash::{DefaultHasher, Hash, Hasher},
};

use hub::Topic;

/// The topics of all events in a segment, kept or not, as hashes: some 10 bytes a topic. Two that
/// collide cost a rewriting that was not needed, and nothing else.
#[derive(Default)]
pub(crate) struct Topics(HashSet<u32>);

impl Topics {
    pub(crate) fn add(&mut self, topic: &Topic) {
        self.0.insert(hash(topic));
    }

    /// False only where no event is on this topic.
    pub(crate) fn may_hold(&self, topic: &Topic) -> bool {
        self.0.contains(&hash(topic))
    }
}

fn hash(topic: &Topic) -> u32 {
    let mut hasher = DefaultHasher::new();
    topic.as_str().hash(&mut hasher);
    hasher.finish() as u32
}
