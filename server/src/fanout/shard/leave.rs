//! How streams leave a shard: to a task, or to their end.

use std::net::Shutdown;
use std::os::fd::OwnedFd;

use bytes::Bytes;
use hub::{Close, CloseReason, Delivery};

use super::Shard;
use crate::fanout::carrier::{Carried, Next};
use crate::fanout::chunk;
use crate::fanout::keep::Keep;
use crate::fanout::live::Live;
use crate::fanout::member::{Joining, Member, Rest, Written};

impl Shard<'_> {
    /// To a task of its own, as its socket takes no more for now.
    pub(super) fn send_back(
        &self,
        at: usize,
        member: Member,
        reader: &hub::Channel,
        last: &[Delivery],
        unsent: Bytes,
    ) {
        let Member { socket, rest, .. } = member;
        let Rest {
            place, stay, keep, ..
        } = *rest;
        let form = self.channels[at].kind.1;
        let live = Live::resumed(reader.exit(place, last), form, stay);
        self.carry(socket.into(), live, unsent, keep, Next::Enter);
    }

    pub(super) fn carry(&self, socket: OwnedFd, live: Live, unsent: Bytes, keep: Keep, next: Next) {
        match self.shards.watched(socket) {
            Ok(stream) => self.shards.carry(Carried {
                stream,
                live,
                unsent,
                keep,
                next,
            }),
            // Its client comes back, and resumes.
            Err(error) => {
                tracing::warn!(%error, "a stream ends, as nobody can wait for its socket")
            }
        }
    }

    /// Ends every stream of a channel, each with an end of its own; without a word where there is no reason.
    pub(super) fn dissolve(&mut self, at: usize, reason: Option<CloseReason>) {
        while !self.channels[at].members.is_empty() {
            let member = self.remove(at, 0);
            match reason {
                Some(reason) => self.say_goodbye(at, member, reason),
                None => self.finish(member, chunk::LAST.to_vec()),
            }
        }
        let channel = self.channels.remove(at);
        self.by_kind.remove(&channel.kind);
        for joining in channel.waiting {
            let Joining {
                socket, live, keep, ..
            } = joining;
            self.carry(socket.into(), live, Bytes::new(), keep, Next::Read);
        }
    }

    /// Ends a stream whose right has ended.
    pub(super) fn expire(&mut self, at: usize, place: usize) {
        let member = self.remove(at, place);
        self.say_goodbye(at, member, CloseReason::Expired);
    }

    fn say_goodbye(&self, at: usize, member: Member, reason: CloseReason) {
        let close = Close::new(reason);
        self.hub.ended(close);
        let form = self.channels[at].kind.1;
        let mut bytes = chunk::of(&[Delivery::Close(close)], form);
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
}
