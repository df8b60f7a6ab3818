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

    /// The same for a handshake of one's own.
    pub(crate) fn store(&self) -> RootCertStore {
        let Some(RootCerts::Specific(certificates)) = &self.ca else {
            return RootCertStore {
                roots: webpki_roots::TLS_SERVER_ROOTS.to_vec(),
            };
        };
        let mut store = RootCertStore::empty();
        let der = |certificate: &Certificate<'static>| certificate.der().to_vec().into();
        // Each was one that can be trusted when the file was read.
        store.add_parsable_certificates(certificates.iter().map(der));
        store
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

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Cli {
        #[command(flatten)]
        authority: Authority,
    }

    #[test]
    fn an_authority_that_is_named_stands_in_place_of_the_public_ones() {
        let made = rcgen::generate_simple_self_signed(["a.example".to_owned()]).unwrap();
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(&file, made.cert.pem()).unwrap();
        let path = file.path().to_str().unwrap();
        let named = Cli::parse_from(["inspect", "--ca", path]).authority;
        assert_eq!(named.store().len(), 1);
        assert!(Authority::default().store().len() > 50);
    }
}
