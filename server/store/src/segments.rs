//! The segments of a log, and the manifest that lists them.

use std::{io, path::PathBuf, sync::Arc};

use hub::{Epoch, LostMarks, Seq};

use crate::{
    disk::{self, Disk},
    files::Files,
    group::Written,
    manifest::{End, Listed, Manifest},
    mark::{Mark, Position},
    open::Held,
    segment::{HEADER, Segment},
    topics::Topics,
};

/// What is held back of the disk, so that a full one can still be tidied.
const RESERVE: usize = 1024 * 1024;

/// What writing a segment anew leaves free, with what is held back counted in, for the manifest and
/// for publishes.
const LEAVE: u64 = RESERVE as u64 / 4;

pub(crate) struct Segments {
    pub(crate) dir: PathBuf,
    pub(crate) segment_bytes: u64,
    pub(crate) epoch: Epoch,
    pub(crate) manifest: Manifest,
    /// Beside each segment of the manifest; the last is being written.
    pub(crate) held: Vec<Held>,
    /// The files of those that are full.
    pub(crate) files: Arc<Files>,
    /// Where the last segment ends, and the checksum there.
    pub(crate) end: u64,
    pub(crate) crc: u32,
    pub(crate) mark: Mark,
    pub(crate) reserved: bool,
}

impl Segments {
    /// The segment that is being written.
    pub(crate) fn active(&self) -> &Arc<Segment> {
        // Opening refuses a manifest that lists none, and the last is never removed.
        &self.held[self.held.len() - 1].segment
    }

    /// Its first place.
    pub(crate) fn first(&self) -> Seq {
        self.manifest.segments[self.manifest.segments.len() - 1].first
    }

    /// The oldest place that may be on the disk.
    pub(crate) fn oldest(&self) -> Seq {
        self.manifest
            .segments
            .first()
            .map_or(1, |oldest| oldest.first)
    }

    /// Notes what was written, and when one of the events had a key.
    pub(crate) fn note_written(&mut self, events: &[Written], keyed: Option<i64>) {
        if let Some(held) = self.held.last_mut() {
            held.events += events.len();
            for written in events {
                held.topics.add(&written.record.topic);
            }
            held.keyed = held.keyed.max(keyed);
        }
    }

    /// Holds back some of the disk; a full one has none to give.
    pub(crate) fn reserve(&mut self, disk: &dyn Disk) {
        let path = self.dir.join("reserve");
        let full = |len: u64| len == RESERVE as u64;
        self.reserved = path.metadata().is_ok_and(|meta| full(meta.len()))
            || disk
                .create(&path)
                .and_then(|file| disk.write_at(&path, &file, &vec![0; RESERVE], 0))
                .inspect_err(|_| drop(disk.remove(&path)))
                .is_ok();
    }

    /// Sees that a file of this length can be made and leaves some room; takes what is held back for
    /// it if it must. A disk that does not say how much is free is tried.
    pub(crate) fn make_room(&mut self, len: u64, disk: &dyn Disk) -> io::Result<()> {
        let room = disk.room(&self.dir).unwrap_or(u64::MAX);
        if len.saturating_add(LEAVE) <= room {
            return Ok(());
        }
        let held_back = if self.reserved { RESERVE as u64 } else { 0 };
        if len.saturating_add(LEAVE) > room.saturating_add(held_back) {
            return Err(io::ErrorKind::StorageFull.into());
        }
        disk.remove(&self.dir.join("reserve"))?;
        self.reserved = false;
        Ok(())
    }

    /// Puts another manifest in force, with what is held back of the disk if it must be.
    pub(crate) fn save(&mut self, next: Manifest, disk: &dyn Disk) -> io::Result<()> {
        match next.save(&self.dir, disk) {
            Err(error) if disk::is_full(&error) && self.reserved => {
                disk.remove(&self.dir.join("reserve"))?;
                self.reserved = false;
                next.save(&self.dir, disk)?;
            }
            saved => saved?,
        }
        self.manifest = next;
        Ok(())
    }

    /// Begins a new segment where the last is full, or holds what is to leave the disk; with
    /// `leave`, also where nothing of it is kept.
    pub(crate) fn roll(
        &mut self,
        head: Seq,
        leave: bool,
        now: i64,
        disk: &dyn Disk,
    ) -> io::Result<()> {
        let unused = |held: &Held| held.events > 0 && held.users() == 0 && !held.has_keys(now);
        let due = |held: &Held| held.erase || (leave && unused(held));
        if self.end < self.segment_bytes && !self.held.last().is_some_and(due) {
            return Ok(());
        }
        let listed = Listed {
            first: head + 1,
            edition: 0,
            end: None,
        };
        let (segment, crc) = Segment::create(
            listed.path(&self.dir),
            &self.epoch,
            head + 1,
            &self.files,
            disk,
        )?;
        let mut next = self.manifest.clone();
        next.head = head;
        if let Some(last) = next.segments.last_mut() {
            last.end = Some(End {
                len: self.end,
                crc: self.crc,
            });
        }
        next.segments.push(listed);
        next.save(&self.dir, disk)?;
        self.manifest = next;
        self.active().seal();
        self.held.push(Held {
            segment: Arc::new(segment),
            keyed: None,
            events: 0,
            topics: Topics::default(),
            erase: false,
        });
        (self.end, self.crc) = (HEADER as u64, crc);
        let at = Position {
            segment: head + 1,
            offset: self.end,
            head,
        };
        self.mark.set(disk, at)?;
        self.mark.sync(disk)
    }

    /// Removes the segments of which nothing is kept, once what was lost with them is written
    /// down. Those whose keys still count stay, so that a restart knows them.
    pub(crate) fn remove_free(
        &mut self,
        head: Seq,
        now: i64,
        marks: impl Fn(Seq) -> LostMarks,
        disk: &dyn Disk,
    ) -> io::Result<()> {
        let last = self.held.len() - 1;
        let free = |(index, held): (usize, &Held)| {
            index != last && !held.has_keys(now) && held.users() == 0
        };
        let free: Vec<bool> = self.held.iter().enumerate().map(free).collect();
        let Some(newest) = free.iter().rposition(|free| *free) else {
            return Ok(());
        };
        let mut next = self.manifest.clone();
        next.lost = marks(self.manifest.segments[newest + 1].first - 1).into();
        next.head = head;
        let mut keep = free.iter().map(|free| !free);
        next.segments.retain(|_| keep.next().unwrap_or(true));
        let erase = |(held, free): (&Held, &bool)| held.erase && !free;
        if !self.held.iter().zip(&free).any(erase) {
            next.forgotten.clear();
        }
        self.save(next, disk)?;
        let mut keep = free.iter().map(|free| !free);
        let (kept, gone): (Vec<_>, Vec<_>) = self
            .held
            .drain(..)
            .partition(|_| keep.next().unwrap_or(true));
        self.held = kept;
        let gone: Vec<_> = gone.iter().map(|held| held.segment.path.clone()).collect();
        self.remove_files(&gone, disk);
        Ok(())
    }
}
