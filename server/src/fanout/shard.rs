//! One thread, and the sockets that it writes to.

mod enter;
mod leave;
#[cfg(test)]
mod tests;

use std::collections::{HashMap, VecDeque};
use std::io;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::task::{Context, Poll as Ready};
use std::time::{Duration, Instant};

use bytes::Bytes;
use hub::{Delivery, Hub, News};
use mio::event::Event;
use mio::{Events, Poll, Token};
use slab::Slab;

use super::channel::{Channel, Kind};
use super::chunk;
use super::inbox::{Inbox, Message, Named};
use super::member::{Member, Written};
use super::shards::Shards;
use crate::limits::GATHER;

/// The token of the inbox.
const INBOX: Token = Token(usize::MAX);

/// How often it looks whether the right to a stream has ended where nothing is sent.
const LOOK: Duration = Duration::from_secs(1);

/// How long it waits where polling fails, which it does not.
const PAUSE: Duration = Duration::from_millis(100);

/// The channels of one thread, and where each of its streams is.
pub(super) struct Shard<'a> {
    poll: &'a mut Poll,
    /// Which one of its thread this is.
    run: u64,
    inbox: Arc<Inbox>,
    hub: Hub,
    shards: Arc<Shards>,
    channels: Slab<Channel>,
    by_kind: HashMap<Kind, usize>,
    /// Of each member the channel, and its place there.
    places: Slab<(usize, usize)>,
    /// Channels that gather until then; in order, but for less than they gather.
    due: VecDeque<(Instant, usize)>,
    /// How many streams may end by the clock.
    may_expire: usize,
    looked: Instant,
}

impl<'a> Shard<'a> {
    /// What it waits with, and the way to it.
    pub(super) fn poll() -> io::Result<(Poll, Arc<Inbox>)> {
        let poll = Poll::new()?;
        let inbox = Inbox::new(poll.registry(), INBOX)?;
        Ok((poll, Arc::new(inbox)))
    }

    pub(super) fn new(
        poll: &'a mut Poll,
        run: u64,
        inbox: Arc<Inbox>,
        hub: Hub,
        shards: Arc<Shards>,
    ) -> Self {
        Self {
            poll,
            run,
            inbox,
            hub,
            shards,
            channels: Slab::new(),
            by_kind: HashMap::new(),
            places: Slab::new(),
            due: VecDeque::new(),
            may_expire: 0,
            looked: Instant::now(),
        }
    }

    /// Runs until it is told to end.
    pub(super) fn run(mut self) {
        let mut events = Events::with_capacity(1024);
        while self.turn(&mut events).is_continue() {}
    }

    /// Waits until there is something to do, and does it; breaks where it is told to end.
    fn turn(&mut self, events: &mut Events) -> ControlFlow<()> {
        if let Err(error) = self.poll.poll(events, self.timeout())
            && error.kind() != io::ErrorKind::Interrupted
        {
            tracing::error!(%error, "a shard cannot wait for its sockets");
            std::thread::sleep(PAUSE);
        }
        events
            .iter()
            .filter(|event| event.token() != INBOX)
            .for_each(|event| self.heard(event));
        for message in self.inbox.take() {
            match message {
                Message::Join(joining) => self.join(*joining),
                Message::Fetched(named, fetched) if named.run == self.run => match fetched {
                    Some((reader, batch)) => self.fetched(named.at, reader, &batch),
                    None => self.dissolve(named.at, None),
                },
                Message::Rung(named) if named.run == self.run => self.rung(named.at),
                // Of a shard that has failed, whose channels are gone.
                Message::Fetched(..) | Message::Rung(_) => {}
                Message::End => return ControlFlow::Break(()),
                #[cfg(test)]
                Message::Do(something) => something(),
            }
        }
        self.look_at_those_due();
        self.look_at_rights();
        ControlFlow::Continue(())
    }

    fn timeout(&self) -> Option<Duration> {
        let due = self.due.front().map(|(at, _)| *at);
        let look = (self.may_expire > 0).then(|| self.looked + LOOK);
        let next = due.into_iter().chain(look).min()?;
        Some(next.saturating_duration_since(Instant::now()))
    }

    /// A client has sent something, or is gone.
    fn heard(&mut self, event: &Event) {
        let Some(&(at, place)) = self.places.get(event.token().0) else {
            return;
        };
        let member = &mut self.channels[at].members[place];
        if event.is_error() || event.is_read_closed() || !member.discard() {
            self.remove(at, place);
            self.tidy(at);
        }
    }

    /// Something new may be there: at once where nothing was sent lately, else what comes in the meantime goes
    /// with it.
    fn rung(&mut self, at: usize) {
        let Some(channel) = self.channels.get_mut(at) else {
            return;
        };
        match channel.sent.map(|sent| sent + GATHER) {
            Some(then) if then > Instant::now() => self.later(at, then),
            _ => self.pump(at),
        }
    }

