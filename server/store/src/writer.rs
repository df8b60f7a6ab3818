//! The one thread that writes.

mod rewrite;

use std::{
    io,
    path::PathBuf,
    sync::{Arc, atomic::Ordering},
    time::{Duration, Instant},
};

use hub::{Clock, Keys, LogError, Seq, Topic, limits::FORGET};
use tokio::sync::{mpsc, oneshot, watch};

use crate::{
    codec,
    disk::{self, Disk},
    group::{Answer, Group},
    lock::Lock,
    mark::Position,
    open::Opened,
    patience::Patience,
    place::Place,
    segments::Segments,
    shared::{SPANS, Shared},
};

/// How many bytes a group is closed at: bounds memory, and what a failed write takes back.
const GROUP_BYTES: usize = 4 * 1024 * 1024;

/// What the writer is asked for.
pub(crate) enum Command {
    /// To store a publish.
    Append(Vec<hub::Draft>, Answer),
    /// To forget a topic.
    Forget(Topic, oneshot::Sender<Result<u64, LogError>>),
    /// To remove what retention has let go of.
    Tidy,
}

/// What tidying consists of.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Step {
    Roll,
    Remove,
    Rewrite,
}

pub(crate) struct Writer {
    shared: Arc<Shared>,
    segments: Segments,
    keys: Keys,
    clock: Arc<dyn Clock>,
    disk: Arc<dyn Disk>,
    announce: watch::Sender<Seq>,
    head: Seq,
    /// Whether the last segment is to be left where nothing of it is kept.
    leave: bool,
    patience: Patience,
    /// Given free when the thread ends.
    _lock: Lock,
}

impl Writer {
    /// A writer for what was opened, and what it shares with readers.
    pub(crate) fn new(
        opened: Opened,
        dir: PathBuf,
        segment_bytes: u64,
        clock: Arc<dyn Clock>,
        disk: Arc<dyn Disk>,
    ) -> (Self, Arc<Shared>) {
        let head = opened.catalogue.head();
        let announce = watch::Sender::new(head);
        let shared = Arc::new(Shared::new(opened.catalogue, announce.subscribe()));
        let mut segments = Segments {
            dir,
            segment_bytes,
            epoch: opened.epoch,
            manifest: opened.manifest,
            held: opened.held,
            files: opened.files,
            end: opened.end,
            crc: opened.crc,
            mark: opened.mark,
            reserved: false,
        };
        segments.reserve(&*disk);
        let writer = Self {
            shared: Arc::clone(&shared),
            segments,
            keys: opened.keys,
            clock,
            disk,
            announce,
            head,
            leave: false,
            patience: Patience::default(),
            _lock: opened.lock,
        };
        (writer, shared)
    }

    /// Works until all who can ask are gone.
    pub(crate) fn run(mut self, mut queue: mpsc::Receiver<Command>) {
        while let Some(command) = self.next(&mut queue) {
            let mut group = Group::new(self.head, self.segments.crc);
            let mut next = Some(command);
            while let Some(command) = next {
                group = self.take(command, group);
                let room = group.bytes.len() < GROUP_BYTES;
                next = room.then(|| queue.try_recv().ok()).flatten();
            }
            self.commit(group);
            self.tidy();
        }
        // Only what the mark says after a power cut hangs on it.
        let _ = self.segments.mark.sync(&*self.disk);
        let syncs = self.shared.syncs.read().count();
        tracing::debug!(syncs, "the log is closed");
    }

    /// The next command; as long as there is none, segments are written anew, one at a time.
    fn next(&mut self, queue: &mut mpsc::Receiver<Command>) -> Option<Command> {
        while self.may_compact() && self.segments.due(self.now()).is_some() {
            if let Ok(command) = queue.try_recv() {
                return Some(command);
            }
            if queue.is_closed() || !self.tidy() {
                break;
            }
        }
        queue.blocking_recv()
    }

    fn take(&mut self, command: Command, mut group: Group) -> Group {
        match command {
            Command::Append(batch, answer) => {
                let (now, time) = (self.clock.steady(), self.clock.wall());
                group.add(batch, &mut self.keys, now, time, answer);
                group
            }
            Command::Forget(topic, answer) => {
                self.commit(group);
                // Who no longer waits needs no answer.
                let _ = answer.send(self.forget(&topic));
                Group::new(self.head, self.segments.crc)
            }
            Command::Tidy => {
                self.leave = true;
                group
            }
        }
    }

    /// Writes a group, syncs once, and answers.
    fn commit(&mut self, group: Group) {
        let failed = if group.bytes.is_empty() {
            None
        } else if self.read_only() {
            Some(LogError::ReadOnly)
        } else {
            self.write(&group).err()
        };
        if failed.is_some() {
            self.keys.take_back(self.head + 1);
        } else if !group.events.is_empty() {
            self.publish(&group);
        }
        group.answer(failed, self.head);
    }

