//! Who has to have signed the certificate of a server that is asked by https.

use std::path::Path;

use clap::Args;
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use ureq::tls::{Certificate, RootCerts, TlsConfig, TlsConfigBuilder};

use crate::file::read;

/// An authority of one's own; the public ones, as Mozilla lists them, where there is none.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct Authority {
    /// A PEM file with the certificates of the authorities that are trusted to sign the server's, in
    /// place of the public ones
    #[arg(long, env = "TICKERTAPE_CA", value_name = "FILE", value_parser = roots)]
    ca: Option<RootCerts>,
}

impl Authority {
    /// Whether one is named.
    pub(crate) fn is_named(&self) -> bool {
        self.ca.is_some()
    }

    /// What an agent asks by https with.
    pub(crate) fn tls(&self) -> TlsConfigBuilder {
        let tls = TlsConfig::builder();
        match &self.ca {
            Some(roots) => tls.root_certs(roots.clone()),
            None => tls,
        }
    }
}

/// Reads the file once, at the begin: each of its certificates has to be one that can be trusted.
fn roots(text: &str) -> Result<RootCerts, String> {
    const RIGHT: &str = "give a PEM file with `-----BEGIN CERTIFICATE-----`";
    let (text, _) =
        read(Path::new(text)).map_err(|error| format!("cannot be read: {error}; {RIGHT}"))?;
    let certificates: Vec<_> = CertificateDer::pem_slice_iter(&text)
        .collect::<Result<_, _>>()
        .map_err(|error| format!("is damaged: {error}; {RIGHT}"))?;
    if certificates.is_empty() {
        return Err(format!("holds no certificate; {RIGHT}"));
    }
    let mut store = RootCertStore::empty();
    for (n, certificate) in certificates.iter().enumerate() {
        store.add(certificate.clone()).map_err(|error| {
            format!("its certificate {} cannot be read: {error}; {RIGHT}", n + 1)
        })?;
    }
    Ok(certificates
        .iter()
        .map(|certificate| Certificate::from_der(certificate).to_owned())
        .into())
}
