//! Query parameters, strictly: what is not known, and what is said twice, is an error.

use axum::http::Uri;
use percent_encoding::percent_decode_str;

use super::error::HttpError;

/// The names under which a cursor may stand in an address. What is wrong with a cursor is said in
/// the stream, never by a status: any but 200 would end an `EventSource` for good.
pub(crate) const CURSORS: [&str; 4] = [
    "last_event_id",
    "lastEventId",
    "lastEventID",
    "Last-Event-ID",
];

/// The parameters of one request, decoded as HTML forms are: `+` is a space.
#[derive(Debug)]
pub(crate) struct Query(Vec<(String, String)>);

impl Query {
    /// Reads the query of an address, in which only these names may stand.
    ///
    /// # Errors
    /// 400 for a name that is not among them, and for bytes that are not UTF-8.
    pub(crate) fn of(uri: &Uri, known: &[&str]) -> Result<Self, HttpError> {
        Self::read(uri, known, |name, value| match CURSORS.contains(&name) {
            true => Ok(Some(lossy(value))),
            false => Err(HttpError::bad_request(format!(
                "`{name}` is not UTF-8 once percent-decoded"
            ))),
        })
    }

    /// The same where all but the topics is what a person chose: a value that is not UTF-8 is passed
    /// over.
    ///
    /// # Errors
    /// 400 for a name that is not among these, and for topics that are not UTF-8.
    pub(crate) fn leniently(uri: &Uri, known: &[&str]) -> Result<Self, HttpError> {
        Self::read(uri, known, |name, _| match name {
            "topic" => Err(HttpError::bad_request(
                "`topic` is not UTF-8 once percent-decoded",
            )),
            _ => Ok(None),
        })
    }

    /// `garbled` says what a value comes to that is not UTF-8.
    fn read(
        uri: &Uri,
        known: &[&str],
        garbled: impl Fn(&str, &str) -> Result<Option<String>, HttpError>,
    ) -> Result<Self, HttpError> {
        let mut pairs = Vec::new();
        for part in uri
            .query()
            .unwrap_or_default()
            .split('&')
            .filter(|part| !part.is_empty())
        {
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            let name = decode(name).map_err(|()| {
                HttpError::bad_request("the name of a query parameter is not UTF-8 once decoded")
            })?;
            if !known.contains(&name.as_str()) {
                return Err(unknown(&name, known));
            }
            let value = match decode(value) {
                Ok(value) => Some(value),
                Err(()) => garbled(&name, value)?,
            };
            pairs.extend(value.map(|value| (name, value)));
        }
        Ok(Self(pairs))
    }

    /// Whether a parameter stands in an address, whatever else is wrong with its query.
    pub(crate) fn mentions(uri: &Uri, name: &str) -> bool {
        let parts = uri.query().unwrap_or_default().split('&');
        parts
            .map(|part| part.split('=').next().unwrap_or(part))
            .any(|part| decode(part).as_deref() == Ok(name))
    }

    /// The value of a parameter that may stand once.
    ///
    /// # Errors
    /// 400 where it stands more than once.
    pub(crate) fn one(&self, name: &str) -> Result<Option<&str>, HttpError> {
        let mut values = self.all(name);
        let first = values.next();
        if values.next().is_some() {
            return Err(HttpError::bad_request(format!(
                "`{name}` is there twice; give it once"
            )));
        }
        Ok(first)
    }

    /// The values of a parameter that may stand more than once.
    pub(crate) fn all<'a>(&'a self, name: &str) -> impl Iterator<Item = &'a str> {
        self.0
            .iter()
            .filter(move |(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    }

    /// Whether a switch such as `envelope=1` is on; `0` is off.
    ///
    /// # Errors
    /// 400 for any other value.
    pub(crate) fn switch(&self, name: &str) -> Result<bool, HttpError> {
        match self.one(name)? {
            None | Some("0") => Ok(false),
            Some("1") => Ok(true),
            Some(other) => Err(HttpError::bad_request(format!(
                "`{name}` is {}; give 1 or 0",
                quoted(other)
            ))),
        }
    }

    /// A number of ASCII digits in a range.
    ///
    /// # Errors
    /// 400 for anything else.
    pub(crate) fn number(
        &self,
        name: &str,
        range: std::ops::RangeInclusive<u64>,
    ) -> Result<Option<u64>, HttpError> {
        let Some(text) = self.one(name)? else {
            return Ok(None);
        };
        let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        match text.parse::<u64>() {
            Ok(number) if digits && range.contains(&number) => Ok(Some(number)),
            _ => Err(HttpError::bad_request(format!(
                "`{name}` is {}; give a whole number from {} to {}",
                quoted(text),
                range.start(),
                range.end()
            ))),
        }
    }
}

