//! What must not leave with a link, a report or a capture.

use std::borrow::Cow;

/// What stands in place of a secret.
const MASK: &str = "…";

/// Names of parameters that carry secrets, in lower case.
const PARAMETERS: [&str; 14] = [
    "access_token",
    "api_key",
    "apikey",
    "auth",
    "authorization",
    "code",
    "jwt",
    "key",
    "password",
    "secret",
    "sig",
    "signature",
    "ticket",
    "token",
];

/// Names of headers that do.
const HEADERS: [&str; 5] = [
    "authorization",
    "cookie",
    "proxy-authorization",
    "set-cookie",
    "x-api-key",
];

/// Names of headers whose values are addresses.
const ADDRESSES: [&str; 2] = ["content-location", "location"];

/// An address without its secrets: a user's password, and parameters that are named like one.
#[must_use]
pub fn masked(url: &str) -> String {
    let (url, fragment) = split(url, '#');
    let (before, query) = split(url, '?');
    let before = match before.split_once("://") {
        Some((scheme, rest)) => {
            let (authority, path) = rest.find('/').map_or((rest, ""), |at| rest.split_at(at));
            match authority.rsplit_once('@') {
                Some((_, host)) => format!("{scheme}://{MASK}@{host}{path}"),
                None => before.to_owned(),
            }
        }
        None => before.to_owned(),
    };
    let parameters = query.map(|query| {
        query
            .split('&')
            .map(|pair| match pair.split_once('=') {
                Some((name, value)) if is_secret(name) && !value.is_empty() => {
                    format!("{name}={MASK}")
                }
                _ => pair.to_owned(),
            })
            .collect::<Vec<_>>()
            .join("&")
    });
    let query = parameters.map(|query| format!("?{query}"));
    let fragment = fragment.map(|fragment| format!("#{fragment}"));
    [
        before,
        query.unwrap_or_default(),
        fragment.unwrap_or_default(),
    ]
    .concat()
}

/// A header's value, or the mask in its place; an address in one is without its secrets.
#[must_use]
pub fn masked_header<'a>(name: &str, value: &'a str) -> Cow<'a, str> {
    let is_of = |names: &[&str]| names.iter().any(|known| known.eq_ignore_ascii_case(name));
    match (is_of(&HEADERS), is_of(&ADDRESSES)) {
        (true, _) => MASK.into(),
        (_, true) => masked(value).into(),
        _ => value.into(),
    }
}

/// A text in which each word that is an address is without its secrets.
pub(crate) fn masked_text(text: &str) -> String {
    let words = text.split(' ').map(|word| {
        let address = word.trim_end_matches([';', ',']);
        masked(address) + &word[address.len()..]
    });
    words.collect::<Vec<_>>().join(" ")
}

fn is_secret(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    PARAMETERS.contains(&name.as_str())
}

fn split(text: &str, at: char) -> (&str, Option<&str>) {
    text.split_once(at)
        .map_or((text, None), |(before, after)| (before, Some(after)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_left_out_of_an_address_and_all_else_is_left() {
        let cases = [
            (
                "http://a/x?topic=b&ticket=s3cret#y",
                "http://a/x?topic=b&ticket=…#y",
            ),
            ("https://u:p@a/x", "https://…@a/x"),
            (
                "http://a/?Token=x&token=&q=1",
                "http://a/?Token=…&token=&q=1",
            ),
            ("http://a/@b?x", "http://a/@b?x"),
            ("/events?topic=a", "/events?topic=a"),
        ];
        for (url, expected) in cases {
            assert_eq!(masked(url), expected);
        }
        assert_eq!(masked_header("Set-Cookie", "x"), "…");
        assert_eq!(masked_header("date", "x"), "x");
        assert_eq!(masked_header("Location", "/a?key=s3cret"), "/a?key=…");
        assert_eq!(masked_header("cookie", "x"), "…");
    }
}
