//! What is read again while the server runs: at SIGHUP, and nothing else.

use std::fmt;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::signal::unix::{SignalKind, signal};

use crate::systemd;

/// Reads a part of the server again; what it had stays where that fails, for the reason it gives.
type Part = Arc<dyn Fn() -> Result<(), String> + Send + Sync>;

/// The parts of a server that can be read again; cheap to clone.
#[derive(Clone, Default)]
pub struct Reload(Arc<Mutex<Vec<(&'static str, Part)>>>);

impl Reload {
    /// Adds a part, by the name that the log has for it, such as `the certificate`.
    ///
    /// It is called where waiting for a disk holds up nobody.
    pub fn add(
        &self,
        name: &'static str,
        part: impl Fn() -> Result<(), String> + Send + Sync + 'static,
    ) {
        let mut parts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        parts.push((name, Arc::new(part)));
    }

    /// Reads all parts again, one after the other, and logs what became of it.
    pub async fn now(&self) {
        let parts = self.parts();
        let read = tokio::task::spawn_blocking(move || {
            let mut done = Vec::new();
            for (name, part) in parts {
                match part() {
                    Ok(()) => done.push(name),
                    Err(why) => tracing::error!("{why}; of {name} stays what was read before"),
                }
            }
            done
        });
        match read.await.unwrap_or_default().as_slice() {
            [] => tracing::info!("SIGHUP: nothing was read again"),
            done => tracing::info!("SIGHUP: read again: {}", done.join(", ")),
        }
    }

    fn parts(&self) -> Vec<(&'static str, Part)> {
        let parts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        parts.clone()
    }

    /// Reads all parts again at each SIGHUP, for as long as the future is polled.
    ///
    /// # Errors
    /// Where the handler cannot be installed; it is before this returns.
    pub fn at_hangup(self) -> io::Result<impl Future<Output = ()> + Send> {
        let mut hangup = signal(SignalKind::hangup())?;
        Ok(async move {
            while hangup.recv().await.is_some() {
                systemd::reloading();
                self.now().await;
                systemd::ready();
            }
        })
    }
}

impl fmt::Debug for Reload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = self.parts().into_iter().map(|(name, _)| name);
        f.debug_list().entries(names).finish()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[tokio::test]
    async fn one_part_that_is_wrong_keeps_no_other_from_being_read() {
        let (reload, read) = (Reload::default(), Arc::new(AtomicUsize::new(0)));
        for result in [Err("it is damaged".to_owned()), Ok(())] {
            let read = Arc::clone(&read);
            reload.add("it", move || {
                read.fetch_add(1, Ordering::Relaxed);
                result.clone()
            });
        }
        reload.now().await;
        assert_eq!(read.load(Ordering::Relaxed), 2);
        reload.now().await;
        assert_eq!(read.load(Ordering::Relaxed), 4);
    }
}
