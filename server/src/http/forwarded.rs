//! What proxies say of a request: `X-Forwarded-For`, `Forwarded` (RFC 7239), `X-Forwarded-Proto`.
//!
//! Anyone can send these. Of a list of addresses only the right end is a trusted proxy's own word: each proxy appends
//! who asked it. So the list is read from there, for as long as proxies that are trusted are named, and the first
//! other address is the client's. What stands to the left of it is what the client says of itself, and is not
//! looked at.

use std::net::{IpAddr, SocketAddr};

use axum::http::{HeaderMap, HeaderName, header};

use crate::config::Network;
use crate::connection::Scheme;

const FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

/// The headers that a proxy adds. A request from this machine that has one comes from elsewhere.
const SIGNS: [HeaderName; 7] = [
    FOR,
    PROTO,
    header::FORWARDED,
    header::VIA,
    HeaderName::from_static("x-forwarded-host"),
    HeaderName::from_static("x-real-ip"),
    HeaderName::from_static("true-client-ip"),
];

/// Whether a request says that it has passed a proxy; not whether it has.
pub(super) fn mentions_a_proxy(headers: &HeaderMap) -> bool {
    SIGNS.iter().any(|name| headers.contains_key(name))
}

/// The client of a request that came from a trusted proxy at `peer`: the last address that is not one of a trusted
/// proxy. Its port is 0 where nobody said it.
///
/// It is the proxy itself where nothing is said, where what it said is no address, and where the two headers name
/// different clients: a proxy writes one of them, and passes on the other as its client sent it.
pub(super) fn client(headers: &HeaderMap, peer: SocketAddr, trusted: &[Network]) -> SocketAddr {
    let plain = headers.get_all(FOR).iter();
    let plain = plain.rev().flat_map(|line| addresses(line.as_bytes()));
    let plain = nearest(plain, peer, trusted);
    if !headers.contains_key(header::FORWARDED) {
        return plain;
    }
    let Some(elements) = elements(headers) else {
        return peer;
    };
    let nodes = elements
        .iter()
        .rev()
        .map(|element| node(element.client.as_deref()?));
    let said = nearest(nodes, peer, trusted);
    if headers.contains_key(FOR) && plain.ip() != said.ip() {
        return peer;
    }
    said
}

/// The scheme by which a trusted proxy was asked, where it says so.
pub(super) fn scheme(headers: &HeaderMap) -> Option<Scheme> {
    let said = match headers.get_all(PROTO).iter().next_back() {
        Some(line) => line
            .as_bytes()
            .rsplit(|byte| *byte == b',')
            .next()?
            .to_vec(),
        None => elements(headers)?.pop()?.scheme?,
    };
    let said = said.trim_ascii();
    let schemes = [Scheme::Http, Scheme::Https];
    let is_said = |scheme: &Scheme| said.eq_ignore_ascii_case(scheme.as_str().as_bytes());
    schemes.into_iter().find(is_said)
}

/// The first of these that is no trusted proxy's; before one that is no address, or the end, the one before.
fn nearest(
    nodes: impl Iterator<Item = Option<SocketAddr>>,
    peer: SocketAddr,
    trusted: &[Network],
) -> SocketAddr {
    let mut nearest = peer;
    for node in nodes {
        let Some(addr) = node else { break };
        nearest = addr;
        if !trusted.iter().any(|network| network.contains(addr.ip())) {
            break;
        }
    }
    nearest
}

/// The addresses of a list, from its end; none in the place of what is no address. Empty elements are nothing.
fn addresses(line: &[u8]) -> impl Iterator<Item = Option<SocketAddr>> {
    let parts = line.rsplit(|byte| *byte == b',').map(<[u8]>::trim_ascii);
    parts.filter(|part| !part.is_empty()).map(node)
}

/// An address, perhaps with a port; one of IPv6 with a port has brackets.
fn node(text: &[u8]) -> Option<SocketAddr> {
    let text = std::str::from_utf8(text).ok()?;
    let bare = |text: &str| text.parse().ok().map(|ip: IpAddr| SocketAddr::new(ip, 0));
    let brackets = || bare(text.strip_prefix('[')?.strip_suffix(']')?);
    let addr = bare(text).or_else(brackets).or_else(|| text.parse().ok())?;
    Some(SocketAddr::new(addr.ip().to_canonical(), addr.port()))
}