    fn look_at_those_due(&mut self) {
        // Those that are due again by then wait until others have been heard.
        for _ in 0..self.due.len() {
            let Some(&(then, at)) = self.due.front() else {
                return;
            };
            if then > Instant::now() {
                return;
            }
            self.due.pop_front();
            if self.channels.get(at).is_some_and(|channel| channel.is_due) {
                self.pump(at);
            }
        }
    }

    /// Sends a channel's streams what is new. What comes while it does goes with what comes a little later: others
    /// have their turn in between.
    fn pump(&mut self, at: usize) {
        for _ in 0..2 {
            let Some(channel) = self.channels.get_mut(at) else {
                return;
            };
            channel.is_due = false;
            // One that reads from the log is looked at once it has.
            let Some(mut reader) = channel.reader.take() else {
                return;
            };
            let waker = channel.waker.clone();
            let polled = reader.poll(&Context::from_waker(&waker));
            let is_rung = reader.is_rung();
            match polled {
                Ready::Ready(News::Batch(batch)) => {
                    self.deliver(at, &reader, &batch);
                    self.channels[at].reader = Some(reader);
                    if is_rung {
                        break;
                    }
                }
                Ready::Ready(News::Older) => {
                    let named = Named { run: self.run, at };
                    return self.shards.fetch(&self.inbox, named, reader);
                }
                Ready::Ready(News::End(reason)) => return self.dissolve(at, Some(reason)),
                Ready::Pending => {
                    self.channels[at].reader = Some(reader);
                    return self.tidy(at);
                }
            }
        }
        self.later(at, Instant::now() + GATHER);
    }

    /// Looks at a channel again then.
    fn later(&mut self, at: usize, then: Instant) {
        let channel = &mut self.channels[at];
        if !std::mem::replace(&mut channel.is_due, true) {
            self.due.push_back((then, at));
        }
    }

    /// Sends these to all of a channel's streams: one write for each.
    fn deliver(&mut self, at: usize, reader: &hub::Channel, batch: &[Delivery]) {
        if batch.is_empty() {
            return;
        }
        let bytes = Bytes::from(chunk::of(batch, self.channels[at].kind.1));
        let (mut place, mut handed_out) = (0, 0);
        while let Some(member) = self.channels[at].members.get_mut(place) {
            if member.has_expired() {
                self.expire(at, place);
                continue;
            }
            match member.write(&bytes) {
                Written::All => {
                    handed_out += 1;
                    place += 1;
                }
                Written::Part(n) => {
                    handed_out += 1;
                    let member = self.remove(at, place);
                    self.send_back(at, member, reader, batch, bytes.slice(n..));
                }
                Written::Gone => drop(self.remove(at, place)),
            }
        }
        reader.handed_out(batch, handed_out);
        self.channels[at].sent = Some(Instant::now());
    }

    fn fetched(&mut self, at: usize, reader: hub::Channel, batch: &[Delivery]) {
        self.deliver(at, &reader, batch);
        self.channels[at].reader = Some(reader);
        for joining in std::mem::take(&mut self.channels[at].waiting) {
            self.enter(at, joining);
        }
        self.pump(at);
    }

    /// Takes a member out; the last one takes its place.
    fn remove(&mut self, at: usize, place: usize) -> Member {
        let members = &mut self.channels[at].members;
        let mut member = members.swap_remove(place);
        if let Some(moved) = members.get(place) {
            self.places[moved.id] = (at, place);
        }
        self.places.remove(member.id);
        self.may_expire -= usize::from(member.may_expire);
        if let Err(error) = self.poll.registry().deregister(&mut member.socket) {
            tracing::debug!(%error, "a socket was not waited for");
        }
        member
    }

    /// Ends the streams whose right has ended.
    fn look_at_rights(&mut self) {
        if self.may_expire == 0 || self.looked.elapsed() < LOOK {
            return;
        }
        self.looked = Instant::now();
        let all: Vec<usize> = self.channels.iter().map(|(at, _)| at).collect();
        for at in all {
            let mut place = 0;
            while let Some(member) = self.channels[at].members.get_mut(place) {
                if member.has_expired() {
                    self.expire(at, place);
                } else {
                    place += 1;
                }
            }
            self.tidy(at);
        }
    }

    /// Lets go of a channel that nobody is in.
    fn tidy(&mut self, at: usize) {
        if self.channels.get(at).is_some_and(Channel::is_empty) {
            let channel = self.channels.remove(at);
            self.by_kind.remove(&channel.kind);
        }
    }
}
