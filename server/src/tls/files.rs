//! The two files: what is right in them, and what is wrong, in words.

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use rustls::crypto::ring;
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;
use rustls::{CertificateError, Error, InconsistentKeys};

use crate::file::read;

const CERT: &str = "--tls-cert";
const KEY: &str = "--tls-key";

/// Where a certificate and its key are, both as PEM.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Files {
    /// The certificate, then those that lead to its root.
    pub cert: PathBuf,
    /// The private key of the first certificate.
    pub key: PathBuf,
}

/// By what a change of the files is seen.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Stamp([Option<(u64, u64, SystemTime)>; 2]);

impl Files {
    /// How the files are now; links are followed, so that one that is put elsewhere is a change.
    pub(super) fn stamp(&self) -> Stamp {
        Stamp([&self.cert, &self.key].map(|path| {
            let meta = fs::metadata(path).ok()?;
            Some((meta.ino(), meta.len(), meta.modified().ok()?))
        }))
    }

    /// Reads both, and holds them against each other.
    ///
    /// # Errors
    /// In one line: the flag, the file, what is wrong with it, and what would be right.
    pub(super) fn read(&self) -> Result<CertifiedKey, String> {
        let chain = certificates(&self.cert)?;
        let key = private_key(&self.key)?;
        let (cert, shown) = (self.cert.display(), self.key.display());
        let key = ring::sign::any_supported_type(&key).map_err(|_| {
            format!(
                "{KEY} {shown}: is a key of a kind that is not known here; give one for RSA (2048 \
                 bits or more), ECDSA (P-256, P-384) or Ed25519"
            )
        })?;
        let both = CertifiedKey::new(chain, key);
        match both.keys_match() {
            // Where a key does not tell its public half there is nothing to compare.
            Ok(()) | Err(Error::InconsistentKeys(InconsistentKeys::Unknown)) => Ok(both),
            Err(Error::InconsistentKeys(_)) => Err(format!(
                "{KEY} {shown}: is not the key of the first certificate in {CERT} {cert}; give the \
                 two that were made together, the server's own certificate first"
            )),
            Err(error) => Err(format!(
                "{CERT} {cert}: its first certificate cannot be read: {}",
                in_words(&error)
            )),
        }
    }
}

fn in_words(error: &Error) -> String {
    match error {
        Error::InvalidCertificate(CertificateError::BadEncoding) => "it is damaged".to_owned(),
        other => other.to_string(),
    }
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, String> {
    let shown = path.display();
    let (text, _) = read(path).map_err(|error| cannot_be_read(CERT, path, &error))?;
    let chain: Vec<_> = CertificateDer::pem_slice_iter(&text)
        .collect::<Result<_, _>>()
        .map_err(|error| format!("{CERT} {shown}: is damaged: {}", damage(&error)))?;
    if chain.is_empty() {
        return Err(format!(
            "{CERT} {shown}: holds no certificate; give a PEM file with `-----BEGIN CERTIFICATE-----`"
        ));
    }
    Ok(chain)
}

fn private_key(path: &Path) -> Result<PrivateKeyDer<'static>, String> {
    let shown = path.display();
    let (text, meta) = read(path).map_err(|error| cannot_be_read(KEY, path, &error))?;
    if meta.mode() & 0o007 != 0 {
        return Err(format!(
            "{KEY} {shown}: may be read or written by every user of this machine (mode {:03o}); take \
             that away, as with `chmod 640`",
            meta.mode() & 0o777
        ));
    }
    PrivateKeyDer::from_pem_slice(&text).map_err(|error| match error {
        pem::Error::NoItemsFound if is_encrypted(&text) => format!(
            "{KEY} {shown}: is encrypted, and nobody is there to be asked for its passphrase; give \
             it without, as `openssl pkey` writes it"
        ),
        pem::Error::NoItemsFound => format!(
            "{KEY} {shown}: holds no private key; give a PEM file with `-----BEGIN PRIVATE KEY-----`"
        ),
        error => format!("{KEY} {shown}: is damaged: {}", damage(&error)),
    })
}

/// What is wrong with PEM, without a byte of it: it may be a key.
fn damage(error: &pem::Error) -> &'static str {
    match error {
        pem::Error::MissingSectionEnd { .. } => "the line `-----END` is missing",
        pem::Error::IllegalSectionStart { .. } => "a line `-----BEGIN` does not end in `-----`",
        pem::Error::Base64Decode(_) => "between its lines `-----` stands what is no base64",
        _ => "it is no PEM",
    }
}

fn is_encrypted(text: &[u8]) -> bool {
    const BEGIN: &[u8] = b"BEGIN ENCRYPTED PRIVATE KEY";
    text.windows(BEGIN.len()).any(|part| part == BEGIN)
}

fn cannot_be_read(flag: &str, path: &Path, error: &io::Error) -> String {
    format!("{flag} {}: cannot be read: {error}", path.display())
}