/// An element of `Forwarded`, as far as it counts.
#[derive(Debug, Default, PartialEq, Eq)]
struct Element {
    client: Option<Vec<u8>>,
    scheme: Option<Vec<u8>>,
}

/// All elements of the header; none where any of them is malformed. It is read from its begin, as a quotation can only
/// be told from there, and strictly: a client that leaves one open would swallow what the proxy appends.
fn elements(headers: &HeaderMap) -> Option<Vec<Element>> {
    let mut elements = Vec::new();
    for line in headers.get_all(header::FORWARDED) {
        let mut rest = line.as_bytes();
        loop {
            let element = element(&mut rest)?;
            if element != Element::default() {
                elements.push(element);
            }
            match rest.split_first() {
                None => break,
                Some((b',', after)) => rest = after,
                Some(_) => return None,
            }
        }
    }
    Some(elements)
}

/// The next element: pairs with `;` in between, up to a comma or the end.
fn element(rest: &mut &[u8]) -> Option<Element> {
    let mut element = Element::default();
    loop {
        *rest = rest.trim_ascii_start();
        if matches!(rest.first(), None | Some(b',')) {
            return Some(element);
        }
        let end = rest.iter().position(|byte| *byte == b'=')?;
        let (name, after) = (&rest[..end], &rest[end + 1..]);
        if name.is_empty() || !name.iter().all(u8::is_ascii_alphanumeric) {
            return None;
        }
        *rest = after;
        let value = value(rest)?;
        let field = match name {
            name if name.eq_ignore_ascii_case(b"for") => Some(&mut element.client),
            name if name.eq_ignore_ascii_case(b"proto") => Some(&mut element.scheme),
            _ => None,
        };
        if field.is_some_and(|field| field.replace(value).is_some()) {
            return None;
        }
        *rest = rest.trim_ascii_start();
        match rest.split_first() {
            Some((b';', after)) => *rest = after,
            None | Some((b',', _)) => {}
            Some(_) => return None,
        }
    }
}

