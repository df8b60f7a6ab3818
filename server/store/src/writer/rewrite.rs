//! Segments of which little is kept, written anew as one.

use std::{collections::HashSet, io, sync::Arc};

use hub::{LostMarks, Seq};

use super::Writer;
use crate::{compact::Rest, patience::Patience, place::Place};

/// How many events that lie close together are read at once for a segment that is written anew.
const TOGETHER: usize = 1_024;

/// Events with no more than so many bytes between them are read together.
const CLOSE: u64 = 4 * 1024;

/// How many events are moved at a time under the lock.
const MOVED: usize = 4_096;

impl Writer {
    /// Writes segments anew as one, if some should be.
    pub(super) fn compact(&mut self, now: i64, marks: impl Fn(Seq) -> LostMarks) -> io::Result<()> {
        let Some(run) = self.segments.due(now) else {
            return Ok(());
        };
        let (first, next) = (run.first, run.next);
        let (mut kept, mut damaged) = (Vec::new(), Vec::new());
        let places = self.shared.lock().catalogue.range(first, next);
        for close in places.chunk_by(lie_close) {
            let segment = &close[0].segment;
            for close in close.chunks(TOGETHER) {
                for (place, payload) in close.iter().zip(segment.payloads(close)?) {
                    match payload {
                        Some(payload) => kept.push(Rest::Event(place.clone(), payload)),
                        None => damaged.push(place.clone()),
                    }
                }
            }
        }
        self.add_keys(first, next, &mut kept);
        // Before the marks are taken, or the loss would be silent after a restart.
        self.shared.note_damage(&damaged);
        let marks = marks(next - 1);
        let (moved, gone) = self
            .segments
            .compact(run, kept, self.head, marks, &*self.disk)?;
        self.patience = Patience::default();
        // Some at a time: readers, and who publishes, wait for the lock.
        for some in moved.chunks(MOVED) {
            let mut state = self.shared.lock();
            for place in some {
                state.catalogue.replace(place.clone());
            }
        }
        self.segments.remove_files(&gone, &*self.disk);
        Ok(())
    }

    /// Adds the keys that still count of events that do not stay, in their place.
    fn add_keys(&mut self, first: Seq, next: Seq, kept: &mut Vec<Rest>) {
        let now = self.clock.steady();
        self.keys.expire(now);
        let events: HashSet<Seq> = kept.iter().map(Rest::seq).collect();
        let gone = self.keys.between(first, next, now).into_iter();
        let gone = gone.filter(|(mark, _)| !events.contains(&mark.seq));
        // By the calendar of today, which is what a restart counts their age from.
        let wall = self.clock.wall();
        kept.extend(gone.map(|(mark, age)| Rest::Key(mark, wall.checked_sub(age).unwrap_or(wall))));
        kept.sort_by_key(Rest::seq);
    }
}

/// Whether an event is worth reading together with the one before it.
fn lie_close(one: &Place, next: &Place) -> bool {
    let between = next.offset.checked_sub(one.end());
    Arc::ptr_eq(&one.segment, &next.segment) && between.is_some_and(|bytes| bytes <= CLOSE)
}
