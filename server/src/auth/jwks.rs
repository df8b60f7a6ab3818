//! Keys that are published elsewhere: fetched, kept, and fetched again when they change.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use jsonwebtoken::jwk::Jwk;
use serde::Deserialize;
use tokio::sync::Mutex;
use tokio::time::Instant;
use ureq::http::Uri;

use super::key::Key;
use crate::client::agent;
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
        let host = uri.host().unwrap_or_default().trim_matches(['[', ']']);
        let is_local = host == "localhost"
            || host
                .parse::<std::net::IpAddr>()
                .is_ok_and(|ip| ip.is_loopback());
        match uri.scheme_str() {
            Some("https") if !host.is_empty() => Ok(Self(text.to_owned())),
            Some("http") if is_local => Ok(Self(text.to_owned())),
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
    keys: RwLock<Arc<[Key]>>,
    /// When it was last asked, whatever came of it. Held while asking, so that it is asked once for
    /// all who want it.
    asked: Mutex<Option<Instant>>,
}

impl Jwks {
    /// One that was not asked yet.
    pub(crate) fn new(address: Address) -> Self {
        Self {
            address,
            keys: RwLock::default(),
            asked: Mutex::default(),
        }
    }

    /// The keys as they are known.
    pub(crate) fn keys(&self) -> Arc<[Key]> {
        let keys = self.keys.read().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(&keys)
    }

    /// Asks again where the keys are older than they may be. Where nobody answers, those that are known
    /// stay: whoever can cut the line must not be able to lock everyone out.
    pub(crate) async fn freshen(&self) {
        self.ask_after(JWKS_AGE).await;
    }

    /// Asks again as a token names a key that is not there, but not as often as anyone likes.
    pub(crate) async fn look_for_new(&self) {
        self.ask_after(JWKS_PAUSE).await;
    }

    async fn ask_after(&self, age: Duration) {
        let mut asked = self.asked.lock().await;
        if asked.is_some_and(|at| at.elapsed() < age) {
            return;
        }
        let url = self.address.0.clone();
        let answer = tokio::task::spawn_blocking(move || fetch(&url)).await;
        *asked = Some(Instant::now());
        match answer.unwrap_or_else(|error| Err(error.to_string())) {
            Ok(keys) => {
                let mut known = self.keys.write().unwrap_or_else(PoisonError::into_inner);
                if known.is_empty() || known.len() != keys.len() {
                    tracing::info!("{} keys for tokens from {}", keys.len(), self.address.0);
                }
                *known = keys.into();
            }
            Err(why) => tracing::warn!(
                "--jwks: {}: {why}; the keys that are known stay",
                self.address.0
            ),
        }
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
    let keys: Vec<_> = known.filter_map(|jwk| Key::of_jwk(&jwk)).collect();
    if keys.is_empty() {
        return Err("has no public key for RS256, ES256 or EdDSA".to_owned());
    }
    Ok(keys)
}

#[cfg(test)]
mod tests {
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
        assert!(set(&[secret.to_owned()]).is_err());
        assert!(parse("[]").is_err());
    }
}
