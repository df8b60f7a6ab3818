//! Keys that are published elsewhere: fetched, kept, and fetched again when they change.

use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};
use std::time::Duration;

use jsonwebtoken::jwk::Jwk;
use serde::Deserialize;
use tokio::sync::{Mutex, watch};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};
use ureq::http::Uri;

use super::key::Key;
use super::key_id::KeyId;
use crate::client::{agent, is_local};
use crate::limits::{JWKS_AGE, JWKS_BYTES, JWKS_KEYS, JWKS_PAUSE, JWKS_TIMEOUT};

/// Where a key set is published.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Address(String);

impl Address {
    /// An `https` URL; `http` on this machine, where nobody is in between.
    ///
    /// # Errors
    /// For any other.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let uri: Uri = text
            .parse()
            .map_err(|_| format!("{text:?} is no URL; give one such as {EXAMPLE}"))?;
        match uri.scheme_str() {
            Some("https") if uri.host().is_some_and(|host| !host.is_empty()) => {
                Ok(Self(text.to_owned()))
            }
            Some("http") if is_local(text) => Ok(Self(text.to_owned())),
            _ => Err(format!(
                "{text:?} is not https, so that anyone on the way could put keys of their own there; \
                 give one such as {EXAMPLE}"
            )),
        }
    }
}

const EXAMPLE: &str = "https://id.example/.well-known/jwks.json";

/// The keys that were there when it was last asked.
#[derive(Debug)]
pub(crate) struct Jwks {
    address: Address,
    known: RwLock<Known>,
    /// When it was last asked, whatever came of it. Held while asking, so that it is asked once for
    /// all who want it.
    asked: Mutex<Option<Instant>>,
    /// Told when they have changed.
    changed: watch::Sender<()>,
}

#[derive(Debug, Default)]
struct Known {
    keys: Arc<[Key]>,
    /// When they were there; never, in the beginning.
    at: Option<Instant>,
}

impl Jwks {
    /// One that was not asked yet, and what is told when its keys have changed.
    pub(crate) fn new(address: Address, changed: watch::Sender<()>) -> Self {
        Self {
            address,
            known: RwLock::default(),
            asked: Mutex::default(),
            changed,
        }
    }

    /// The keys as they are known.
    pub(crate) fn keys(&self) -> Arc<[Key]> {
        Arc::clone(&self.known().keys)
    }

    /// Whether a key is among them.
    pub(super) fn knows(&self, key: &KeyId) -> bool {
        self.known().keys.iter().any(|known| known.id == *key)
    }

    /// Whether they were ever there.
    pub(crate) fn was_there(&self) -> bool {
        self.known().at.is_some()
    }

    /// Sees to it that the keys are no older than they may be: those that soon will be are fetched while nobody
    /// waits. Where nobody answers, those that are known stay, and are waited for no more: whoever can cut the line
    /// must not be able to lock everyone out, nor to hold everyone up.
    pub(crate) async fn freshen(self: &Arc<Self>) {
        let Some(age) = self.known().at.map(|at| at.elapsed()) else {
            return self.look_for_new().await;
        };
        if age < JWKS_AGE / 2 {
            return;
        }
        // Who is asking already asks for all.
        let tried = self.asked.try_lock().map(|asked| *asked);
        if let Ok(tried) = tried {
            let asking = self.ask(JWKS_PAUSE);
            let is_tried = tried.is_some_and(|at| at.elapsed() < JWKS_AGE);
            if age >= JWKS_AGE && !is_tried {
                let _ = asking.await;
            }
        }
    }

    /// Asks again and again, so that a key that is withdrawn is missed also where nobody shows a token.
    pub(super) async fn follow(self: &Arc<Self>) {
        loop {
            let _ = self.ask(JWKS_PAUSE).await;
            sleep(JWKS_AGE / 2).await;
        }
    }

    /// Asks again as a token names a key that is not there, but not as often as anyone likes.
    pub(crate) async fn look_for_new(self: &Arc<Self>) {
        // Who fails to ask has found nothing.
        let _ = self.ask(JWKS_PAUSE).await;
    }

    /// Asks again as the operator wants it. In the context of a runtime; what comes of it is seen later.
    pub(super) fn ask_now(self: &Arc<Self>) {
        drop(self.ask(Duration::ZERO));
    }

