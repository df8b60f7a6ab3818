//! One thread, and the sockets that it writes to.

use std::collections::{HashMap, VecDeque};
use std::io;
use std::net::Shutdown;
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::task::{Context, Poll as Ready, Waker};
use std::time::{Duration, Instant};

use bytes::Bytes;
use hub::{Batch, CloseReason, Delivery, Entering, Hub, News};
use mio::event::Event;
use mio::net::TcpStream;
use mio::{Events, Interest, Poll, Token};
use slab::Slab;

use super::carrier::Carried;
use super::channel::{Channel, Kind};
use super::chunk;
use super::inbox::{Bell, Inbox, Message};
use super::member::{Joining, Member, Rest, Written};
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
    inbox: Arc<Inbox>,
    hub: Hub,
    shards: Arc<Shards>,
    channels: Slab<Channel>,
    by_kind: HashMap<Kind, usize>,
    /// Of each member the channel, and its place there.
    places: Slab<(usize, usize)>,
    /// Channels that gather until then, in order.
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
        inbox: Arc<Inbox>,
        hub: Hub,
        shards: Arc<Shards>,
    ) -> Self {
        Self {
            poll,
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
        loop {
            if let Err(error) = self.poll.poll(&mut events, self.timeout())
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
                    Message::Fetched(at, reader, batch) => match batch {
                        Ok(batch) => self.fetched(at, reader, &batch),
                        Err(error) => {
                            tracing::error!(%error, "streams end because the log cannot be read");
                            self.dissolve(at, None);
                        }
                    },
                    Message::Rung(at) => self.rung(at),
                    Message::End => return,
                }
            }
            self.look_at_those_due();
            self.look_at_rights();
        }
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
            Some(then) if then > Instant::now() => {
                if !std::mem::replace(&mut channel.is_due, true) {
                    self.due.push_back((then, at));
                }
            }
            _ => self.pump(at),
        }
    }

    fn look_at_those_due(&mut self) {
        while let Some(&(then, at)) = self.due.front() {
            if then > Instant::now() {
                return;
            }
            self.due.pop_front();
            if self.channels.get(at).is_some_and(|channel| channel.is_due) {
                self.pump(at);
            }
        }
    }

    /// Sends a channel's streams all that is new.
    fn pump(&mut self, at: usize) {
        loop {
            let Some(channel) = self.channels.get_mut(at) else {
                return;
            };
            channel.is_due = false;
            // One that reads from the log is looked at once it has.
            let Some(mut reader) = channel.reader.take() else {
                return;
            };
            let waker = channel.waker.clone();
            match reader.poll(&Context::from_waker(&waker)) {
                Ready::Ready(News::Batch(batch)) => self.deliver(at, &reader, &batch),
                Ready::Ready(News::Older) => return self.shards.fetch(&self.inbox, at, reader),
                Ready::Ready(News::End(reason)) => return self.dissolve(at, Some(reason)),
                Ready::Pending => {
                    self.channels[at].reader = Some(reader);
                    return self.tidy(at);
                }
            }
            self.channels[at].reader = Some(reader);
        }
    }

    /// Sends these to all of a channel's streams: one write for each.
    fn deliver(&mut self, at: usize, reader: &hub::Channel, batch: &[Delivery]) {
        let channel = &mut self.channels[at];
        let mut bytes = Vec::new();
        chunk::of(batch, channel.kind.1, &mut bytes);
        let bytes = Bytes::from(bytes);
        let (mut place, mut handed_out) = (0, 0);
        while let Some(member) = self.channels[at].members.get_mut(place) {
            if member.may_expire && member.rest.live.has_expired() {
                let member = self.remove(at, place);
                self.say_goodbye(member, CloseReason::Expired);
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
                    self.send_back(member, reader, batch, bytes.slice(n..));
                }
                Written::Gone => drop(self.remove(at, place)),
            }
        }
        reader.handed_out(batch, handed_out);
        self.channels[at].sent = Some(Instant::now());
    }

    /// A stream comes, and is brought to where its channel is.
    fn join(&mut self, joining: Joining) {
        let at = self.channel(&joining.rest);
        self.enter(at, joining);
        // Its bell may not have been heard so far, nor the end of the hub.
        self.pump(at);
    }

    fn enter(&mut self, at: usize, mut joining: Joining) {
        let Some(mut reader) = self.channels[at].reader.take() else {
            return self.channels[at].waiting.push(joining);
        };
        match reader.enter(&mut joining.rest.live.subscription) {
            Entering::NotYet => {
                let Joining { socket, rest } = joining;
                self.carry(socket.into(), rest, Bytes::new());
            }
            Entering::Entered(entered) => {
                for batch in &entered.news {
                    self.deliver(at, &reader, batch);
                }
                self.begin(at, &reader, joining, &entered.own);
            }
        }
        self.channels[at].reader = Some(reader);
    }

    /// Sends one that has entered what it has still to get, and waits for more.
    fn begin(&mut self, at: usize, reader: &hub::Channel, joining: Joining, own: &Batch) {
        let Joining { socket, rest } = joining;
        let mut member = Member {
            socket: TcpStream::from_std(socket),
            id: self.places.vacant_key(),
            may_expire: rest.live.may_expire(),
            rest: Box::new(rest),
        };
        let mut bytes = Vec::new();
        chunk::of(own, self.channels[at].kind.1, &mut bytes);
        reader.handed_out(own, 1);
        match member.write(&bytes) {
            Written::All => {}
            Written::Part(n) => {
                return self.send_back(member, reader, own, Bytes::from(bytes).slice(n..));
            }
            Written::Gone => return,
        }
        let registry = self.poll.registry();
        let registered =
            registry.register(&mut member.socket, Token(member.id), Interest::READABLE);
        if let Err(error) = registered {
            // Its client comes back, and resumes.
            tracing::warn!(%error, "a stream ends, as nobody can wait for its socket");
            return;
        }
        let members = &mut self.channels[at].members;
        self.places.insert((at, members.len()));
        self.may_expire += usize::from(member.may_expire);
        members.push(member);
    }

    fn fetched(&mut self, at: usize, reader: hub::Channel, batch: &[Delivery]) {
        self.deliver(at, &reader, batch);
        self.channels[at].reader = Some(reader);
        let Some(channel) = self.channels.get_mut(at) else {
            return;
        };
        // Those go on waiting for whom it is read once more.
        for joining in std::mem::take(&mut channel.waiting) {
            self.enter(at, joining);
        }
        self.pump(at);
    }

    /// The channel for a stream like this.
    fn channel(&mut self, rest: &Rest) -> usize {
        let kind = (Arc::clone(rest.live.subscription.filter()), rest.live.form);
        if let Some(at) = self.by_kind.get(&kind) {
            return *at;
        }
        let at = self.channels.vacant_key();
        let bell = Arc::new(Bell {
            inbox: Arc::clone(&self.inbox),
            channel: at,
        });
        let reader = self.hub.channel(Arc::clone(&kind.0));
        self.by_kind.insert(kind.clone(), at);
        self.channels
            .insert(Channel::new(kind, reader, Waker::from(bell)));
        at
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

    /// To a task of its own, as its socket takes no more for now.
    fn send_back(&self, member: Member, reader: &hub::Channel, last: &[Delivery], unsent: Bytes) {
        let Member {
            socket, mut rest, ..
        } = member;
        reader.exit(&mut rest.live.subscription, last);
        self.carry(socket.into(), *rest, unsent);
    }

    fn carry(&self, socket: OwnedFd, rest: Rest, unsent: Bytes) {
        let Rest {
            live,
            keep,
            counted,
            ..
        } = rest;
        drop(counted);
        match self.shards.watched(socket) {
            Ok(stream) => self.shards.carry(Carried {
                stream,
                live,
                unsent,
                keep,
            }),
            // Its client comes back, and resumes.
            Err(error) => {
                tracing::warn!(%error, "a stream ends, as nobody can wait for its socket")
            }
        }
    }

    /// Ends every stream of a channel, each with an end of its own; without a word where there is no reason.
    fn dissolve(&mut self, at: usize, reason: Option<CloseReason>) {
        while !self.channels[at].members.is_empty() {
            let member = self.remove(at, 0);
            match reason {
                Some(reason) => self.say_goodbye(member, reason),
                None => self.finish(member, chunk::LAST.to_vec()),
            }
        }
        let channel = self.channels.remove(at);
        self.by_kind.remove(&channel.kind);
        for Joining { socket, rest } in channel.waiting {
            self.carry(socket.into(), rest, Bytes::new());
        }
    }

    fn say_goodbye(&self, mut member: Member, reason: CloseReason) {
        let live = &mut member.rest.live;
        let (form, last) = (live.form, live.end(reason));
        let mut bytes = Vec::new();
        chunk::of(&last, form, &mut bytes);
        bytes.extend_from_slice(chunk::LAST);
        self.finish(member, bytes);
    }

    /// Writes the last, and closes.
    fn finish(&self, mut member: Member, bytes: Vec<u8>) {
        match member.write(&bytes) {
            Written::All => {
                // It may be gone already; there is nothing more to tell it then.
                let _ = member.socket.shutdown(Shutdown::Write);
            }
            Written::Part(n) => match self.shards.watched(member.socket.into()) {
                Ok(stream) => self
                    .shards
                    .finish(stream, bytes[n..].to_vec(), member.rest.keep),
                Err(error) => tracing::debug!(%error, "a stream ends without its last words"),
            },
            Written::Gone => {}
        }
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
                if member.may_expire && member.rest.live.has_expired() {
                    let member = self.remove(at, place);
                    self.say_goodbye(member, CloseReason::Expired);
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
