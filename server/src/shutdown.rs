//! How a stop is asked for, and how the streams hear of it.

use std::io;

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

/// Resolves at the first SIGTERM or SIGINT.
///
/// # Errors
/// Where the handlers cannot be installed; they are before this returns.
pub fn signals() -> io::Result<impl Future<Output = ()> + Send> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}

/// Tells every [`Stopping`] that the server stops; so does dropping it.
#[derive(Debug)]
pub struct Stop(watch::Sender<bool>);

impl Stop {
    /// A switch, and the handle of those who wait for it.
    #[must_use]
    pub fn new() -> (Self, Stopping) {
        let (sender, receiver) = watch::channel(false);
        (Self(sender), Stopping(receiver))
    }

    /// The server stops from now on.
    pub fn now(&self) {
        self.0.send_replace(true);
    }
}

/// Resolves when the server stops.
#[derive(Clone, Debug)]
pub struct Stopping(watch::Receiver<bool>);

impl Stopping {
    /// Whether the server stops already.
    #[must_use]
    pub fn has_begun(&self) -> bool {
        *self.0.borrow()
    }

    /// Waits for the stop; cancel-safe.
    pub async fn wait(&mut self) {
        // An error is a switch that is gone: then there is nothing to wait for either.
        let _ = self.0.wait_for(|stopped| *stopped).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_handle_that_is_cloned_after_the_stop_hears_of_it() {
        let (stop, stopping) = Stop::new();
        assert!(!stopping.has_begun());
        stop.now();
        assert!(stopping.has_begun());
        stopping.clone().wait().await;
    }
}
