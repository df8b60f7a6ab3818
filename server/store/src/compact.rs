//! Writing a segment anew without what is no longer kept of it.
//!
//! Done where a forgotten topic must leave the disk, and where a few events that are kept for long
//! would keep a whole segment.

use std::{io, sync::Arc, time::SystemTime};

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

/// What stays of a segment that is written anew.
pub(crate) enum Rest {
    /// An event that is kept, and its payload.
    Event(Place, Vec<u8>),
    /// The key of one that is not, so that a restart knows it, and when that was accepted.
    Key(KeyMark, SystemTime),
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
    /// A full segment that should be written anew, and its first place and the next segment's.
    pub(crate) fn wasteful(&self, now: i64) -> Option<(usize, Seq, Seq)> {
        let full = &self.held[..self.held.len() - 1];
        let wasteful = |(index, held): (usize, &Held)| {
            // The oldest is about to go by itself.
            let sparse = index > 0 && held.users() * 4 < held.events && !held.has_keys(now);
            held.erase || sparse
        };
        let index = full.iter().enumerate().position(wasteful)?;
        let first = |index: usize| self.manifest.segments[index].first;
        Some((index, first(index), first(index + 1)))
    }

    /// Writes a segment anew with these places of it alone, and says where they lie then.
    pub(crate) fn compact(
        &mut self,
        index: usize,
        kept: Vec<Rest>,
        head: Seq,
        lost: LostMarks,
        disk: &dyn Disk,
    ) -> io::Result<Vec<Place>> {
        let old = self.manifest.segments[index].clone();
        let listed = Listed {
            edition: old.edition + 1,
            ..old
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
        next.segments[index] = Listed {
            end: Some(End { len, crc }),
            ..listed
        };
        let mut others = self.held.iter().enumerate().filter(|(at, _)| *at != index);
        if !others.any(|(_, held)| held.erase) {
            next.forgotten.clear();
        }
        if let Err(error) = self.save(next, disk) {
            self.take_back(&segment, disk);
            return Err(error);
        }
        self.held[index].erase = false;
        let gone = std::mem::replace(&mut self.held[index].segment, Arc::clone(&segment));
        self.held[index].events = moved.len();
        self.held[index].topics = Topics::default();
        for (place, _) in &moved {
            self.held[index].topics.add(place.topic());
        }
        // One that stays is removed at the next opening.
        let _ = disk.remove(&gone.path);
        if !self.reserved {
            self.reserve(disk);
        }
        let there = |(place, offset): (Place, u64)| place.moved(Arc::clone(&segment), offset);
        Ok(moved.into_iter().map(there).collect())
    }

    /// Makes a segment of these records, durably, or nothing.
    fn write_new(&self, listed: &Listed, bytes: &[u8], disk: &dyn Disk) -> io::Result<Segment> {
        let path = listed.path(&self.dir);
        let (segment, _) = Segment::create(path, &self.epoch, listed.first, disk)?;
        let written = disk
            .write_at(&segment.path, &segment.file, bytes, HEADER as u64)
            .and_then(|()| disk.sync(&segment.path, &segment.file));
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
