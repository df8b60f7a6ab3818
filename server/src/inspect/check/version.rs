//! Which version of HTTP a browser would speak.

use std::io;
use std::net::{TcpStream, ToSocketAddrs};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Duration;

use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, RootCertStore};
use ureq::http::Uri;

use super::advice::HTTP2;
use super::fetch::Head;
use super::point::Point;
use crate::client::{self, trust::Trust};

/// How long a handshake may take.
const TIME: Duration = Duration::from_secs(10);

const SIX: &str = "at most six connections an origin, over all tabs, and a stream holds one";

/// Asks for h2 as a browser does, where there is TLS.
pub(super) fn point(head: &Head, trust: &Trust) -> Point {
    let Some(uri) = head.path.last().and_then(|url| url.parse::<Uri>().ok()) else {
        return unknown("there is no address");
    };
    if uri.scheme_str() != Some("https") {
        let detail = format!("over http:// browsers speak HTTP/1.1, with {SIX}");
        return match client::is_local(&uri.to_string()) {
            true => Point::note("http1", detail),
            false => Point::warn("http1", detail).change("serve it over https:// with HTTP/2"),
        };
    }
    if head.by_proxy {
        return unknown("a proxy of the environment is in between");
    }
    let (host, port) = (
        uri.host().unwrap_or_default(),
        uri.port_u16().unwrap_or(443),
    );
    match negotiated(
        host.trim_matches(['[', ']']).to_owned(),
        port,
        trust.store(),
    ) {
        Err(error) => unknown(&error.to_string()),
        Ok(Some(protocol)) if protocol == b"h2" => Point::ok(
            "http2",
            "h2 is offered by ALPN: one connection carries many streams",
        ),
        Ok(_) => Point::warn(
            "http1",
            format!("h2 is not offered by ALPN, and browsers open {SIX}"),
        )
        .change(HTTP2),
    }
}

fn unknown(why: &str) -> Point {
    Point::note("http_version_unknown", format!("not known: {why}"))
}

/// The protocol that a server chooses of h2 and HTTP/1.1, within the time for it.
fn negotiated(host: String, port: u16, roots: RootCertStore) -> io::Result<Option<Vec<u8>>> {
    let (tell, answer) = mpsc::channel();
    // A lookup cannot be given up on; the thread ends with it.
    thread::spawn(move || tell.send(handshake(&host, port, roots)));
    answer
        .recv_timeout(TIME)
        .unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
}

fn handshake(host: &str, port: u16, roots: RootCertStore) -> io::Result<Option<Vec<u8>>> {
    let name = ServerName::try_from(host.to_owned()).map_err(io::Error::other)?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(io::Error::other)?
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    let mut tls = ClientConnection::new(Arc::new(config), name).map_err(io::Error::other)?;
    let address = (host, port)
        .to_socket_addrs()?
        .next()
        .ok_or(io::ErrorKind::NotFound)?;
    let mut tcp = TcpStream::connect_timeout(&address, TIME)?;
    tcp.set_read_timeout(Some(TIME))?;
    tcp.set_write_timeout(Some(TIME))?;
    while tls.is_handshaking() {
        tls.complete_io(&mut tcp)?;
    }
    Ok(tls.alpn_protocol().map(<[u8]>::to_vec))
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use rustls::pki_types::PrivateKeyDer;
    use rustls::{ServerConfig, ServerConnection};

    use super::*;

    /// What is chosen of a server that offers these, and for which its certificate is good.
    fn chosen(offered: &[&str]) -> Option<Vec<u8>> {
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        let key = PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
        let mut roots = RootCertStore::empty();
        roots.add(made.cert.der().clone()).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![made.cert.der().clone()], key)
            .unwrap();
        config.alpn_protocols = offered
            .iter()
            .map(|name| name.as_bytes().to_vec())
            .collect();
        let listener = TcpListener::bind("localhost:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let server = thread::spawn(move || {
            let (mut tcp, _) = listener.accept().unwrap();
            let mut tls = ServerConnection::new(Arc::new(config)).unwrap();
            // The client has what it wants, and is gone before it is sent any tickets.
            while tls.is_handshaking() && tls.complete_io(&mut tcp).is_ok() {}
        });
        let chosen = handshake("localhost", port, roots).unwrap();
        server.join().unwrap();
        chosen
    }

    #[test]
    fn the_protocol_is_what_the_server_chooses() {
        assert_eq!(chosen(&["h2", "http/1.1"]).as_deref(), Some(&b"h2"[..]));
        assert_eq!(chosen(&["http/1.1"]).as_deref(), Some(&b"http/1.1"[..]));
        assert_eq!(chosen(&[]), None);
    }

    #[test]
    fn a_server_that_cannot_be_shaken_hands_with_leaves_it_open() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        drop(listener);
        let head = |address: &str| Head {
            status: 200.try_into().unwrap(),
            headers: ureq::http::HeaderMap::new(),
            path: vec![address.to_owned()],
            by_proxy: false,
        };
        let codes = [
            (format!("https://127.0.0.1:{port}/"), "http_version_unknown"),
            (format!("http://127.0.0.1:{port}/"), "http1"),
            ("http://hub.example/".to_owned(), "http1"),
        ];
        for (address, code) in codes {
            assert_eq!(
                point(&head(&address), &Trust::default()).code,
                code,
                "{address}"
            );
        }
    }
}
