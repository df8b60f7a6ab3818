//! What is open to whom, and by what it is known who someone is.

use std::collections::HashSet;

use super::algorithm::Algorithm;
use super::cookie::Cookie;
use super::jwks::Address;
use super::key::Key;
use super::key_id::KeyId;
use super::publishers::Publishers;
use super::rights::Rights;
use super::token::Demands;
use crate::config::AccessArgs;

/// The keys and the rights of a server that is closed.
#[derive(Clone, Debug)]
pub struct Policy {
    args: AccessArgs,
    /// The keys from files and the environment.
    pub(crate) keys: Vec<Key>,
    /// Where more keys are published.
    pub(crate) jwks: Option<Address>,
    pub(crate) demands: Demands,
    pub(crate) publishers: Publishers,
    /// Of all keys that are there, but for those that are published elsewhere.
    ids: HashSet<KeyId>,
    /// What everyone may do.
    pub(crate) public: Rights,
    pub(crate) cookie: Cookie,
}

impl Policy {
    /// Reads what the settings name.
    ///
    /// # Errors
    /// Where a setting is wrong, a file cannot be read, or nothing is opened at all: in one line,
    /// with the flag.
    pub(crate) fn read(args: AccessArgs) -> Result<Self, String> {
        let policy = Self::of(args)?;
        let has_tokens = !policy.keys.is_empty() || policy.jwks.is_some();
        if !has_tokens && policy.publishers.is_empty() && policy.public == Rights::default() {
            return Err(NOTHING_IS_OPEN.to_owned());
        }
        Ok(policy)
    }

    /// Reads the files once more. One from which the last key was taken away closes the door.
    ///
    /// # Errors
    /// Those of [`Policy::read`], but for nothing that is opened.
    pub(crate) fn again(&self) -> Result<Self, String> {
        Self::of(self.args.clone())
    }

    /// Whether a key is there, from a file or the environment.
    pub(super) fn knows(&self, key: &KeyId) -> bool {
        self.ids.contains(key)
    }

    fn of(args: AccessArgs) -> Result<Self, String> {
        let keys = args.jwt_keys.iter().map(|path| Key::read(path));
        let mut keys = keys
            .collect::<Result<Vec<_>, _>>()
            .map_err(|why| format!("--jwt-key: {why}"))?;
        keys.extend(from_environment()?);
        let jwks = args.jwks.as_deref().map(Address::parse).transpose();
        let jwks = jwks.map_err(|why| format!("--jwks: {why}"))?;
        let publishers = args.publish_key_file.as_deref().map(Publishers::read);
        let publishers = publishers
            .transpose()
            .map_err(|why| format!("--publish-key-file: {why}"))?
            .unwrap_or_default();
        demands_have_keys(&args, keys.is_empty() && jwks.is_none())?;
        let public = Rights {
            publish: args.public_write.clone().into(),
            subscribe: args.public_read.clone().into(),
            observe: false,
        };
        let demands = Demands {
            algorithms: algorithms(&args.jwt_algorithms, &keys)?,
            audiences: args.jwt_audiences.clone(),
            issuers: args.jwt_issuers.clone(),
        };
        let cookie = Cookie::new(args.cookie_name.clone(), args.cookie_domain.clone())?;
        let ids = keys.iter().map(|key| key.id).chain(publishers.ids());
        Ok(Self {
            args,
            ids: ids.collect(),
            keys,
            jwks,
            demands,
            publishers,
            public,
            cookie,
        })
    }
}

/// What a token has to say is asked of nobody where there are none.
fn demands_have_keys(args: &AccessArgs, has_none: bool) -> Result<(), String> {
    let demands = [
        ("--jwt-algorithm", args.jwt_algorithms.is_empty()),
        ("--jwt-audience", args.jwt_audiences.is_empty()),
        ("--jwt-issuer", args.jwt_issuers.is_empty()),
    ];
    match demands.iter().find(|(_, is_empty)| has_none && !is_empty) {
        Some((flag, _)) => Err(format!(
            "{flag}: there is no key for tokens, so that none is taken whatever it says; name a key with \
             --jwt-key or --jwks, or leave this out"
        )),
        None => Ok(()),
    }
}

const NOTHING_IS_OPEN: &str = "nobody could read or publish anything: say who may, with --jwt-key or \
     --jwks for tokens, --publish-key-file for publishers, or --public-read '**' and --public-write \
     '**' for everyone; `tickertape dev` is open on this machine";

/// A variable that holds the key itself, where a file is one thing too many.
pub(super) const VARIABLE: &str = "TICKERTAPE_JWT_KEY";

fn from_environment() -> Result<Option<Key>, String> {
    let Some(text) = std::env::var_os(VARIABLE).filter(|text| !text.is_empty()) else {
        return Ok(None);
    };
    if std::path::Path::new(&text).is_file() {
        return Err(format!(
            "{VARIABLE}: holds the key itself, not where it is; name a file with --jwt-key or \
             {VARIABLE}_FILE"
        ));
    }
    let key = Key::parse(text.as_encoded_bytes());
    key.map(Some).map_err(|why| format!("{VARIABLE}: {why}"))
}

/// Those that are named, each of which needs a key; else all.
fn algorithms(named: &[Algorithm], keys: &[Key]) -> Result<Vec<Algorithm>, String> {
    if named.is_empty() {
        return Ok(Algorithm::ALL.to_vec());
    }
    match keys.iter().find(|key| !named.contains(&key.algorithm)) {
        Some(key) => Err(format!(
            "--jwt-algorithm: a key is for {}, which is not among those that are allowed; add it, or \
             take the key away",
            key.algorithm
        )),
        None => Ok(named.to_vec()),
    }
}
