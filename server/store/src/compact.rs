//! Writing a segment anew without what is no longer kept of it.
//!
//! Done where a forgotten topic must leave the disk, where a few events that are kept for long
//! would keep a whole segment, and where short segments follow each other.

use std::{io, ops::Range, path::PathBuf, sync::Arc, time::SystemTime};

use hub::{Kept, KeyMark, LostMarks, Seq, limits::KEY_LIFE};

use crate::{
    codec,
    disk::Disk,
    frame,
    manifest::{End, Listed, Manifest},
    open::Held,
    place::Place,
    segment::{self, HEADER, Segment},
    segments::Segments,
    topics::Topics,
};

/// Segments up to this length, in bytes, are joined however short the next is: copying so much costs
/// about as much as the syncs.
const SHORT: u64 = 64 * 1024;

/// What stays of a segment that is written anew.
pub(crate) enum Rest {
    /// An event that is kept, and its payload.
    Event(Place, Vec<u8>),
    /// The key of one that is not, so that a restart knows it, and when that was accepted.
    Key(KeyMark, SystemTime),
}

/// Segments that are to be written anew as one.
pub(crate) struct Run {
    segments: Range<usize>,
    /// The first place of the first.
    pub(crate) first: Seq,
    /// The first place of the one after them.
    pub(crate) next: Seq,
}

impl Rest {
    pub(crate) fn seq(&self) -> Seq {
        match self {
            Self::Event(place, _) => place.seq(),
            Self::Key(mark, _) => mark.seq,
        }
    }
}

impl Held {
    /// How many places lie in it, and how many readers are at it.
    pub(crate) fn users(&self) -> usize {
        // Every place holds its segment, and so does everyone who reads from it; one is here.
        Arc::strong_count(&self.segment) - 1
    }

    /// Whether one of its keys may still count, so that a restart must find it.
    pub(crate) fn has_keys(&self, now: i64) -> bool {
        let life = KEY_LIFE.as_nanos() as i64;
        self.keyed.is_some_and(|at| now.saturating_sub(at) < life)
    }
}

impl Segments {
    /// Full segments that follow each other and should be written anew as one.
    pub(crate) fn due(&self, now: i64) -> Option<Run> {
        let full = &self.held[..self.held.len() - 1];
        let wasteful = |(index, held): (usize, &Held)| {
            // The oldest is about to go by itself.
            let sparse = index > 0 && held.users() * 4 < held.events && !held.has_keys(now);
            held.erase || sparse
        };
        let joins = |older: u64, index: usize| self.joins(older, self.len(index));
        let pair = |index: &usize| joins(self.len(*index), index + 1);
        let first = full
            .iter()
            .enumerate()
            .position(wasteful)
            .or_else(|| (0..full.len().saturating_sub(1)).find(pair))?;
        let (mut from, mut to, mut len) = (first, first + 1, self.len(first));
        while from > 0 && self.joins(self.len(from - 1), len) {
            from -= 1;
            len += self.len(from);
        }
        while to < full.len() && joins(len, to) {
            len += self.len(to);
            to += 1;
        }
        let place = |index: usize| self.manifest.segments[index].first;
        Some(Run {
            segments: from..to,
            first: place(from),
            next: place(to),
        })
    }

    /// Whether two neighbours of these lengths are better one: both are small, and the older is not
    /// so much longer that it would be copied over and over for the sake of short ones.
    fn joins(&self, older: u64, younger: u64) -> bool {
        older + younger <= self.segment_bytes && older <= SHORT.max(2 * younger)
    }

    /// The length of a full segment.
    fn len(&self, index: usize) -> u64 {
        let end = self.manifest.segments[index].end;
        end.map_or(u64::MAX / 4, |end| end.len)
    }

