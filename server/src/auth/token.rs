//! Tokens: JSON Web Tokens, checked against an explicit list of algorithms and keys.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use jsonwebtoken::{Header, Validation, decode, decode_header};
use serde::Deserialize;
use serde::de::IgnoredAny;

use super::algorithm::Algorithm;
use super::key::Key;
use super::key_id::KeyId;
use super::rights::{Claim, Rights};
use crate::limits::{LONGEST_TOKEN, TOKEN_SKEW};

/// What a token has to have beside a good signature.
#[derive(Clone, Debug, Default)]
pub(crate) struct Demands {
    /// Which algorithms it may be signed with.
    pub(crate) algorithms: Vec<Algorithm>,
    /// One of which it has to be meant for; empty: whatever it says.
    pub(crate) audiences: Vec<String>,
    /// One of whom has to have issued it; empty: whoever.
    pub(crate) issuers: Vec<String>,
}

/// What a token grants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Grant {
    /// Whom it is for, where it says.
    pub(crate) subject: Option<String>,
    pub(crate) rights: Rights,
    /// Until when.
    pub(crate) expires: SystemTime,
    /// By which key.
    pub(crate) key: KeyId,
}

/// The claims that count; all others are passed over.
#[derive(Deserialize)]
struct Claims {
    exp: f64,
    nbf: Option<f64>,
    sub: Option<String>,
    #[serde(default)]
    tickertape: Claim,
}

/// The head of a token, read before its signature is checked: it only chooses among keys that are
/// there already.
pub(crate) struct Head {
    pub(crate) algorithm: Algorithm,
    pub(crate) key: Option<String>,
}

/// Reads the head of a token.
///
/// # Errors
/// Where it is no token, its algorithm is not among those that are demanded, or it has
/// extensions that have to be understood (RFC 7515, 4.1.11). The text is for the log.
pub(crate) fn head(token: &str, demands: &Demands) -> Result<Head, String> {
    if token.len() > LONGEST_TOKEN {
        return Err(format!("it is longer than {LONGEST_TOKEN} bytes"));
    }
    let header: Header = decode_header(token).map_err(|error| format!("its head: {error}"))?;
    if has_extensions(token) {
        return Err("it has extensions that have to be understood".to_owned());
    }
    let algorithm = Algorithm::of(header.alg)
        .filter(|algorithm| demands.algorithms.contains(algorithm))
        .ok_or_else(|| format!("it is signed with {:?}", header.alg))?;
    Ok(Head {
        algorithm,
        key: header.kid,
    })
}

/// Whether there is `crit` in the head, whatever it says: that nothing has to be understood is not said by an empty one,
/// or by null.
fn has_extensions(token: &str) -> bool {
    let head = token.split('.').next().unwrap_or_default();
    let head = BASE64_URL_SAFE_NO_PAD.decode(head).unwrap_or_default();
    let head = serde_json::from_slice::<BTreeMap<String, IgnoredAny>>(&head);
    // What cannot be read here may say anything.
    head.map_or(true, |head| head.contains_key("crit"))
}

/// Checks a token against one key.
///
/// # Errors
/// Where anything is wrong with it. The text is for the log.
pub(crate) fn check(token: &str, key: &Key, demands: &Demands) -> Result<Grant, String> {
    let claims = decode::<Claims>(token, &key.key, &validation(key.algorithm, demands))
        .map_err(|error| error.to_string())?
        .claims;
    let now = SystemTime::now();
    let expires = time(claims.exp).filter(|expires| *expires > now);
    let expires = expires.ok_or("it has expired")?;
    if let Some(from) = claims.nbf {
        // Clocks differ; the end is taken as it is, and a begin not quite so.
        time(from)
            .filter(|from| *from <= now + TOKEN_SKEW)
            .ok_or("it is not valid yet")?;
    }
    Ok(Grant {
        subject: claims.sub,
        rights: Rights::of(&claims.tickertape)?,
        expires,
        key: key.id,
    })
}

fn validation(algorithm: Algorithm, demands: &Demands) -> Validation {
    let mut validation = Validation::new(algorithm.of_library());
    // The times are checked here: all that is a number is one, also where a part of the program has
    // `serde_json` keep every digit.
    validation.validate_exp = false;
    let mut required = Vec::new();
    validation.validate_aud = !demands.audiences.is_empty();
    if validation.validate_aud {
        validation.set_audience(&demands.audiences);
        required.push("aud");
    }
    if !demands.issuers.is_empty() {
        validation.set_issuer(&demands.issuers);
        required.push("iss");
    }
    validation.set_required_spec_claims(&required);
    validation
}

/// A time as tokens have it: seconds since 1970, perhaps with a part. None where it is no time.
fn time(seconds: f64) -> Option<SystemTime> {
    // A year that calendars have no name for is as good as never.
    let since = Duration::try_from_secs_f64(seconds.min(253_402_300_799.0)).ok()?;
    SystemTime::UNIX_EPOCH.checked_add(since)
}
