//! How a stream comes into a shard.

use std::sync::Arc;
use std::task::Waker;

use bytes::Bytes;
use hub::{Batch, Entered, Entering};
use mio::net::TcpStream;
use mio::{Interest, Token};

use super::Shard;
use crate::fanout::carrier::Next;
use crate::fanout::channel::Channel;
use crate::fanout::chunk;
use crate::fanout::inbox::{Bell, Named};
use crate::fanout::live::Live;
use crate::fanout::member::{Joining, Member, Rest, Written};

impl Shard<'_> {
    /// A stream comes, and is brought to where its channel is.
    pub(super) fn join(&mut self, joining: Joining) {
        let at = self.channel(&joining.live);
        self.enter(at, joining);
        // Its bell may not have been heard so far, nor the end of the hub.
        self.rung(at);
    }

    pub(super) fn enter(&mut self, at: usize, joining: Joining) {
        let Some(mut reader) = self.channels[at].reader.take() else {
            return self.channels[at].waiting.push(joining);
        };
        let Joining {
            socket,
            live,
            keep,
            counted,
        } = joining;
        let (subscription, form, stay) = live.into_parts();
        match reader.enter(subscription) {
            Entering::NotYet(subscription) => {
                let live = Live::resumed(subscription, form, stay);
                self.carry(socket.into(), live, Bytes::new(), keep, Next::Read);
            }
            Entering::Entered(Entered { member, news, own }) => {
                self.deliver(at, &reader, &news);
                let rest = Rest::new(member, stay, keep, counted);
                self.begin(at, &reader, TcpStream::from_std(socket), rest, &own);
            }
        }
        self.channels[at].reader = Some(reader);
    }

    /// Sends one that has entered what it has still to get, and waits for more.
    fn begin(
        &mut self,
        at: usize,
        reader: &hub::Channel,
        socket: TcpStream,
        rest: Rest,
        own: &Batch,
    ) {
        let mut member = Member {
            socket,
            id: self.places.vacant_key(),
            may_expire: rest.stay.may_end(),
            rest: Box::new(rest),
        };
        // Most have everything already.
        if !own.is_empty() {
            let bytes = Bytes::from(chunk::of(own, self.channels[at].kind.1));
            reader.handed_out(own, 1);
            match member.write(&bytes) {
                Written::All => {}
                Written::Part(n) => {
                    return self.send_back(at, member, reader, own, bytes.slice(n..));
                }
                Written::Gone => return,
            }
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

    /// The channel for a stream like this.
    fn channel(&mut self, live: &Live) -> usize {
        let kind = live.kind();
        if let Some(at) = self.by_kind.get(&kind) {
            return *at;
        }
        let at = self.channels.vacant_key();
        let bell = Arc::new(Bell {
            inbox: Arc::clone(&self.inbox),
            channel: Named { run: self.run, at },
        });
        let reader = self.hub.channel(Arc::clone(&kind.0));
        self.by_kind.insert(kind.clone(), at);
        self.channels
            .insert(Channel::new(kind, reader, Waker::from(bell)));
        at
    }
}
