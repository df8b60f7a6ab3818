//! The cookie that holds the token of who has signed in.

use std::time::SystemTime;

use axum::http::{HeaderMap, HeaderValue};

use crate::http::cookies;
use crate::limits::COOKIE;

/// Its name, and whom browsers send it to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Cookie {
    name: String,
    domain: Option<String>,
}

/// Browsers take a cookie of this prefix only over TLS, for one host alone.
const HOST_ONLY: &str = "__Host-";
/// And one of this prefix only over TLS.
const SECURE: &str = "__Secure-";

impl Cookie {
    /// A cookie of this name, for this server alone or for a domain with all below it.
    ///
    /// # Errors
    /// Where browsers would not take it.
    pub(crate) fn new(name: String, domain: Option<String>) -> Result<Self, String> {
        let of_name = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b);
        if name.is_empty() || !name.bytes().all(of_name) {
            return Err(format!(
                "--cookie-name: {name:?} is no name of a cookie; give letters, digits and - _ ."
            ));
        }
        let of_domain = |b: u8| b.is_ascii_alphanumeric() || b"-.".contains(&b);
        if let Some(domain) = &domain {
            if !domain.contains('.') || !domain.bytes().all(of_domain) {
                return Err(format!(
                    "--cookie-domain: {domain:?} is no domain; give one such as example.com"
                ));
            }
            if name.starts_with(HOST_ONLY) {
                return Err(format!(
                    "--cookie-domain: browsers refuse a cookie for a domain whose name begins with \
                     {HOST_ONLY}; give another with --cookie-name, such as {SECURE}tickertape"
                ));
            }
        }
        Ok(Self { name, domain })
    }

    /// The values that a request carries under this name. Two are one too many: who may set cookies
    /// on a neighbouring host could add one.
    pub(crate) fn of<'a>(&self, headers: &'a HeaderMap) -> Option<&'a str> {
        let mut values = cookies::pairs(headers).filter(|(name, _)| *name == self.name);
        match (values.next(), values.next()) {
            (Some((_, value)), None) => Some(value),
            _ => None,
        }
    }

    /// What tells a browser to keep a token, until it expires or the browser ends.
    pub(crate) fn keep(&self, token: &str, expires: Option<SystemTime>) -> Option<HeaderValue> {
        // RFC 6265, 4.1.1.
        let of_value = |b: u8| b.is_ascii_graphic() && !b"\",;\\".contains(&b);
        if token.is_empty() || token.len() > COOKIE || !token.bytes().all(of_value) {
            return None;
        }
        let age = expires.map(|at| at.duration_since(SystemTime::now()).unwrap_or_default());
        let age = age.map_or_else(String::new, |age| format!("; Max-Age={}", age.as_secs()));
        self.header(token, &age)
    }

    /// What tells a browser to forget it.
    pub(crate) fn forget(&self) -> Option<HeaderValue> {
        self.header("", "; Max-Age=0")
    }

    fn header(&self, value: &str, age: &str) -> Option<HeaderValue> {
        let (name, domain) = (&self.name, self.domain.as_ref());
        let domain = domain.map_or_else(String::new, |domain| format!("; Domain={domain}"));
        let text =
            format!("{name}={value}; Path=/{domain}{age}; Secure; HttpOnly; SameSite=Strict");
        HeaderValue::try_from(text).ok()
    }
}

#[cfg(test)]
mod tests {
    use axum::http::header;

    use super::*;

    fn cookie() -> Cookie {
        Cookie::new("__Host-tickertape".to_owned(), None).unwrap()
    }

    #[test]
    fn a_cookie_is_found_among_others_and_not_where_there_are_two() {
        let of = |values: &[&'static str]| {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append(header::COOKIE, HeaderValue::from_static(value));
            }
            cookie().of(&headers).map(str::to_owned)
        };
        assert_eq!(
            of(&["theme=dark; __Host-tickertape=a.b.c"]).as_deref(),
            Some("a.b.c")
        );
        assert_eq!(
            of(&["theme=dark", "__Host-tickertape=x"]).as_deref(),
            Some("x")
        );
        assert_eq!(of(&["x__Host-tickertape=a; tickertape=b"]), None);
        assert_eq!(of(&["__Host-tickertape=a; __Host-tickertape=b"]), None);
        assert_eq!(of(&["__Host-tickertape=a", "__Host-tickertape=b"]), None);
    }

    #[test]
    fn no_script_and_no_other_site_gets_it() {
        let kept = cookie().keep("t", None).unwrap();
        assert_eq!(
            kept,
            "__Host-tickertape=t; Path=/; Secure; HttpOnly; SameSite=Strict"
        );
        let name = "__Secure-t".to_owned();
        let wide = Cookie::new(name, Some("example.com".to_owned())).unwrap();
        assert_eq!(
            wide.forget().unwrap(),
            "__Secure-t=; Path=/; Domain=example.com; Max-Age=0; Secure; HttpOnly; SameSite=Strict"
        );
        for bad in ["a\r\nb", "a;Domain=x", "a b", ""] {
            assert!(cookie().keep(bad, None).is_none(), "{bad}");
        }
    }

    #[test]
    fn what_browsers_would_refuse_is_refused() {
        let new = |name: &str, domain: Option<&str>| {
            Cookie::new(name.to_owned(), domain.map(str::to_owned)).unwrap_err()
        };
        assert!(new("__Host-t", Some("example.com")).contains("__Secure-"));
        assert!(new("a b", None).starts_with("--cookie-name"));
        assert!(new("t", Some("com")).starts_with("--cookie-domain"));
    }
}
