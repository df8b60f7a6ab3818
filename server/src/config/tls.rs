//! The settings of TLS, as flags and variables.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use super::values::age;
use crate::tls::{Files, Tls};

/// The certificate that a server shows, and its key; TLS is spoken where both are given.
#[derive(Args, Clone, Debug, Default)]
pub struct TlsArgs {
    /// The server's certificate as a PEM file, then those up to its root; with it the server speaks
    /// TLS, and HTTP/2
    #[arg(long, env = "TICKERTAPE_TLS_CERT", value_name = "FILE")]
    pub tls_cert: Option<PathBuf>,
    /// The private key of the certificate as a PEM file, which not every user may read
    #[arg(long, env = "TICKERTAPE_TLS_KEY", value_name = "FILE")]
    pub tls_key: Option<PathBuf>,
    /// How long browsers are to ask this server's name by https alone, on every port, such as 180d;
    /// never where it is not given
    #[arg(
        long,
        env = "TICKERTAPE_HSTS",
        value_name = "DURATION",
        value_parser = age
    )]
    pub hsts: Option<Duration>,
}

impl TlsArgs {
    /// Reads the certificate; none where none is named.
    ///
    /// # Errors
    /// In one line: what is missing, or what is wrong with which file.
    pub(crate) fn open(&self) -> Result<Option<Tls>, String> {
        match (&self.tls_cert, &self.tls_key) {
            (None, None) if self.hsts.is_some() => Err(
                "--hsts: is said over TLS alone, which this server does not speak; give --tls-cert \
                 and --tls-key, or have the proxy say it"
                    .to_owned(),
            ),
            (None, None) => Ok(None),
            (Some(cert), Some(key)) => {
                let (cert, key) = (cert.clone(), key.clone());
                Tls::open(Files { cert, key }).map(|tls| Some(tls.with_hsts(self.hsts)))
            }
            (Some(cert), None) => Err(format!(
                "--tls-cert {}: its key is missing; give it with --tls-key",
                cert.display()
            )),
            (None, Some(key)) => Err(format!(
                "--tls-key {}: its certificate is missing; give it with --tls-cert",
                key.display()
            )),
        }
    }
}
