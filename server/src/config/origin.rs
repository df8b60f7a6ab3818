//! The origin of a web page.

use std::fmt;
use std::net::Ipv6Addr;
use std::str::FromStr;

use crate::http::host::bare;

/// A web page's origin, as browsers write it in the header `Origin`: `https://app.example`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin(String);

impl Origin {
    /// The origin as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Origin {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let form = "give scheme, host and, unless it is the scheme's own, port, as in \
                    https://app.example or http://localhost:3000";
        if text == "*" || text == "null" {
            return Err(format!("stands for pages that nobody knows; {form}"));
        }
        let (scheme, authority) = text
            .split_once("://")
            .ok_or(format!("has no scheme; {form}"))?;
        if !scheme.starts_with(|c: char| c.is_ascii_lowercase())
            || !scheme
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        {
            return Err(format!("has a malformed scheme; {form}"));
        }
        let of_host = |b: u8| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b':' | b'[' | b']');
        if authority.is_empty() || !authority.bytes().all(of_host) {
            return Err(format!(
                "has more or less than a host in lower case after `://`; {form}"
            ));
        }
        let host = bare(authority)
            .filter(|host| !host.starts_with('[') || is_ipv6(host))
            .ok_or_else(|| format!("has no host that there can be; {form}"))?;
        let port = authority[host.len()..].strip_prefix(':');
        if port.is_some_and(|port| {
            !port
                .parse::<u16>()
                .is_ok_and(|n| n > 0 && n.to_string() == port)
        }) {
            return Err(format!("has a port that is none of 1 to 65535; {form}"));
        }
        if matches!(
            (scheme, port),
            ("http", Some("80")) | ("https", Some("443"))
        ) {
            return Err(format!(
                "names the scheme's own port, which browsers leave out; {form}"
            ));
        }
        Ok(Self(text.to_owned()))
    }
}

fn is_ipv6(host: &str) -> bool {
    host.trim_matches(['[', ']']).parse::<Ipv6Addr>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_what_a_browser_sends() {
        for good in [
            "https://app.example",
            "http://localhost:3000",
            "http://[::1]:8080",
        ] {
            assert_eq!(good.parse::<Origin>().unwrap().as_str(), good);
        }
        let bad = [
            "*",
            "null",
            "",
            "app.example",
            "https://",
            "https://app.example/",
            "HTTPS://app.example",
            "https://App.example",
            "https://app.example:443",
            "http://a:80",
            "https://a b",
            "https://u@a",
            "https://*.example",
            "https://a?x",
            "https://a:99999",
            "https://a:",
            "https://a:0",
            "https://a:080",
            "https://[::",
            "https://[::1",
            "https://[1]",
            "https://[::1]x",
        ];
        for bad in bad {
            assert!(bad.parse::<Origin>().is_err(), "{bad}");
        }
    }
}