    /// Asks, where that was not done within this time. It goes on also where nobody waits for it any more: a request that
    /// is given up must not make room for the next.
    fn ask(self: &Arc<Self>, pause: Duration) -> JoinHandle<()> {
        let jwks = Arc::clone(self);
        tokio::spawn(async move {
            let mut asked = jwks.asked.lock().await;
            if asked.is_some_and(|at| at.elapsed() < pause) {
                return;
            }
            let url = jwks.address.0.clone();
            let answer = tokio::task::spawn_blocking(move || fetch(&url)).await;
            *asked = Some(Instant::now());
            match answer.unwrap_or_else(|error| Err(error.to_string())) {
                Ok(keys) => jwks.learn(keys),
                Err(why) => tracing::warn!(
                    "--jwks: {}: {why}; the keys that are known stay",
                    jwks.address.0
                ),
            }
        })
    }

    /// What is published now is what there is: a key that is not there any more is withdrawn.
    fn learn(&self, keys: Vec<Key>) {
        if keys.is_empty() {
            tracing::warn!(
                "--jwks: {} has no public key for RS256, ES256 or EdDSA, so no token of its is good",
                self.address.0
            );
        }
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        if known.keys.len() != keys.len() {
            tracing::info!("{} keys for tokens from {}", keys.len(), self.address.0);
        }
        *known = Known {
            keys: keys.into(),
            at: Some(Instant::now()),
        };
        drop(known);
        self.changed.send_replace(());
    }

    fn known(&self) -> RwLockReadGuard<'_, Known> {
        self.known.read().unwrap_or_else(PoisonError::into_inner)
    }
}

#[derive(Deserialize)]
struct Set {
    keys: Vec<serde_json::Value>,
}

/// Blocks until the set is here, or the time for it is over.
fn fetch(url: &str) -> Result<Vec<Key>, String> {
    // Where the operator says, and nowhere else.
    let agent = agent(url, |config| {
        config.max_redirects(0).timeout_global(Some(JWKS_TIMEOUT))
    });
    let mut answer = agent.get(url).call().map_err(|error| error.to_string())?;
    if answer.status() != 200 {
        return Err(format!("answers {}, not 200", answer.status()));
    }
    let body = answer.body_mut().with_config().limit(JWKS_BYTES);
    let text = body.read_to_string().map_err(|error| error.to_string())?;
    parse(&text)
}

/// The keys of a set that tokens may be checked with; others are passed over, as a set may be for
/// several purposes (RFC 7517, 5).
fn parse(text: &str) -> Result<Vec<Key>, String> {
    let set: Set =
        serde_json::from_str(text).map_err(|error| format!("is no JSON Web Key Set: {error}"))?;
    let known = set.keys.into_iter().take(JWKS_KEYS);
    let known = known.filter_map(|key| serde_json::from_value::<Jwk>(key).ok());
    Ok(known.filter_map(|jwk| Key::of_jwk(&jwk)).collect())
}

#[cfg(test)]
pub(super) mod tests {
    use std::io::{Read, Write};
    use std::net::TcpListener;
    use std::sync::Mutex as StdMutex;

    use futures::FutureExt;

    use super::*;