    fn write(&mut self, group: &Group) -> Result<(), LogError> {
        let (end, segment) = (self.segments.end, Arc::clone(self.segments.active()));
        let path = &segment.path;
        let file = &segment
            .file()
            .map_err(|error| self.give_up("open", &error))?;
        if let Err(error) = self.disk.write_at(path, file, &group.bytes, end) {
            // Nothing half-written stays: what is after the end would be taken for a torn tail.
            let cut = self.disk.cut(path, file, end);
            return Err(match cut {
                Ok(()) if disk::is_full(&error) => {
                    if !self.shared.full.swap(true, Ordering::Relaxed) {
                        tracing::warn!(file = %path.display(), "the disk is full");
                    }
                    LogError::Full
                }
                _ => self.give_up("write", &error),
            });
        }
        // A sync that failed is not tried again: the system may have dropped what it could not
        // write, and would then report success.
        let events = group.events.len();
        let span = tracing::info_span!(target: SPANS, "sync", events, bytes = group.bytes.len());
        let begun = Instant::now();
        span.in_scope(|| self.disk.sync(path, file))
            .map_err(|error| self.give_up("sync", &error))?;
        self.shared.syncs.note(begun.elapsed());
        if self.shared.full.swap(false, Ordering::Relaxed) {
            tracing::info!(file = %path.display(), "there is room on the disk again");
        }
        self.require_there()?;
        let at = Position {
            segment: self.segments.first(),
            offset: end + group.bytes.len() as u64,
            head: group.head,
        };
        self.segments
            .mark
            .set(&*self.disk, at)
            .map_err(|error| self.give_up("mark", &error))
    }

    /// Lets readers see what is on the disk.
    fn publish(&mut self, group: &Group) {
        let segment = Arc::clone(self.segments.active());
        let mut state = self.shared.lock();
        for written in &group.events {
            let offset = self.segments.end + written.at as u64;
            let place = Place::new(&written.record, Arc::clone(&segment), offset, written.len);
            let place = match state.catalogue.known(&written.record.topic) {
                Some(topic) => place.on(topic),
                None => place,
            };
            state.catalogue.insert(place, Duration::ZERO);
            state.recent.push(Arc::clone(&written.record));
        }
        state.catalogue.trim();
        drop(state);
        let keyed = group.keyed.then(|| self.now());
        self.segments.note_written(&group.events, keyed);
        self.segments.end += group.bytes.len() as u64;
        self.segments.crc = group.crc;
        self.head = group.head;
        self.announce.send_replace(self.head);
    }

    /// Forgets a topic: first for good, then for readers.
    fn forget(&mut self, topic: &Topic) -> Result<u64, LogError> {
        // Also where retention has let go of all its events, as long as their bytes are there.
        let mut held = self.segments.held.iter();
        if !held.any(|held| held.topics.may_hold(topic)) {
            return Ok(0);
        }
        if self.read_only() {
            return Err(LogError::ReadOnly);
        }
        self.require_there()?;
        let mut next = self.segments.manifest.clone();
        // What was trimmed by now stays so, though the events that pushed it out go.
        next.lost = self.shared.lost_marks(self.segments.oldest() - 1).into();
        next.forgotten.retain(|(name, _)| name != topic.as_str());
        next.forgotten.push((topic.to_string(), self.head));
        match self.segments.save(next, &*self.disk) {
            Ok(()) => {}
            Err(error) if disk::is_full(&error) => return Err(LogError::Full),
            Err(error) if disk::is_passing(&error) => return Err(LogError::ReadOnly),
            Err(error) => return Err(self.give_up("list", &error)),
        }
        for held in &mut self.segments.held {
            held.erase |= held.topics.may_hold(topic);
        }
        let mut forgotten = 0;
        loop {
            let now = self.shared.lock().forget(topic, self.head);
            forgotten += now as u64;
            if now < FORGET {
                return Ok(forgotten);
            }
        }
    }

    /// Begins a new segment where the last is full, removes those of which nothing is kept, and
    /// writes one anew of which little is. Gives false where it could not.
    fn tidy(&mut self) -> bool {
        if self.read_only() || self.require_there().is_err() {
            return false;
        }
        let now = self.now();
        let shared = Arc::clone(&self.shared);
        let marks = |through| shared.lost_marks(through);
        let leave = std::mem::take(&mut self.leave);
        let mut done = true;
        // A step goes on where there was no room for the one before: it may make some.
        for step in [Step::Roll, Step::Remove, Step::Rewrite] {
            let outcome = match step {
                Step::Roll => self.segments.roll(self.head, leave, now, &*self.disk),
                Step::Remove => self
                    .segments
                    .remove_free(self.head, now, marks, &*self.disk),
                Step::Rewrite if self.may_compact() => self.compact(now, marks),
                Step::Rewrite => Ok(()),
            };
            let Err(error) = outcome else {
                continue;
            };
            done = false;
            if !disk::is_passing(&error) {
                self.give_up("tidy", &error);
                break;
            }
            if step == Step::Rewrite {
                self.patience.lose(self.clock.steady(), &error);
            }
        }
        done
    }

    fn may_compact(&self) -> bool {
        !self.read_only() && self.patience.is_over(self.clock.steady())
    }

    /// The calendar's time in nanoseconds.
    fn now(&self) -> i64 {
        codec::nanos(self.clock.wall())
    }

    /// Gives up where the files that are written are not the directory's any more; another process
    /// may have the place by now.
    fn require_there(&self) -> Result<(), LogError> {
        let active = self.segments.active();
        active
            .require_there()
            .map_err(|error| self.give_up("find", &error))
    }

    fn read_only(&self) -> bool {
        self.shared.read_only.load(Ordering::Relaxed)
    }

    fn give_up(&self, what: &str, error: &io::Error) -> LogError {
        tracing::error!(what, %error, "the log failed and takes no more events until a restart");
        self.shared.read_only.store(true, Ordering::Relaxed);
        LogError::ReadOnly
    }
}
