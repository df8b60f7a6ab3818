//! A stream in its socket that does not wait with others: it is behind, or ends.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use hub::Handed;
use socket2::SockRef;
use tokio::net::TcpStream;

use super::chunk;
use super::keep::Keep;
use super::live::Live;
use super::portions::Portion;
use super::shards::Shards;
use crate::connection::give_leeway;

/// A stream, its socket, and what has still to be written.
pub(crate) struct Carried {
    pub(crate) stream: TcpStream,
    pub(crate) live: Live,
    /// What comes before the next delivery.
    pub(crate) unsent: Bytes,
    pub(crate) keep: Keep,
    /// What it does first.
    pub(crate) next: Next,
}

/// What a stream that is carried does once it has written what it had to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Next {
    /// It waits with others, if it may.
    Enter,
    /// It reads by itself, as it could not enter: or it would try for ever.
    Read,
}

impl Carried {
    /// Writes the stream into its socket until it has everything, and then lets it wait with others in a
    /// shard; until it ends, where it ends before that.
    pub(crate) async fn carry(self, shards: Arc<Shards>) {
        let Self {
            stream,
            mut live,
            unsent,
            mut keep,
            mut next,
        } = self;
        let patience = shards.patience();
        if write(&stream, &unsent, patience).await.is_err() {
            return;
        }
        // What others are sent too is kept no longer than it takes.
        drop(unsent);
        loop {
            if next == Next::Enter && live.subscription.may_enter() {
                return shards.join(stream, live, keep);
            }
            next = Next::Enter;
            if let Some(portion) = live.portion(&shards.portions) {
                if write(&stream, &portion.bytes, patience).await.is_err() {
                    return;
                }
                // Others have their turn: the socket may take a long replay without a pause.
                tokio::task::yield_now().await;
                continue;
            }
            let place = live.subscription.place();
            let batch = tokio::select! {
                biased;
                batch = live.next() => batch,
                () = gone(&stream, &mut keep) => return,
            };
            let Some(batch) = batch else {
                return finish(&stream, chunk::LAST, patience).await;
            };
            let bytes = Bytes::from(chunk::of(&batch, live.form));
            if let (Some(place), Some(handed)) = (place, Handed::of(&batch)) {
                let portion = Portion {
                    bytes: bytes.clone(),
                    handed,
                    through: live.subscription.seq(),
                };
                shards.portions.keep((live.kind(), place), portion);
            }
            if write(&stream, &bytes, patience).await.is_err() {
                return;
            }
        }
    }
}

/// Writes the last of a stream, and tells its client that nothing follows.
pub(super) async fn finish(stream: &TcpStream, last: &[u8], patience: Duration) {
    if write(stream, last, patience).await.is_ok() {
        // It may be gone already; there is nothing more to tell it then.
        let _ = SockRef::from(stream).shutdown(std::net::Shutdown::Write);
    }
}

/// Writes all; an error where the client takes nothing for as long as the patience lasts.
async fn write(stream: &TcpStream, mut bytes: &[u8], patience: Duration) -> io::Result<()> {
    let mut has_leeway = false;
    while !bytes.is_empty() {
        match stream.try_write(bytes) {
            Ok(n) => bytes = &bytes[n..],
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                if !has_leeway {
                    has_leeway = true;
                    give_leeway(stream, patience);
                }
                tokio::time::timeout(patience, stream.writable()).await??;
            }
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Resolves once the client has ended the connection, or sends without end what nobody asked for.
async fn gone(stream: &TcpStream, keep: &mut Keep) {
    let mut discarded = [0; 1024];
    while keep.may_send() {
        if stream.readable().await.is_err() {
            return;
        }
        match stream.try_read(&mut discarded) {
            Ok(0) => return,
            Ok(n) => keep.discarded(n),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(_) => return,
        }
    }
}