    #[test]
    fn keys_come_from_https_or_from_this_machine() {
        for good in [
            "https://id.example/jwks.json",
            "http://127.0.0.1:9/k",
            "http://localhost/k",
            "http://[::1]:1/k",
        ] {
            assert!(Address::parse(good).is_ok(), "{good}");
        }
        for bad in [
            "http://id.example/k",
            "ftp://a/k",
            "",
            "id.example",
            "file:///etc/keys",
        ] {
            assert!(Address::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn of_a_set_only_public_keys_for_known_signatures_count() {
        let secret =
            r#"{"kty":"oct","k":"c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0","alg":"HS256"}"#;
        let ed = r#""kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo""#;
        let set = |keys: &[String]| parse(&format!(r#"{{"keys":[{}]}}"#, keys.join(",")));
        let good = format!(r#"{{{ed},"kid":"a"}}"#);
        let keys = set(&[
            secret.to_owned(),
            good,
            format!(r#"{{{ed},"kid":"b","use":"enc"}}"#),
            format!(r#"{{{ed},"kid":"c","alg":"RS256"}}"#),
            r#"{"kty":"new"}"#.to_owned(),
        ]);
        let keys = keys.unwrap();
        assert_eq!(keys.len(), 1);
        assert_eq!(keys[0].name.as_deref(), Some("a"));
        assert!(set(&[secret.to_owned()]).unwrap().is_empty());
        assert!(parse("[]").is_err());
    }

    pub(in super::super) const ED: &str =
        r#"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#;

    /// What is answered, and how often.
    pub(in super::super) type Published = Arc<StdMutex<(String, u32)>>;

    /// Answers with what is set, and counts.
    pub(in super::super) fn publish(keys: &str) -> (String, Published) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/keys", listener.local_addr().unwrap());
        let set = Arc::new(StdMutex::new((keys.to_owned(), 0)));
        let answer = Arc::clone(&set);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let _ = stream.read(&mut [0; 4096]);
                let mut set = answer.lock().unwrap();
                set.1 += 1;
                // A status with what belongs to it stands before the keys, where it is not the usual one.
                let (status, keys) = set.0.split_once('|').unwrap_or(("200 OK", &set.0));
                let body = format!(r#"{{"keys":[{keys}]}}"#);
                let length = body.len();
                let head = format!(
                    "HTTP/1.1 {status}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n"
                );
                let _ = stream.write_all((head + &body).as_bytes());
            }
        });
        (url, set)
    }

    fn published(keys: &str) -> (Arc<Jwks>, Published) {
        let (url, set) = publish(keys);
        let address = Address::parse(&url).unwrap();
        let jwks = Jwks::new(address, watch::Sender::default());
        (Arc::new(jwks), set)
    }

    async fn later(time: Duration) {
        tokio::time::pause();
        tokio::time::advance(time).await;
        tokio::time::resume();
    }

    #[tokio::test]
    async fn a_key_that_is_withdrawn_is_gone_once_the_set_is_as_old_as_it_may_be() {
        let (jwks, set) = published(ED);
        jwks.freshen().await;
        assert_eq!(jwks.keys().len(), 1);
        set.lock().unwrap().0.clear();
        later(JWKS_AGE / 3).await;
        jwks.freshen().await;
        assert_eq!(jwks.keys().len(), 1, "it is young");
        later(JWKS_AGE).await;
        jwks.freshen().await;
        assert!(jwks.keys().is_empty(), "who asks now has waited for it");
        assert_eq!(set.lock().unwrap().1, 2);
    }

    #[tokio::test]
    async fn keys_that_cannot_be_fetched_are_those_that_were_there() {
        let (jwks, set) = published(ED);
        jwks.freshen().await;
        let id = jwks.keys()[0].id;
        for (n, answer) in [
            "500 No|",
            "404 No|",
            "200 OK|{",
            "204 No Content|",
            "206 Part|",
        ]
        .into_iter()
        .enumerate()
        {
            answer.clone_into(&mut set.lock().unwrap().0);
            later(2 * JWKS_AGE).await;
            jwks.freshen().await;
            assert_eq!(set.lock().unwrap().1 as usize, n + 2, "it was asked");
            assert!(jwks.knows(&id) && jwks.was_there(), "{answer}");
        }
    }

    #[tokio::test]
    async fn nobody_waits_for_keys_that_are_there_where_nobody_answers() {
        let (jwks, set) = published(ED);
        jwks.freshen().await;
        "500 No|".clone_into(&mut set.lock().unwrap().0);
        later(2 * JWKS_AGE).await;
        jwks.freshen().await;
        assert_eq!(set.lock().unwrap().1, 2, "the first has waited");
        later(2 * JWKS_PAUSE).await;
        // Nobody answers as long as this is held.
        let held = set.lock().unwrap();
        assert!(Box::pin(jwks.freshen()).now_or_never().is_some());
        drop(held);
    }

    #[tokio::test]
    async fn keys_are_where_the_operator_says_and_nowhere_else() {
        let (elsewhere, theirs) = publish(ED);
        for status in [
            "301 Moved",
            "302 Found",
            "307 Moved",
            "308 Moved",
            "303 Other",
        ] {
            let (jwks, set) = published(&format!("{status}\r\nlocation: {elsewhere}|{ED}"));
            jwks.freshen().await;
            assert_eq!(set.lock().unwrap().1, 1, "it was asked");
            assert!(jwks.keys().is_empty() && !jwks.was_there(), "{status}");
            assert_eq!(theirs.lock().unwrap().1, 0, "{status} was followed");
        }
    }

    #[tokio::test]
    async fn who_gives_up_makes_no_room_for_another_question() {
        let (jwks, set) = published(ED);
        for _ in 0..20 {
            let _ = Box::pin(jwks.look_for_new()).now_or_never();
        }
        jwks.look_for_new().await;
        assert_eq!(jwks.keys().len(), 1);
        assert_eq!(set.lock().unwrap().1, 1);
    }
}
