//! Until when a stream may go on.

use std::future::pending;
use std::pin::Pin;
use std::time::{Duration, SystemTime};

use tokio::sync::oneshot::{self, error::TryRecvError};
use tokio::time::{Sleep, sleep};

use super::live::{Standing, Watched};

/// The longest that is slept at a time: a clock that was set is noticed within it.
const LOOK: Duration = Duration::from_secs(60);

/// The end of a right.
#[derive(Debug)]
pub(crate) struct Until {
    expires: Option<(SystemTime, Pin<Box<Sleep>>)>,
    replaced: Option<oneshot::Receiver<()>>,
    watched: Option<Watched>,
}

impl Until {
    /// When it expires, when another connection has what was this one's, and when the key is gone that it came
    /// from.
    pub(crate) fn new(
        expires: Option<SystemTime>,
        replaced: Option<oneshot::Receiver<()>>,
        standing: Option<Standing>,
    ) -> Self {
        Self {
            expires: expires.map(|at| (at, Box::pin(sleep(left(at).min(LOOK))))),
            replaced,
            watched: standing.map(Standing::watched),
        }
    }

    /// For as long as the stream likes.
    pub(crate) fn for_ever() -> Self {
        Self::new(None, None, None)
    }

    /// Whether it is over: for a stream that always has more to say, and so waits for nothing.
    pub(crate) fn is_over(&mut self) -> bool {
        let has_expired = self
            .expires
            .as_ref()
            .is_some_and(|(at, _)| left(*at).is_zero());
        let is_replaced = self.replaced.as_mut().is_some_and(is_closed);
        has_expired || is_replaced || self.watched.as_mut().is_some_and(Watched::is_gone)
    }

    /// Whether there is an end.
    pub(crate) fn may_come(&self) -> bool {
        self.expires.is_some() || self.replaced.is_some() || self.watched.is_some()
    }

    /// Resolves at the end; cancel-safe.
    pub(crate) async fn over(&mut self) {
        tokio::select! {
            () = expired(&mut self.expires) => {}
            () = replaced(&mut self.replaced) => {}
            () = gone(&mut self.watched) => {}
        }
    }
}

async fn expired(expires: &mut Option<(SystemTime, Pin<Box<Sleep>>)>) {
    let Some((at, sleep)) = expires else {
        return pending().await;
    };
    while !left(*at).is_zero() {
        sleep.as_mut().await;
        sleep.set(tokio::time::sleep(left(*at).min(LOOK)));
    }
}

async fn replaced(receiver: &mut Option<oneshot::Receiver<()>>) {
    match receiver {
        Some(receiver) => {
            if !is_closed(receiver) {
                let _ = receiver.await;
            }
        }
        None => pending().await,
    }
}

/// Nothing is ever sent: the other end goes away. What has heard so may be asked again.
fn is_closed(receiver: &mut oneshot::Receiver<()>) -> bool {
    receiver.is_terminated() || receiver.try_recv() == Err(TryRecvError::Closed)
}

async fn gone(watched: &mut Option<Watched>) {
    match watched {
        Some(watched) => watched.gone().await,
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
        let mut until = Until::new(Some(past), None, None);
        assert!(until.is_over());
        until.over().await;
        let (sender, receiver) = oneshot::channel();
        let future = SystemTime::now() + Duration::from_secs(3600);
        let mut until = Until::new(Some(future), Some(receiver), None);
        assert!(!until.is_over());
        assert!(until.over().now_or_never().is_none());
        drop(sender);
        assert!(until.is_over());
        until.over().await;
        assert!(Until::for_ever().over().now_or_never().is_none());
    }
}
