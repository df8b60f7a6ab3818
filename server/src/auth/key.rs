//! A key with which tokens are checked.

use std::fmt;
use std::path::Path;

use jsonwebtoken::jwk::{
    AlgorithmParameters, EllipticCurve, Jwk, KeyAlgorithm, KeyOperations, PublicKeyUse,
};
use jsonwebtoken::{DecodingKey, DecodingKeyKind};

use super::algorithm::Algorithm;
use super::file;
use super::key_id::KeyId;

/// The shortest secret, in bytes: as long as the hash (RFC 7518, 3.2).
const SHORTEST_SECRET: usize = 32;

/// The least bytes of a public key for RSA of 2,048 bits: what its signatures are checked with takes no less.
const SHORTEST_RSA: usize = 256;

/// An uncompressed point on P-256, in bytes.
const P256_POINT: usize = 65;

/// A key, and the one algorithm that it is for: a public key is never taken for a secret
/// (RFC 8725, 2.1).
#[derive(Clone)]
pub(crate) struct Key {
    /// The key's own name, by which a token may ask for it.
    pub(crate) name: Option<String>,
    pub(crate) algorithm: Algorithm,
    pub(crate) key: DecodingKey,
    pub(crate) id: KeyId,
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Key")
            .field("name", &self.name)
            .field("algorithm", &self.algorithm)
            .finish_non_exhaustive()
    }
}

/// The PEM in a file, from its first line on, whatever stands before it; none where there is none.
///
/// # Errors
/// Where there is more than one.
pub(super) fn pem(bytes: &[u8]) -> Result<Option<&[u8]>, String> {
    let windows = bytes.windows(BEGIN.len()).enumerate();
    let mut begins = windows.filter(|(_, window)| *window == BEGIN);
    match (begins.next(), begins.next()) {
        (None, _) => Ok(None),
        (Some((at, _)), None) => Ok(Some(&bytes[at..])),
        (Some(_), Some(_)) => Err(
            "holds more than one key; give a file for each, and --jwt-key for each of them"
                .to_owned(),
        ),
    }
}

const BEGIN: &[u8] = b"-----BEGIN ";

/// All of the bytes but for one line end at their end, where they are too many to be guessed, and are not what
/// others may know.
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
    if let Some(length) = period(secret) {
        return Err(format!(
            "is the same {} again and again, which can be guessed; give {SHORTEST_SECRET} random bytes or more, as \
             from `openssl rand -hex 32`",
            if length == 1 {
                "byte".to_owned()
            } else {
                format!("{length} bytes")
            }
        ));
    }
    if let Some(kind) = publicly_known(secret) {
        return Err(format!(
            "looks like {kind}, which others may know, and would be taken for a secret; give a public key in \
             PEM, as from `openssl pkey -in FILE -pubout`, a key set with --jwks, or random bytes"
        ));
    }
    Ok(secret)
}

/// What a public key looks like where it is not in PEM: whoever takes it for a secret lets everyone sign who has it.
fn publicly_known(bytes: &[u8]) -> Option<&'static str> {
    let text = bytes.trim_ascii_start();
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
    let begins = |with: &[&[u8]]| with.iter().any(|with| text.starts_with(with));
    if begins(&[b"{", b"["]) {
        return Some("JSON, such as a key set");
    }
    if begins(&[b"ssh-", b"ecdsa-", b"sk-"]) {
        return Some("a key for ssh");
    }
    if begins(&[b"\"", b"'"]) {
        return Some("a text in quotes");
    }
    // A sequence in DER, and how that begins in base64.
    let is_der = bytes.first() == Some(&0x30)
        && matches!(bytes.get(1), Some(&length) if length >= 0x80 || usize::from(length) + 2 == bytes.len());
    if is_der && !bytes.is_ascii() {
        return Some("DER");
    }
    let of_base64 = |b: u8| b.is_ascii_alphanumeric() || b"+/=\r\n".contains(&b);
    if begins(&[b"MI", b"MF", b"MC"])
        && text.ends_with(b"=") | (text.len() > 90)
        && text.iter().all(|b| of_base64(*b))
    {
        return Some("a key in base64");
    }
    None
}

/// The longest piece that makes no secret by being repeated: a word, which is long enough only then.
const WORD: usize = 12;

