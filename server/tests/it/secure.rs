//! Certificates that a test makes, and clients that speak TLS with a server by them.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use h2::client::{Connection, SendRequest};
use rcgen::{CertificateParams, Issuer, KeyPair, date_time_ymd};
use rustls::crypto::ring;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use server::config::Config;
use server::tls::{Files, Tls};
use tempfile::TempDir;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::support::{Server, within};

/// An authority of one's own, and a directory for what it signs.
pub(crate) struct Authority {
    issuer: Issuer<'static, KeyPair>,
    root: CertificateDer<'static>,
    /// Its own certificate and key.
    own: (String, String),
    dir: TempDir,
}

impl Authority {
    pub(crate) fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let root = params.self_signed(&key).unwrap();
        let (root, own) = (root.der().clone(), (root.pem(), key.serialize_pem()));
        let dir = tempfile::tempdir().unwrap();
        Self {
            issuer: Issuer::new(params, key),
            root,
            own,
            dir,
        }
    }

    pub(crate) fn dir(&self) -> &Path {
        self.dir.path()
    }

    /// A file with the authority's own certificate.
    pub(crate) fn file(&self) -> PathBuf {
        let path = self.dir().join("ca.pem");
        std::fs::write(&path, &self.own.0).unwrap();
        path
    }

    /// A certificate for localhost with this serial number, and its key, as PEM.
    pub(crate) fn sign(&self, serial: u64) -> (String, String) {
        self.sign_with(|params| params.serial_number = Some(serial.into()))
    }

    fn sign_with(&self, set: impl FnOnce(&mut CertificateParams)) -> (String, String) {
        let names = ["localhost".to_owned(), "127.0.0.1".to_owned()];
        let mut params = CertificateParams::new(names).unwrap();
        set(&mut params);
        let key = KeyPair::generate().unwrap();
        let cert = params.signed_by(&key, &self.issuer).unwrap();
        (cert.pem(), key.serialize_pem())
    }

    /// The same in two files.
    pub(crate) fn files(&self, serial: u64) -> Files {
        self.write(self.sign(serial))
    }

    /// The same for a certificate that ends on a day.
    pub(crate) fn files_until(&self, serial: u64, year: i32, month: u8, day: u8) -> Files {
        self.write(self.sign_with(|params| {
            params.serial_number = Some(serial.into());
            params.not_after = date_time_ymd(year, month, day);
        }))
    }

    /// The files of a server that shows the authority's own certificate, as `openssl req -x509` makes one.
    pub(crate) fn own_files(&self) -> Files {
        self.write(self.own.clone())
    }

    fn write(&self, (cert, key): (String, String)) -> Files {
        let files = Files {
            cert: self.dir().join("cert.pem"),
            key: self.dir().join("key.pem"),
        };
        std::fs::write(&files.cert, cert).unwrap();
        write_secret(&files.key, &key);
        files
    }

    /// A server that shows such a certificate.
    pub(crate) async fn serve(&self, config: Config) -> Server {
        let tls = Tls::open(self.files(1)).unwrap();
        Server::with(Config {
            tls: Some(tls),
            ..config
        })
        .await
    }

    /// Connects, with these protocols to choose from.
    pub(crate) async fn connect(&self, addr: SocketAddr, protocols: &[&[u8]]) -> Tls1 {
        let mut roots = RootCertStore::empty();
        roots.add(self.root.clone()).unwrap();
        let mut config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        config.alpn_protocols = protocols.iter().map(|name| name.to_vec()).collect();
        let stream = TcpStream::connect(addr).await.unwrap();
        let name = ServerName::try_from("localhost").unwrap();
        within(TlsConnector::from(Arc::new(config)).connect(name, stream))
            .await
            .unwrap()
    }

    /// The certificate that a new connection is shown.
    pub(crate) async fn shown_at(&self, addr: SocketAddr) -> Vec<u8> {
        let stream = self.connect(addr, &[b"http/1.1"]).await;
        let (_, connection) = stream.get_ref();
        connection.peer_certificates().unwrap()[0].to_vec()
    }

    /// Connects with HTTP/2; the connection has to be run.
    pub(crate) async fn http2(&self, addr: SocketAddr) -> (SendRequest<bytes::Bytes>, Http2) {
        let stream = self.connect(addr, &[b"h2"]).await;
        assert_eq!(stream.get_ref().1.alpn_protocol(), Some(b"h2" as &[u8]));
        within(h2::client::handshake(stream)).await.unwrap()
    }
}

/// A connection by TLS.
pub(crate) type Tls1 = TlsStream<TcpStream>;
/// A connection that speaks HTTP/2.
pub(crate) type Http2 = Connection<Tls1>;

/// Writes what not everybody may read.
pub(crate) fn write_secret(path: &Path, text: &str) {
    use std::os::unix::fs::PermissionsExt;
    std::fs::write(path, text).unwrap();
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).unwrap();
}
