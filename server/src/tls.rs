//! TLS: a certificate and its key, read from files, and read again when they change.

mod expiry;
mod files;

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use axum::http::HeaderValue;
use chrono::{DateTime, Utc};
use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls::version::{TLS12, TLS13};
use tokio_rustls::TlsAcceptor;
use x509_parser::certificate::X509Certificate;
use x509_parser::prelude::FromDer;

use self::expiry::Expiry;
pub use self::files::Files;
use self::files::Stamp;

/// The protocol that HTTP/2 is agreed on by (RFC 9113, 3.2).
pub(crate) const H2: &[u8] = b"h2";
const HTTP_1_1: &[u8] = b"http/1.1";

/// TLS with the certificate of two files; cheap to clone.
#[derive(Clone)]
pub struct Tls {
    certificate: Arc<Certificate>,
    acceptor: TlsAcceptor,
    hsts: Option<HeaderValue>,
}

impl Tls {
    /// Reads the certificate and its key.
    ///
    /// # Errors
    /// In one line: the flag, the file, what is wrong with it, and what would be right.
    pub fn open(files: Files) -> Result<Self, String> {
        let certificate = Arc::new(Certificate::read(files)?);
        let config = config(Arc::clone(&certificate))
            .map_err(|error| format!("TLS cannot be set up: {error}"))?;
        Ok(Self {
            certificate,
            acceptor: TlsAcceptor::from(Arc::new(config)),
            hsts: None,
        })
    }

    /// Has browsers ask for the server's name by https alone for so long, on every port.
    #[must_use]
    pub fn with_hsts(self, age: Option<Duration>) -> Self {
        let value = |age: Duration| HeaderValue::try_from(format!("max-age={}", age.as_secs()));
        Self {
            hsts: age.and_then(|age| value(age).ok()),
            ..self
        }
    }

    /// The value of `Strict-Transport-Security` in every response.
    pub(crate) fn hsts(&self) -> Option<&HeaderValue> {
        self.hsts.as_ref()
    }

    /// What takes the handshakes.
    pub(crate) fn acceptor(&self) -> &TlsAcceptor {
        &self.acceptor
    }

    /// When the certificate ends that new connections are shown, where it can be read.
    pub(crate) fn end(&self) -> Option<DateTime<Utc>> {
        let current = self.certificate.current.read();
        let current = current.unwrap_or_else(PoisonError::into_inner);
        let (_, certificate) = X509Certificate::from_der(current.cert.first()?).ok()?;
        DateTime::from_timestamp(certificate.validity().not_after.timestamp(), 0)
    }

    /// Reads the files again. Streams that run go on with what they began with.
    ///
    /// # Errors
    /// Those of [`Tls::open`]; then the certificate before stays in use.
    pub fn reload(&self) -> Result<(), String> {
        self.certificate.reload()
    }

    /// Reads the files again whenever they have changed, and warns of the certificate's end, for as long as
    /// it is polled.
    pub(crate) async fn follow(self, every: Duration) {
        let (mut seen, mut expiry) = (None, Expiry::default());
        loop {
            let due = self.end().and_then(|end| expiry.due(end, Utc::now()));
            if let Some(words) = due {
                tracing::warn!("{words}");
            }
            tokio::time::sleep(every).await;
            let certificate = Arc::clone(&self.certificate);
            let before = seen.take();
            // Files are read where waiting for a disk holds up nobody.
            let looked = tokio::task::spawn_blocking(move || certificate.look(before)).await;
            seen = looked.unwrap_or_default();
        }
    }
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Tls").field(&self.certificate.files).finish()
    }
}

/// Which versions, which ciphers, which protocols: the safe defaults of rustls with `ring`, named
/// here so that no other crate's choice for the process changes them.
fn config(certificate: Arc<Certificate>) -> Result<ServerConfig, rustls::Error> {
    let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_protocol_versions(&[&TLS13, &TLS12])?
        .with_no_client_auth()
        .with_cert_resolver(certificate);
    config.alpn_protocols = vec![H2.to_vec(), HTTP_1_1.to_vec()];
    // Tickets cost no memory here: thousands that come back at once resume, and sign nothing.
    config.ticketer = ring::Ticketer::new()?;
    // What comes before the handshake's end could be sent again by someone else.
    config.max_early_data_size = 0;
    Ok(config)
}

/// The certificate that new handshakes get.
struct Certificate {
    files: Files,
    current: RwLock<Arc<CertifiedKey>>,
    /// How the files were when they were last read.
    read: Mutex<Stamp>,
}

impl Certificate {
    fn read(files: Files) -> Result<Self, String> {
        // Before the files are read: what changes meanwhile is read again.
        let stamp = files.stamp();
        let current = files.read()?;
        Ok(Self {
            files,
            current: RwLock::new(Arc::new(current)),
            read: Mutex::new(stamp),
        })
    }

    fn reload(&self) -> Result<(), String> {
        *self.read.lock().unwrap_or_else(PoisonError::into_inner) = self.files.stamp();
        let key = Arc::new(self.files.read()?);
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = key;
        Ok(())
    }

    /// Reads the files where they are not as they were when last read, but as they were when last
    /// looked at: whoever replaces one after the other is done by then. Says how they are if they
    /// are to be looked at again.
    fn look(&self, before: Option<Stamp>) -> Option<Stamp> {
        let now = self.files.stamp();
        if now == *self.read.lock().unwrap_or_else(PoisonError::into_inner) {
            return None;
        }
        if before.as_ref() != Some(&now) {
            return Some(now);
        }
        match self.reload() {
            Ok(()) => tracing::info!("reloaded the certificate, which had changed"),
            Err(why) => tracing::error!("{why}; the certificate before stays in use"),
        }
        None
    }
}

impl ResolvesServerCert for Certificate {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let current = self.current.read().unwrap_or_else(PoisonError::into_inner);
        Some(Arc::clone(&current))
    }
}

impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Certificate").field(&self.files).finish()
    }
}

#[cfg(test)]
mod tests;
