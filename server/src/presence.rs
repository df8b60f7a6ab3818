//! Who is in the chat at the moment.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::limits::PRESENT;

/// The names of those who are connected; clones share one table.
///
/// The lock is held for one look into a small map, and never across an await.
#[derive(Clone, Debug, Default)]
pub(crate) struct Presence(Arc<Mutex<BTreeMap<String, usize>>>);

impl Presence {
    /// The names, each once, in order; at most 1,000.
    #[must_use]
    pub(crate) fn names(&self) -> Vec<String> {
        self.table().keys().cloned().collect()
    }

    /// One more connection of this name, until the answer is dropped.
    ///
    /// Where the table is full the name is not listed.
    pub(crate) fn enter(&self, name: &str) -> Present {
        let mut table = self.table();
        let full = table.len() >= PRESENT && !table.contains_key(name);
        if !full {
            *table.entry(name.to_owned()).or_default() += 1;
        }
        Present {
            table: self.clone(),
            name: (!full).then(|| name.to_owned()),
        }
    }

    fn table(&self) -> MutexGuard<'_, BTreeMap<String, usize>> {
        // The map is whole between any two statements here.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One connection of someone in the chat.
#[derive(Debug)]
pub(crate) struct Present {
    table: Presence,
    name: Option<String>,
}

impl Drop for Present {
    fn drop(&mut self) {
        let Some(name) = self.name.take() else { return };
        let mut table = self.table.table();
        if let Some(connections) = table.get_mut(&name) {
            *connections -= 1;
            if *connections == 0 {
                table.remove(&name);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_listed_once_and_until_its_last_connection_ends() {
        let presence = Presence::default();
        let (first, second, other) = (
            presence.enter("b"),
            presence.enter("b"),
            presence.enter("a"),
        );
        assert_eq!(presence.names(), ["a", "b"]);
        drop(first);
        assert_eq!(presence.names(), ["a", "b"]);
        drop((second, other));
        assert!(presence.names().is_empty());
    }

    #[test]
    fn the_table_is_bounded() {
        let presence = Presence::default();
        let all: Vec<_> = (0..=PRESENT)
            .map(|n| presence.enter(&n.to_string()))
            .collect();
        assert_eq!(presence.names().len(), PRESENT);
        drop(all);
        assert!(presence.names().is_empty());
    }
}