/// A client's text as it may stand in an answer or a log: escaped, and cut to 64 characters.
pub(crate) fn quoted(text: &str) -> String {
    let cut: String = text.chars().take(64).collect();
    let rest = if cut.len() < text.len() { "…" } else { "" };
    format!("{cut:?}{rest}")
}

/// A `+` is a space (URL standard 5.1); a lone `%` stands for itself there, and so here.
pub(crate) fn decode(text: &str) -> Result<String, ()> {
    let spaced = text.replace('+', " ");
    percent_decode_str(&spaced)
        .decode_utf8()
        .map(|text| text.into_owned())
        .map_err(|_| ())
}

/// The same with U+FFFD for what is not UTF-8: an id of no hub.
fn lossy(text: &str) -> String {
    let spaced = text.replace('+', " ");
    percent_decode_str(&spaced).decode_utf8_lossy().into_owned()
}

fn unknown(name: &str, known: &[&str]) -> HttpError {
    let quoted = quoted(name);
    if known.is_empty() {
        return HttpError::bad_request(format!(
            "the query parameter {quoted} is not known; this address takes none"
        ));
    }
    let known: Vec<_> = known.iter().map(|name| format!("`{name}`")).collect();
    HttpError::bad_request(format!(
        "the query parameter {quoted} is not known; known are {}",
        known.join(", ")
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn query(text: &str) -> Result<Query, HttpError> {
        Query::of(&format!("/x?{text}").parse().unwrap(), &["topic", "count"])
    }

    #[test]
    fn values_are_decoded_once() {
        let query = query("topic=a%2Bb+c%2520&topic=%C3%A9&&count").unwrap();
        assert_eq!(query.all("topic").collect::<Vec<_>>(), ["a+b c%20", "é"]);
        assert_eq!(query.one("count").unwrap(), Some(""));
    }

    #[test]
    fn what_is_unknown_is_named_with_what_is_known() {
        let detail = query("intervall=1").unwrap_err().to_string();
        assert!(
            detail.contains("\"intervall\"") && detail.contains("`topic`"),
            "{detail}"
        );
    }

    #[test]
    fn what_is_said_twice_is_named() {
        let detail = query("count=1&count=2")
            .unwrap()
            .one("count")
            .unwrap_err()
            .to_string();
        assert!(detail.contains("`count`"), "{detail}");
    }

    #[test]
    fn a_number_is_ascii_digits_in_its_range() {
        assert_eq!(
            query("count=10").unwrap().number("count", 0..=10).unwrap(),
            Some(10)
        );
        for bad in [
            "11",
            "-1",
            "+1",
            "%2B1",
            "",
            "1.5",
            "0x1",
            "%D9%A1",
            "99999999999999999999",
        ] {
            let query = query(&format!("count={bad}")).unwrap();
            let detail = query.number("count", 0..=10).unwrap_err().to_string();
            assert!(
                detail.contains("`count`") && detail.contains("0 to 10"),
                "{bad}: {detail}"
            );
        }
    }

    #[test]
    fn bytes_that_are_not_utf8_are_refused() {
        let detail = query("topic=%FF").unwrap_err().to_string();
        assert!(detail.contains("`topic`"), "{detail}");
    }

    #[test]
    fn a_quoted_text_is_escaped_and_cut() {
        assert_eq!(quoted("a\u{1b}[31m\n"), "\"a\\u{1b}[31m\\n\"");
        assert_eq!(quoted(&"x".repeat(65)), format!("\"{}\"…", "x".repeat(64)));
    }
}
