//! Which keys are good at this moment, and how one hears of it when one is taken away.

use std::sync::{Arc, PoisonError, RwLock};

use tokio::sync::watch;

use super::jwks::Jwks;
use super::key_id::KeyId;
use super::policy::Policy;

/// The keys of a server that is closed, as they were read or fetched last.
#[derive(Debug)]
pub(crate) struct Live {
    policy: RwLock<Arc<Policy>>,
    pub(super) jwks: Option<Arc<Jwks>>,
    /// Told after a change is there to be seen, so that whoever hears of it sees it.
    changed: watch::Sender<()>,
}

impl Live {
    pub(super) fn new(policy: Arc<Policy>) -> Arc<Self> {
        let changed = watch::Sender::new(());
        let address = policy.jwks.clone();
        let jwks = address.map(|address| Arc::new(Jwks::new(address, changed.clone())));
        Arc::new(Self {
            policy: RwLock::new(policy),
            jwks,
            changed,
        })
    }

    /// What is open to whom now.
    pub(crate) fn policy(&self) -> Arc<Policy> {
        let policy = self.policy.read().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(&policy)
    }

    /// Another policy in its place.
    pub(super) fn replace(&self, policy: Policy) {
        *self.policy.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(policy);
        self.changed.send_replace(());
    }

    /// Whether a key lets anyone in.
    pub(super) fn knows(&self, key: &KeyId) -> bool {
        self.policy().knows(key) || self.jwks.as_ref().is_some_and(|jwks| jwks.knows(key))
    }

    /// What someone has who was let in by this key.
    pub(super) fn standing(self: &Arc<Self>, key: KeyId) -> Standing {
        Standing {
            live: Arc::clone(self),
            key,
        }
    }
}

/// What someone has whom a key let in.
#[derive(Clone, Debug)]
pub(crate) struct Standing {
    live: Arc<Live>,
    key: KeyId,
}

impl Standing {
    /// The same, as what runs on looks at it.
    pub(super) fn watched(self) -> Watched {
        let mut changed = self.live.changed.subscribe();
        // The key may have gone before this.
        changed.mark_changed();
        Watched {
            standing: self,
            changed,
        }
    }
}

/// A standing that is looked at again whenever keys have changed, and not otherwise.
#[derive(Debug)]
pub(super) struct Watched {
    standing: Standing,
    changed: watch::Receiver<()>,
}

impl Watched {
    /// Whether the key is gone; where nothing has changed that is one look at a number.
    pub(super) fn is_gone(&mut self) -> bool {
        if !self.changed.has_changed().unwrap_or(true) {
            return false;
        }
        // First, so that a change while the keys are looked at is not missed.
        self.changed.mark_unchanged();
        let is_gone = !self.standing.live.knows(&self.standing.key);
        if is_gone {
            self.changed.mark_changed();
        }
        is_gone
    }

    /// Resolves once the key is gone; cancel-safe.
    pub(super) async fn gone(&mut self) {
        while !self.is_gone() {
            // The sender lives as long as the standing.
            let _ = self.changed.changed().await;
            self.changed.mark_changed();
        }
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;

    use super::*;
    use crate::config::AccessArgs;

    const OLD: &str = "0123456789abcdef0123456789abcdef";
    const NEW: &str = "fedcba9876543210fedcba9876543210";

    fn with(secrets: &[&str]) -> Policy {
        let dir = tempfile::tempdir().unwrap();
        let paths = secrets.iter().enumerate().map(|(n, secret)| {
            let path = dir.path().join(n.to_string());
            std::fs::write(&path, secret).unwrap();
            path
        });
        let args = AccessArgs {
            jwt_keys: paths.collect(),
            cookie_name: "t".to_owned(),
            ..AccessArgs::default()
        };
        Policy::read(args).unwrap()
    }

    #[tokio::test]
    async fn who_was_let_in_by_a_key_hears_that_it_is_gone_and_of_nothing_else() {
        let policy = with(&[OLD]);
        let key = policy.keys[0].id;
        let live = Live::new(Arc::new(policy));
        let mut watched = live.standing(key).watched();
        assert!(!watched.is_gone() && watched.gone().now_or_never().is_none());
        live.replace(with(&[NEW, OLD]));
        assert!(!watched.is_gone() && watched.gone().now_or_never().is_none());
        let heard = tokio::spawn(async move {
            watched.gone().await;
            watched
        });
        tokio::task::yield_now().await;
        live.replace(with(&[NEW]));
        for _ in 0..10 {
            tokio::task::yield_now().await;
        }
        assert!(heard.is_finished(), "it was told");
        let mut watched = heard.await.unwrap();
        assert!(watched.is_gone() && watched.is_gone(), "it stays so");
        // Who was let in just before, and looks only now.
        let mut late = live.standing(key).watched();
        assert!(late.is_gone());
        late.gone().await;
    }
}
