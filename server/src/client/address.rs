//! Addresses: checked, and with a query of our own.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use ureq::http::Uri;

/// All but the unreserved characters of RFC 3986, 2.3.
const COMPONENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// Checks an address: http:// or https://, and a host.
pub(crate) fn address(text: &str) -> Result<String, String> {
    let parsed = text
        .parse::<Uri>()
        .map_err(|error| format!("not an address: {error}"))?;
    match (parsed.scheme_str(), parsed.host()) {
        (Some("http" | "https"), Some(_)) => Ok(text.to_owned()),
        _ => Err("give an address that begins with http:// or https://".to_owned()),
    }
}

/// An address with these parameters after those that it has.
pub(crate) fn with_query(address: &str, parameters: &[(&str, &str)]) -> String {
    let address = address.split_once('#').map_or(address, |(whole, _)| whole);
    let mut address = address.to_owned();
    for (name, value) in parameters {
        let has_query = address.contains('?');
        if !address.ends_with(['?', '&']) {
            address.push(if has_query { '&' } else { '?' });
        }
        address.push_str(name);
        address.push('=');
        address.extend(utf8_percent_encode(value, COMPONENT));
    }
    address
}

/// An address as it may be told: without the name and the password that may stand before the host.
pub(crate) fn without_secret(address: &str) -> String {
    let Some((scheme, rest)) = address.split_once("://") else {
        return address.to_owned();
    };
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(end);
    let host = authority
        .rsplit_once('@')
        .map_or(authority, |(_, host)| host);
    format!("{scheme}://{host}{path}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_not_told() {
        for (address, told) in [
            ("http://u:p@h:1/a?b=@c", "http://h:1/a?b=@c"),
            ("https://u:p@x@h", "https://h"),
            ("http://h/@a", "http://h/@a"),
            ("nonsense", "nonsense"),
        ] {
            assert_eq!(without_secret(address), told);
        }
    }

    #[test]
    fn parameters_are_added_to_those_that_are_there() {
        let add = |address| with_query(address, &[("topic", "a b/é&c=1#+%"), ("last", "3")]);
        let query = "topic=a%20b%2F%C3%A9%26c%3D1%23%2B%25&last=3";
        assert_eq!(add("http://h/p"), format!("http://h/p?{query}"));
        assert_eq!(add("http://h/p#x"), format!("http://h/p?{query}"));
        assert_eq!(add("http://h/p?a=1"), format!("http://h/p?a=1&{query}"));
        assert_eq!(add("http://h/p?"), format!("http://h/p?{query}"));
        assert_eq!(with_query("http://h/p?a=%20", &[]), "http://h/p?a=%20");
    }

    #[test]
    fn only_http_addresses_with_a_host_are_addresses() {
        for wrong in [
            "",
            "localhost:8080",
            "ftp://x/",
            "/events",
            "http://",
            "http://a b/",
        ] {
            assert!(address(wrong).is_err(), "{wrong:?}");
        }
        assert!(address("https://h.example:1/p?q#f").is_ok());
    }
}
