//! Until when a stream may go on.

use std::future::pending;
use std::pin::Pin;
use std::time::{Duration, SystemTime};

use tokio::sync::oneshot;
use tokio::time::{Sleep, sleep};

/// The longest that is slept at a time: a clock that was set is noticed within it.
const LOOK: Duration = Duration::from_secs(60);

/// The end of a right.
#[derive(Debug)]
pub(crate) struct Until {
    expires: Option<(SystemTime, Pin<Box<Sleep>>)>,
    replaced: Option<oneshot::Receiver<()>>,
}

impl Until {
    /// When it expires, and when another connection has what was this one's.
    pub(crate) fn new(
        expires: Option<SystemTime>,
        replaced: Option<oneshot::Receiver<()>>,
    ) -> Self {
        Self {
            expires: expires.map(|at| (at, Box::pin(sleep(left(at).min(LOOK))))),
            replaced,
        }
    }

    /// For as long as the stream likes.
    pub(crate) fn for_ever() -> Self {
        Self::new(None, None)
    }

    /// Whether there is an end.
    pub(crate) fn may_come(&self) -> bool {
        self.expires.is_some() || self.replaced.is_some()
    }

    /// Resolves at the end; cancel-safe.
    pub(crate) async fn over(&mut self) {
        tokio::select! {
            () = expired(&mut self.expires) => {}
            () = replaced(&mut self.replaced) => {}
        }
    }
}

async fn expired(expires: &mut Option<(SystemTime, Pin<Box<Sleep>>)>) {
    let Some((at, sleep)) = expires else {
        return pending().await;
    };
    // The clock first: a timer is heard of only where there is nothing else to do, and a stream may always
    // have more to say.
    while !left(*at).is_zero() {
        sleep.as_mut().await;
        sleep.set(tokio::time::sleep(left(*at).min(LOOK)));
    }
}

async fn replaced(receiver: &mut Option<oneshot::Receiver<()>>) {
    match receiver {
        // Nothing is ever sent: the other end goes away.
        Some(receiver) => drop(receiver.await),
        None => pending().await,
    }
}

fn left(at: SystemTime) -> Duration {
    at.duration_since(SystemTime::now()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;

    use super::*;

    #[tokio::test]
    async fn a_right_ends_when_it_expires_or_another_has_it() {
        let past = SystemTime::now() - Duration::from_secs(1);
        Until::new(Some(past), None).over().await;
        let (sender, receiver) = oneshot::channel();
        let future = SystemTime::now() + Duration::from_secs(3600);
        let mut until = Until::new(Some(future), Some(receiver));
        assert!(until.over().now_or_never().is_none());
        drop(sender);
        until.over().await;
        assert!(Until::for_ever().over().now_or_never().is_none());
    }
}
