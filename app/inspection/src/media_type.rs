//! What a content type says, read as browsers read it.

/// What an event stream is.
pub(crate) const STREAM: &str = "text/event-stream";

/// White space of HTTP.
const SPACE: [char; 4] = [' ', '\t', '\r', '\n'];

/// A media type, as far as it matters here.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct MediaType {
    /// Type and subtype, in lower case.
    pub(crate) essence: String,
    /// The charset, as it was written; none where none is given, or an empty one.
    pub(crate) charset: Option<String>,
}

impl MediaType {
    /// What the values of all headers come to, joined with commas: the last that is a type counts (Fetch, "extract a
    /// MIME type"), so that two headers with the same say what one says.
    pub(crate) fn of(values: &str) -> Option<Self> {
        let types = self::values(values).filter_map(Self::parse);
        types
            .filter(|found| found.essence != "*/*")
            .reduce(|before, mut found| {
                if found.essence == before.essence {
                    found.charset = found.charset.or(before.charset);
                }
                found
            })
    }

    /// One type (MIME Sniffing 4.4, "parse a MIME type").
    fn parse(value: &str) -> Option<Self> {
        let (essence, mut rest) = value.split_once(';').unwrap_or((value, ""));
        let essence = trim(essence);
        let (kind, subtype) = essence.split_once('/')?;
        if !is_token(kind) || !is_token(subtype) {
            return None;
        }
        let mut charset = None;
        while charset.is_none() && !rest.is_empty() {
            let (name, value, after) = parameter(rest);
            rest = after;
            // The first of several is the one that counts.
            charset = value.filter(|_| name.eq_ignore_ascii_case("charset"));
        }
        let charset = charset.map(|charset| trim(&charset).to_owned());
        Some(Self {
            essence: essence.to_ascii_lowercase(),
            charset: charset.filter(|charset| !charset.is_empty()),
        })
    }
}

/// Whether a content type is that of an event stream.
#[must_use]
pub fn is_event_stream(content_type: &str) -> bool {
    MediaType::of(content_type).is_some_and(|found| found.essence == STREAM)
}

/// The next parameter: its name, its value where it has one, and what follows it. A quote counts right after the
/// equals sign alone, and what follows its end is passed over.
fn parameter(text: &str) -> (&str, Option<String>, &str) {
    let end = text.find([';', '=']).unwrap_or(text.len());
    let (name, rest) = text.split_at(end);
    let name = name.trim_start_matches(SPACE);
    let Some(value) = rest.strip_prefix('=') else {
        return (name, None, rest.get(1..).unwrap_or_default());
    };
    let Some(quoted) = value.strip_prefix('"') else {
        let (value, rest) = value.split_once(';').unwrap_or((value, ""));
        return (
            name,
            (!trim(value).is_empty()).then(|| value.to_owned()),
            rest,
        );
    };
    let mut text = String::new();
    let mut chars = quoted.chars();
    while let Some(c) = chars.next().filter(|c| *c != '"') {
        text.push(match c {
            '\\' => chars.next().unwrap_or(c),
            c => c,
        });
    }
    let (_, rest) = chars.as_str().split_once(';').unwrap_or_default();
    (name, Some(text), rest)
}

/// The values that stand between commas, where they do not stand in quotes (Fetch, "get, decode, and split").
fn values(text: &str) -> impl Iterator<Item = &str> {
    let (mut is_quoted, mut is_escaped) = (false, false);
    text.split(move |c| {
        let is_plain = !std::mem::take(&mut is_escaped);
        is_quoted ^= c == '"' && is_plain;
        is_escaped = is_quoted && is_plain && c == '\\';
        c == ',' && !is_quoted
    })
}

/// Without white space of HTTP at its ends, which is not all that Unicode knows.
fn trim(text: &str) -> &str {
    text.trim_matches(SPACE)
}

fn is_token(text: &str) -> bool {
    let is_token = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
    !text.is_empty() && text.chars().all(is_token)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As Chromium 156 and Firefox ESR 153 take them; of two headers the values are joined.
    #[test]
    fn a_type_is_what_browsers_take_it_for() {
        let stream = [
            ("text/event-stream", None),
            (" Text/Event-Stream\t;", None),
            ("text/event-stream; charset=", None),
            ("text/event-stream; charset=\"\"", None),
            ("text/event-stream;;charset=utf-8 ; q", Some("utf-8")),
            ("text/event-stream; charset = latin1", None),
            ("text/event-stream; charset=\t utf-8", Some("utf-8")),
            ("text/event-stream; charset=\" utf-8 \"", Some("utf-8")),
            ("text/event-stream; x=a\"b; charset=latin1", Some("latin1")),
            (
                "text/event-stream; x=\"a\"b\"; charset=latin1",
                Some("latin1"),
            ),
            ("text/event-stream; charset=\"utf\\-8\"x", Some("utf-8")),
            ("text/event-stream; charset=\"utf-8", Some("utf-8")),
            ("text/event-stream; charset='utf-8'", Some("'utf-8'")),
            ("text/event-stream; x=\"a;charset=latin1\"", None),
            ("text/event-stream; x=\"\\\";charset=latin1\"", None),
            (
                "text/event-stream; charset=utf-8; charset=latin1",
                Some("utf-8"),
            ),
            ("text/event-stream, text/event-stream", None),
            (
                "text/event-stream; charset=utf-8, text/event-stream",
                Some("utf-8"),
            ),
            (
                "text/html; charset=latin1, text/event-stream; x=\",\"",
                None,
            ),
            ("text/event-stream, bogus", None),
            (",text/event-stream, */*,", None),
        ];
        for (value, charset) in stream {
            assert!(is_event_stream(value), "{value}");
            let found = MediaType::of(value).unwrap();
            assert_eq!(found.charset.as_deref(), charset, "{value}");
        }
        let others = [
            "",
            "event-stream",
            "text/event-streams",
            "text/event-stream\u{b}",
            "text/event-stream, text/html",
            "text/event-stream; charset=utf-8, text/html",
            "\"text/event-stream\"",
            "*/*",
        ];
        for value in others {
            assert!(!is_event_stream(value), "{value}");
        }
    }
}
