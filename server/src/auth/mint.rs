//! Tokens of one's own making.

use std::path::Path;

use jsonwebtoken::{EncodingKey, Header, encode};
use serde::Serialize;

use super::algorithm::Algorithm;
use super::file;
use super::key::{pem, secret};
use super::policy::VARIABLE;
use super::rights::Claim;

/// What a token is to say.
#[derive(Debug)]
pub(crate) struct Minted<'a> {
    /// The file with the key; else it is in the environment.
    pub(crate) key: Option<&'a Path>,
    pub(crate) publish: Vec<String>,
    pub(crate) subscribe: Vec<String>,
    pub(crate) observe: bool,
    pub(crate) subject: Option<&'a str>,
    /// Seconds since 1970.
    pub(crate) expires: u64,
    pub(crate) audience: Option<&'a str>,
    pub(crate) issuer: Option<&'a str>,
    pub(crate) key_id: Option<&'a str>,
}

#[derive(Serialize)]
struct Claims<'a> {
    exp: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    sub: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    aud: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    iss: Option<&'a str>,
    tickertape: Claim,
}

/// Signs a token.
///
/// # Errors
/// Where there is no key, or none that signs.
pub(crate) fn mint(minted: &Minted<'_>) -> Result<String, String> {
    let (key, place) = match minted.key {
        Some(path) => {
            let key = file::read(path).map_err(|why| format!("--jwt-key: {why}"))?;
            (key, format!("--jwt-key: {}", path.display()))
        }
        None => {
            let key = std::env::var_os(VARIABLE).filter(|key| !key.is_empty());
            let key = key.ok_or_else(|| {
                format!("no key is named: give a file with --jwt-key, or the key in {VARIABLE}")
            })?;
            (key.into_encoded_bytes(), VARIABLE.to_owned())
        }
    };
    let (algorithm, key) = signing(&key).map_err(|why| format!("{place}: {why}"))?;
    let mut header = Header::new(algorithm.of_library());
    header.kid = minted.key_id.map(str::to_owned);
    let claims = Claims {
        exp: minted.expires,
        sub: minted.subject,
        aud: minted.audience,
        iss: minted.issuer,
        tickertape: Claim {
            publish: minted.publish.clone(),
            subscribe: minted.subscribe.clone(),
            observe: minted.observe,
        },
    };
    encode(&header, &claims, &key).map_err(|error| format!("{place}: cannot sign with it: {error}"))
}

/// A private key in PEM, else a secret.
fn signing(bytes: &[u8]) -> Result<(Algorithm, EncodingKey), String> {
    let Some(bytes) = pem(bytes)? else {
        return Ok((Algorithm::Hs256, EncodingKey::from_secret(secret(bytes)?)));
    };
    if let Ok(key) = EncodingKey::from_rsa_pem(bytes) {
        Ok((Algorithm::Rs256, key))
    } else if let Ok(key) = EncodingKey::from_ec_pem(bytes) {
        Ok((Algorithm::Es256, key))
    } else if let Ok(key) = EncodingKey::from_ed_pem(bytes) {
        Ok((Algorithm::EdDsa, key))
    } else {
        Err("is PEM, and no private key for RSA, ECDSA on P-256 or Ed25519 (PKCS #8)".to_owned())
    }
}
