//! A key with which tokens are checked.

use std::fmt;
use std::path::Path;

use jsonwebtoken::DecodingKey;
use jsonwebtoken::jwk::{
    AlgorithmParameters, EllipticCurve, Jwk, KeyAlgorithm, KeyOperations, PublicKeyUse,
};

use super::algorithm::Algorithm;
use super::file;

/// The shortest secret, in bytes: as long as the hash (RFC 7518, 3.2).
const SHORTEST_SECRET: usize = 32;

/// A key, and the one algorithm that it is for: a public key is never taken for a secret
/// (RFC 8725, 2.1).
#[derive(Clone)]
pub(crate) struct Key {
    /// The key's own name, by which a token may ask for it.
    pub(crate) name: Option<String>,
    pub(crate) algorithm: Algorithm,
    pub(crate) key: DecodingKey,
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Key")
            .field("name", &self.name)
            .field("algorithm", &self.algorithm)
            .finish_non_exhaustive()
    }
}

/// All of the bytes but for one line end at their end, where they are too many to be guessed.
///
/// # Errors
/// Where they are not.
pub(super) fn secret(bytes: &[u8]) -> Result<&[u8], String> {
    let secret = bytes.strip_suffix(b"\n").unwrap_or(bytes);
    let secret = secret.strip_suffix(b"\r").unwrap_or(secret);
    if secret.len() < SHORTEST_SECRET {
        return Err(format!(
            "is a secret of {} bytes, which can be guessed; give {SHORTEST_SECRET} random bytes or \
             more, as from `openssl rand -hex 32`, or a key in PEM",
            secret.len()
        ));
    }
    Ok(secret)
}

impl Key {
    /// The key in a file: a public key in PEM, else all of it is a secret, but for one line end at its
    /// end.
    ///
    /// # Errors
    /// Where it cannot be read, or holds no such key.
    pub(crate) fn read(path: &Path) -> Result<Self, String> {
        let bytes = file::read(path)?;
        let key = Self::parse(&bytes).map_err(|why| format!("{}: {why}", path.display()))?;
        if key.algorithm == Algorithm::Hs256 {
            file::warn_of_others(path);
        }
        Ok(key)
    }

    /// The same, of the bytes.
    ///
    /// # Errors
    /// Where they are no such key.
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, String> {
        if bytes.trim_ascii_start().starts_with(b"-----BEGIN ") {
            return Self::of_pem(bytes);
        }
        Ok(Self {
            name: None,
            algorithm: Algorithm::Hs256,
            key: DecodingKey::from_secret(secret(bytes)?),
        })
    }

    fn of_pem(pem: &[u8]) -> Result<Self, String> {
        if pem.windows(11).any(|window| window == b"PRIVATE KEY") {
            return Err(
                "is a private key, which the server does not need and should not have; give the \
                 public key, as from `openssl pkey -in FILE -pubout`"
                    .to_owned(),
            );
        }
        let (algorithm, key) = if let Ok(key) = DecodingKey::from_rsa_pem(pem) {
            (Algorithm::Rs256, key)
        } else if let Ok(key) = DecodingKey::from_ec_pem(pem) {
            (Algorithm::Es256, key)
        } else if let Ok(key) = DecodingKey::from_ed_pem(pem) {
            (Algorithm::EdDsa, key)
        } else {
            return Err(
                "is PEM of another kind; give a public key for RSA, ECDSA on P-256 or Ed25519, as \
                 from `openssl pkey -in FILE -pubout`"
                    .to_owned(),
            );
        };
        Ok(Self {
            name: None,
            algorithm,
            key,
        })
    }

    /// A key of a set, where it is one that tokens may be checked with: public, for signatures, of a
    /// known algorithm.
    pub(crate) fn of_jwk(jwk: &Jwk) -> Option<Self> {
        let algorithm = match &jwk.algorithm {
            AlgorithmParameters::RSA(_) => Algorithm::Rs256,
            AlgorithmParameters::EllipticCurve(key) if key.curve == EllipticCurve::P256 => {
                Algorithm::Es256
            }
            AlgorithmParameters::OctetKeyPair(key) if key.curve == EllipticCurve::Ed25519 => {
                Algorithm::EdDsa
            }
            // A secret in a set that everyone may fetch is none.
            _ => return None,
        };
        let common = &jwk.common;
        let is_for = match common.key_algorithm {
            None => true,
            Some(KeyAlgorithm::RS256) => algorithm == Algorithm::Rs256,
            Some(KeyAlgorithm::ES256) => algorithm == Algorithm::Es256,
            Some(KeyAlgorithm::EdDSA) => algorithm == Algorithm::EdDsa,
            Some(_) => false,
        };
        let signs = !matches!(&common.public_key_use, Some(of) if *of != PublicKeyUse::Signature)
            && !matches!(&common.key_operations, Some(of) if !of.contains(&KeyOperations::Verify));
        if !is_for || !signs {
            return None;
        }
        Some(Self {
            name: common.key_id.clone(),
            algorithm,
            key: DecodingKey::from_jwk(jwk).ok()?,
        })
    }
}