    /// Writes segments anew as one, with this alone; says where the events lie then, and which files
    /// may be removed once readers know.
    pub(crate) fn compact(
        &mut self,
        run: Run,
        kept: Vec<Rest>,
        head: Seq,
        lost: LostMarks,
        disk: &dyn Disk,
    ) -> io::Result<(Vec<Place>, Vec<PathBuf>)> {
        let old = &self.manifest.segments[run.segments.clone()];
        let edition = old.iter().map(|listed| listed.edition).max();
        let listed = Listed {
            first: run.first,
            edition: edition.unwrap_or(0) + 1,
            end: None,
        };
        let (mut bytes, mut moved) = (Vec::new(), Vec::new());
        let mut crc = segment::header_crc(&self.epoch, listed.first);
        for rest in kept {
            let offset = (HEADER + bytes.len()) as u64;
            crc = frame::append(&mut bytes, crc, |out| match &rest {
                Rest::Event(_, payload) => codec::append_alone(payload, out),
                Rest::Key(mark, time) => codec::encode_key(*mark, *time, out),
            });
            if let Rest::Event(place, _) = rest {
                moved.push((place, offset));
            }
        }
        let len = (HEADER + bytes.len()) as u64;
        self.make_room(len, disk)?;
        let segment = Arc::new(self.write_new(&listed, &bytes, disk)?);
        let mut next = self.manifest.clone();
        next.lost = lost.into();
        next.head = head;
        let end = Some(End { len, crc });
        let listed = Listed { end, ..listed };
        next.segments.splice(run.segments.clone(), [listed]);
        let mut others = self.held.iter().enumerate();
        if !others.any(|(at, held)| held.erase && !run.segments.contains(&at)) {
            next.forgotten.clear();
        }
        if let Err(error) = self.save(next, disk) {
            self.take_back(&segment, disk);
            return Err(error);
        }
        let mut topics = Topics::default();
        for (place, _) in &moved {
            topics.add(place.topic());
        }
        let olds = &self.held[run.segments.clone()];
        let held = Held {
            segment: Arc::clone(&segment),
            keyed: olds.iter().filter_map(|held| held.keyed).max(),
            events: moved.len(),
            topics,
            erase: false,
        };
        let olds = self.held.splice(run.segments, [held]);
        let gone = olds.map(|held| held.segment.path.clone()).collect();
        let there = |(place, offset): (Place, u64)| place.moved(Arc::clone(&segment), offset);
        Ok((moved.into_iter().map(there).collect(), gone))
    }

    /// Removes files that are not listed any more, and holds back what that gives.
    pub(crate) fn remove_files(&mut self, gone: &[PathBuf], disk: &dyn Disk) {
        for path in gone {
            // One that stays is removed at the next opening.
            let _ = disk.remove(path);
            self.files.forget(path);
        }
        if !self.reserved {
            self.reserve(disk);
        }
    }

    /// Makes a segment of these records, durably, or nothing.
    fn write_new(&self, listed: &Listed, bytes: &[u8], disk: &dyn Disk) -> io::Result<Segment> {
        let path = listed.path(&self.dir);
        let (segment, _) = Segment::create(path, &self.epoch, listed.first, &self.files, disk)?;
        let file = segment.file()?;
        let written = disk
            .write_at(&segment.path, &file, bytes, HEADER as u64)
            .and_then(|()| disk.sync(&segment.path, &file));
        segment.seal();
        if written.is_err() {
            // What it took of a full disk is given back; the first error is the one to tell.
            let _ = disk.remove(&segment.path);
        }
        written.map(|()| segment)
    }

    /// Removes a segment that did not come into force. A manifest whose replacing failed late may
    /// list it all the same, and what is listed has to stay.
    fn take_back(&self, segment: &Segment, disk: &dyn Disk) {
        let Ok(Some(manifest)) = Manifest::load(&self.dir) else {
            return;
        };
        let mut listed = manifest.segments.iter();
        if !listed.any(|listed| listed.path(&self.dir) == segment.path) {
            let _ = disk.remove(&segment.path);
        }
    }
}