/// How long the piece is, where bytes are a short one again and again. Random ones never are.
pub(super) fn period(bytes: &[u8]) -> Option<usize> {
    (1..=WORD).find(|length| {
        let rest = bytes.get(*length..).filter(|rest| !rest.is_empty());
        rest.is_some_and(|rest| bytes.starts_with(rest))
    })
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
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
        if let Some(pem) = pem(bytes)? {
            return Self::of_pem(pem);
        }
        let key = DecodingKey::from_secret(secret(bytes)?);
        Ok(Self::new(None, Algorithm::Hs256, key))
    }

    fn new(name: Option<String>, algorithm: Algorithm, key: DecodingKey) -> Self {
        let kind = algorithm.as_str().as_bytes();
        let id = match key.kind() {
            DecodingKeyKind::SecretOrDer(bytes) => KeyId::of(&[kind, bytes]),
            DecodingKeyKind::RsaModulusExponent { n, e } => KeyId::of(&[kind, n, e]),
        };
        Self {
            name,
            algorithm,
            key,
            id,
        }
    }

    fn of_pem(pem: &[u8]) -> Result<Self, String> {
        if contains(pem, b"PRIVATE KEY") {
            return Err(
                "is a private key, which the server does not need and should not have; give the \
                 public key, as from `openssl pkey -in FILE -pubout`"
                    .to_owned(),
            );
        }
        let size = |key: &DecodingKey| key.try_get_as_bytes().map_or(0, <[u8]>::len);
        let (algorithm, key) = if let Ok(key) = DecodingKey::from_rsa_pem(pem) {
            if size(&key) < SHORTEST_RSA {
                return Err(
                    "is a key for RSA of less than 2,048 bits; make a longer one".to_owned(),
                );
            }
            (Algorithm::Rs256, key)
        } else if let Ok(key) = DecodingKey::from_ec_pem(pem) {
            if size(&key) != P256_POINT {
                return Err(
                    "is a key for ECDSA on another curve; ES256 wants one on P-256 (prime256v1)"
                        .to_owned(),
                );
            }
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
        Ok(Self::new(None, algorithm, key))
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
        let key = DecodingKey::from_jwk(jwk).ok()?;
        Some(Self::new(common.key_id.clone(), algorithm, key))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EC: &str = "-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEEVs/o5+uQbTjL3chynL4wXgUg2R9\nq9UU8I5mEovUf86QZ7kOBIjJwqnzD1omageEHWwHdBO6B+dFabmdT9POxg==\n-----END PUBLIC KEY-----\n";

    #[test]
    fn a_public_key_is_found_behind_what_stands_before_it() {
        for before in [
            "",
            "# the key\n",
            "Bag Attributes\n  friendlyName: x\n",
            "\u{feff}",
            "\n\n",
        ] {
            let key = Key::parse(format!("{before}{EC}").as_bytes()).unwrap();
            assert_eq!(key.algorithm, Algorithm::Es256, "{before:?}");
        }
        assert!(
            Key::parse(format!("{EC}{EC}").as_bytes())
                .unwrap_err()
                .contains("more than one")
        );
        let private = format!("# mine\n{}", EC.replace("PUBLIC", "PRIVATE"));
        assert!(
            Key::parse(private.as_bytes())
                .unwrap_err()
                .contains("private key")
        );
    }

    #[test]
    fn what_others_may_know_is_no_secret() {
        let body: String = EC.lines().filter(|line| !line.starts_with('-')).collect();
        let der = [&[0x30, 0x59, 0x30, 0x13][..], &[0x86; 87]].concat();
        let jwk =
            r#"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#;
        let quoted = format!("\"{}\"", "a".repeat(64));
        let ssh = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGk8f0 anna@example";
        for public in [
            body.as_bytes(),
            &der,
            jwk.as_bytes(),
            quoted.as_bytes(),
            ssh.as_bytes(),
        ] {
            let said = Key::parse(public).unwrap_err();
            assert!(said.contains("others may know"), "{said}");
        }
        for secret in [
            "0123456789abcdef0123456789abcdef",
            "MIxed-secret, that is no key at all: 12345",
        ] {
            assert_eq!(
                Key::parse(secret.as_bytes()).unwrap().algorithm,
                Algorithm::Hs256
            );
        }
    }

    #[test]
    fn a_secret_that_is_short_or_repeats_itself_is_none() {
        for (secret, why) in [
            ("a".repeat(31), "31 bytes"),
            (format!("{}\r\n", "0123456789".repeat(3)), "30 bytes"),
            ("0".repeat(32), "the same byte"),
            ("\0".repeat(64), "the same byte"),
            ("ab".repeat(20), "the same 2 bytes"),
            (format!("{}chang", "changeme".repeat(4)), "the same 8 bytes"),
        ] {
            let said = Key::parse(secret.as_bytes()).unwrap_err();
            assert!(
                said.contains(why) && said.contains("openssl rand"),
                "{said}"
            );
            assert!(!said.contains(&secret), "{said}");
        }
    }
}