/// A value: a quotation, or all up to what ends one.
fn value(rest: &mut &[u8]) -> Option<Vec<u8>> {
    let Some(quoted) = rest.strip_prefix(b"\"") else {
        let is_end = |byte: &u8| b";, \t".contains(byte);
        let end = rest.iter().position(is_end).unwrap_or(rest.len());
        let (value, after) = rest.split_at(end);
        *rest = after;
        let is_whole = !value.is_empty() && !value.contains(&b'"');
        return is_whole.then(|| value.to_vec());
    };
    let (mut value, mut bytes) = (Vec::new(), quoted.iter());
    loop {
        match bytes.next()? {
            b'"' => break,
            b'\\' => value.push(*bytes.next()?),
            byte => value.push(*byte),
        }
    }
    *rest = bytes.as_slice();
    Some(value)
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    const PROXY: &str = "10.0.0.1:55";

    fn headers(lines: &[(HeaderName, &str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            headers.append(name, HeaderValue::from_bytes(value.as_bytes()).unwrap());
        }
        headers
    }

    fn found(lines: &[(HeaderName, &str)]) -> String {
        let trusted = ["10.0.0.0/24", "2001:db8:ffff::/48"].map(|text| text.parse().unwrap());
        let client = client(&headers(lines), PROXY.parse().unwrap(), &trusted);
        match client.port() {
            0 => client.ip().to_string(),
            _ => client.to_string(),
        }
    }

    #[test]
    fn the_client_is_the_last_address_that_is_no_trusted_proxys() {
        let commas = format!("{} 203.0.113.9", ",".repeat(10_000));
        for (list, client) in [
            ("203.0.113.9", "203.0.113.9"),
            ("203.0.113.9:4711", "203.0.113.9:4711"),
            ("2001:db8::9", "2001:db8::9"),
            ("[2001:db8::9]", "2001:db8::9"),
            ("[2001:db8::9]:4711", "[2001:db8::9]:4711"),
            ("::ffff:203.0.113.9", "203.0.113.9"),
            ("203.0.113.9, 10.0.0.2,10.0.0.3", "203.0.113.9"),
            ("203.0.113.9, 2001:db8:ffff::2", "203.0.113.9"),
            // What a client says of itself, and of proxies.
            ("1.1.1.1, 203.0.113.9", "203.0.113.9"),
            ("127.0.0.1, 203.0.113.9", "203.0.113.9"),
            ("1.1.1.1, 10.0.0.2, 203.0.113.9, 10.0.0.3", "203.0.113.9"),
            ("unknown, \u{e9}\", 999.1.1.1 , 203.0.113.9", "203.0.113.9"),
            (&commas, "203.0.113.9"),
            (" ,\t203.0.113.9 ,, ", "203.0.113.9"),
            // Everyone on the way is trusted: the one that began it.
            ("10.0.0.7, 10.0.0.2", "10.0.0.7"),
        ] {
            assert_eq!(found(&[(FOR, list)]), client, "{list:.60}");
        }
        let lines = [(FOR, "1.1.1.1"), (FOR, "203.0.113.9"), (FOR, "10.0.0.2")];
        assert_eq!(found(&lines), "203.0.113.9", "several lines are one list");
    }

    #[test]
    fn what_is_no_address_is_as_far_as_it_is_known() {
        for list in [
            "",
            ",,,",
            "unknown",
            "_hidden",
            "203.0.113.9 1.1.1.1",
            "203.0.113.999",
            "::g",
        ] {
            assert_eq!(found(&[(FOR, list)]), PROXY, "{list}");
        }
        assert_eq!(found(&[]), PROXY);
        assert_eq!(found(&[(FOR, "1.1.1.1, unknown, 10.0.0.2")]), "10.0.0.2");
    }

    #[test]
    fn forwarded_says_the_same() {
        let said = |line| found(&[(header::FORWARDED, line)]);
        for (line, client) in [
            ("for=203.0.113.9", "203.0.113.9"),
            (
                "For=\"203.0.113.9:4711\";proto=http;by=10.0.0.1",
                "203.0.113.9:4711",
            ),
            (
                "by=10.0.0.1; FOR=\"[2001:db8::9]:4711\"",
                "[2001:db8::9]:4711",
            ),
            (
                "for=1.1.1.1, for=203.0.113.9 , for=\"10.0.0.2\"",
                "203.0.113.9",
            ),
            ("for=\"a, for=1.1.1.1\", for=203.0.113.9", "203.0.113.9"),
            ("for=unknown, for=_gazonk, for=203.0.113.9", "203.0.113.9"),
            (",, ,for=203.0.113.9,", "203.0.113.9"),
            ("for=\"203.0\\.113.9\"", "203.0.113.9"),
        ] {
            assert_eq!(said(line), client, "{line}");
        }
        for line in [
            "for=unknown",
            "for=_gazonk",
            "proto=https",
            "for=1.1.1.1, proto=https",
            // A quotation that a client leaves open, with what the proxy appends.
            "for=\", for=203.0.113.9",
            "for=\", for=\"[2001:db8::9]:4711\"",
            "for=1.1.1.1;a=\", for=\"203.0.113.9\";by=\"x\"",
            "for=\"\\, for=\"203.0.113.9\"",
            "for=1.1.1.1;for=203.0.113.9",
            "for 203.0.113.9",
            "=203.0.113.9",
            "for=",
        ] {
            assert_eq!(said(line), PROXY, "{line}");
        }
    }

    #[test]
    fn a_header_that_the_proxy_passes_on_is_not_believed_against_the_one_that_it_writes() {
        let both = |plain, said| found(&[(FOR, plain), (header::FORWARDED, said)]);
        assert_eq!(
            both("203.0.113.9", "for=\"203.0.113.9:1\""),
            "203.0.113.9:1"
        );
        assert_eq!(both("203.0.113.9", "for=1.1.1.1"), PROXY);
        assert_eq!(both("1.1.1.1", "for=203.0.113.9"), PROXY);
        assert_eq!(both("203.0.113.9", "garbage"), PROXY);
        assert_eq!(both("203.0.113.9", ""), PROXY);
    }

    #[test]
    fn the_scheme_is_that_of_the_nearest_proxy() {
        let said = |name, value| scheme(&headers(&[(name, value)]));
        assert_eq!(said(PROTO, "https"), Some(Scheme::Https));
        assert_eq!(said(PROTO, "https, HTTP "), Some(Scheme::Http));
        assert_eq!(said(PROTO, "gopher"), None);
        assert_eq!(
            said(
                header::FORWARDED,
                "for=1.1.1.1;proto=http, for=10.0.0.2;proto=https"
            ),
            Some(Scheme::Https)
        );
        assert_eq!(scheme(&HeaderMap::new()), None);
    }
}
