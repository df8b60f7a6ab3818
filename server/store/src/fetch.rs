//! Records, read back from where they lie.

use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use hub::{Filter, Kept, LogError, Record, Seq, look_back};

use crate::{
    place::Place,
    shared::{Shared, State},
};

/// The longest stretch that is read at once, in bytes.
const RUN_BYTES: u64 = 256 * 1024;

/// How long a reader waits for a descriptor before it tries again.
const NO_DESCRIPTOR: Duration = Duration::from_millis(20);

impl Shared {
    /// The records at the places that `find` gives. Where one cannot be read, it is noted as
    /// damaged and `find` is asked again.
    pub(crate) async fn fetch<T>(
        self: &Arc<Self>,
        mut find: impl FnMut(&mut State) -> (Vec<Place>, T) + Send,
    ) -> Result<(Vec<Arc<Record>>, T), LogError> {
        let mut turn = None;
        loop {
            let ((mut records, missing), rest) = {
                let mut state = self.lock();
                let (places, rest) = find(&mut state);
                (state.at(&places), rest)
            };
            let Some(first) = missing.first() else {
                return Ok((records, rest));
            };
            if turn.is_none() {
                // Who had the turn before may have read the same.
                turn = Some(self.turn(first.seq()).await);
                continue;
            }
            self.reads.fetch_add(1, Ordering::Relaxed);
            let read = tokio::task::spawn_blocking(move || read_all(&missing)).await;
            match read.map_err(|_| LogError::Closed)? {
                Ok(read) => {
                    self.lock().hold(&read);
                    records.extend(read);
                    records.sort_unstable_by_key(|record| record.seq);
                    return Ok((records, rest));
                }
                Err(damaged) => self.note_damage(&damaged),
            }
        }
    }

    /// Where the newest that match lie, oldest first.
    pub(crate) async fn newest(&self, until: Seq, want: &Filter, n: usize) -> Vec<Place> {
        let look = |until, n| self.lock().catalogue.newest(until, want, n);
        look_back(until, n, look).await
    }

    pub(crate) fn note_damage(&self, damaged: &[Place]) {
        let mut state = self.lock();
        for place in damaged {
            // One that was moved while it was read is looked for again, where it is now.
            let now = state.catalogue.get(place.seq);
            if !now.is_some_and(|now| Arc::ptr_eq(&now.segment, &place.segment)) {
                continue;
            }
            self.damaged.fetch_add(1, Ordering::Relaxed);
            tracing::error!(
                file = %place.segment.path.display(), offset = place.offset, seq = place.seq,
                "an event is damaged, and readers are told of a gap",
            );
            state.catalogue.damaged(place.seq);
        }
    }
}

/// The records at some places, or those of them that are not as they were written.
fn read_all(places: &[Place]) -> Result<Vec<Arc<Record>>, Vec<Place>> {
    let (mut records, mut damaged) = (Vec::with_capacity(places.len()), Vec::new());
    let mut rest = places;
    while let [first, ..] = rest {
        let mut end = first.end();
        let follows = |place: &&Place| {
            let follows = Arc::ptr_eq(&place.segment, &first.segment)
                && place.offset == end
                && place.end() - first.offset <= RUN_BYTES;
            end = if follows { place.end() } else { end };
            follows
        };
        let run = 1 + rest[1..].iter().take_while(follows).count();
        let (now, later) = rest.split_at(run);
        let Ok(read) = first.segment.read_run(now) else {
            // Connections have them all. Nothing is wrong with the events: they are waited for.
            std::thread::sleep(NO_DESCRIPTOR);
            continue;
        };
        for (place, record) in now.iter().zip(read) {
            match record {
                Some(record) => records.push(Arc::new(record)),
                None => damaged.push(place.clone()),
            }
        }
        rest = later;
    }
    if damaged.is_empty() {
        Ok(records)
    } else {
        Err(damaged)
    }
}
