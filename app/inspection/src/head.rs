//! What a response says before its body.

use crate::Finding;
use crate::kept::beginning;
use crate::limits::{HEAD_BYTES, HEADERS};
use crate::media_type::{MediaType, STREAM};

/// How much of a header is quoted, in bytes.
const QUOTED: usize = 80;

/// A response's head, as far as it can be seen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Head {
    /// The status, such as 200.
    pub status: u16,
    /// Names and values, in their order.
    pub headers: Vec<(String, String)>,
    /// How much of it that is.
    pub sight: Sight,
    /// Another method than GET, by which it was asked for; empty: GET.
    pub method: String,
}

/// What nginx calls itself, and what is made of it.
const NGINX: [&str; 4] = ["nginx", "openresty", "tengine", "angie"];

/// Who looks at a head.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sight {
    /// All is there, and the body as it was sent.
    #[default]
    Whole,
    /// A page sees the head of its own server; the browser has unpacked the body.
    Page,
    /// A page sees little of the head of another server (Fetch, "CORS-safelisted response-header name").
    Stranger,
}

impl Head {
    /// Lets go of the last headers, where there are more than [`HEADERS`] or [`HEAD_BYTES`] of them, and says of how many.
    pub fn bound(&mut self) -> usize {
        let (all, mut left) = (self.headers.len(), HEAD_BYTES);
        let fits = |(name, value): &&(String, String)| {
            let rest = left.checked_sub(name.len() + value.len());
            left = rest.unwrap_or_default();
            rest.is_some()
        };
        let kept = self.headers.iter().take(HEADERS).take_while(fits).count();
        self.headers.truncate(kept);
        all - kept
    }

    /// What a browser would object to, and what a proxy could spoil.
    #[must_use]
    pub fn findings(&self) -> Vec<Finding> {
        if self.status != 200 {
            let detail = format!(
                "the status is {}: any but 200 ends an EventSource for good, and its body is not \
                 read as events",
                status(self.status)
            );
            return vec![Finding::new("status", detail)];
        }
        let mut found: Vec<_> = self.method().into_iter().collect();
        found.extend(self.content_type());
        found.extend(self.content_encoding());
        found.extend(self.cache_control());
        found.extend(self.buffering());
        found
    }

    /// The finding for which the body is not read as an event stream, by its code.
    #[must_use]
    pub fn stopped_by(&self) -> Option<&'static str> {
        if self.status != 200 {
            return Some("status");
        }
        (self.sight == Sight::Whole && self.content_encoding().is_some())
            .then_some("content_encoding")
    }

    /// The values of a header, joined; empty where there is none.
    #[must_use]
    pub fn text(&self, name: &str) -> String {
        let values = self.headers.iter();
        values
            .filter(|(known, _)| known.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
            .collect::<Vec<_>>()
            .join(", ")
    }

    /// What is wrong with the content type or its charset.
    #[must_use]
    pub fn content_type(&self) -> Option<Finding> {
        let value = self.text("content-type");
        let found = MediaType::of(&value).filter(|found| found.essence == STREAM);
        let Some(MediaType { charset, .. }) = found else {
            let shown = if value.is_empty() {
                "missing".to_owned()
            } else {
                format!("{:?}", beginning(&value, QUOTED))
            };
            let detail = format!(
                "the content type is {shown}; an EventSource takes text/event-stream only, and \
                 ends for good on another"
            );
            return Some(Finding::new("content_type", detail));
        };
        let charset = charset?;
        if charset.eq_ignore_ascii_case("utf-8") {
            return None;
        }
        let charset = beginning(&charset, QUOTED);
        let detail = format!(
            "the charset is {charset:?}; a stream is always UTF-8, and Chromium ends it for good: \
             send no charset"
        );
        Some(Finding::new("charset", detail))
    }

    fn method(&self) -> Option<Finding> {
        (!self.is_get()).then(|| {
            let detail = format!(
                "asked by {}, which no EventSource can do: a page reads it by fetch, and nothing comes back by itself",
                self.method
            );
            Finding::new("method", detail)
        })
    }

    /// Whether an `EventSource` asks so.
    #[must_use]
    pub fn is_get(&self) -> bool {
        self.method.is_empty() || self.method == "GET"
    }

    /// By what the body is compressed; none where it is not.
    #[must_use]
    pub fn encoding(&self) -> Option<String> {
        let value = self.text("content-encoding");
        // `none` is no coding, but some servers keep compressors away with it, and browsers pass over it.
        let plain = ["", "identity", "none"];
        let is_plain = plain.iter().any(|plain| value.eq_ignore_ascii_case(plain));
        (!is_plain).then_some(value)
    }

    fn content_encoding(&self) -> Option<Finding> {
        let value = self.encoding()?;
        Some(if self.sight == Sight::Whole {
            let detail = format!(
                "the body is encoded with {value:?} although `identity` was asked for; it is not \
                 read, and compression may hold events back"
            );
            Finding::new("content_encoding", detail)
        } else {
            let detail = format!(
                "the body is sent with {value:?}, and was unpacked by the browser: compression may \
                 hold events back, and the bytes and times here are those behind it"
            );
            Finding::new("compressed", detail)
        })
    }

    fn cache_control(&self) -> Option<Finding> {
        // What was asked by POST no cache keeps unless it is told to (RFC 9110, 9.3.3).
        if !self.is_get() {
            return None;
        }
        let value = self.text("cache-control").to_ascii_lowercase();
        let mut directives = value.split(',').map(str::trim);
        let is_said = directives.any(|directive| {
            directive.starts_with("no-cache") || ["no-store", "max-age=0"].contains(&directive)
        });
        let detail =
            "there is no Cache-Control: no-cache; a cache may answer in place of the server";
        (!is_said).then(|| Finding::new("cache_control", detail))
    }

    /// Proxies may hold back what does not forbid it.
    fn buffering(&self) -> Option<Finding> {
        // What a stranger does not see may be there; and nginx heeds the header and keeps it to itself.
        let server = self.text("server").to_ascii_lowercase();
        let is_nginx = NGINX.iter().any(|name| server.contains(name));
        if self.sight == Sight::Stranger || is_nginx {
            return None;
        }
        let is_said = self.text("x-accel-buffering").eq_ignore_ascii_case("no");
        let detail = "there is no X-Accel-Buffering: no; nginx then holds events back";
        (!is_said).then(|| Finding::new("x_accel_buffering", detail))
    }
}

/// A status with its usual words.
fn status(code: u16) -> String {
    let words = match code {
        204 => "No Content",
        301 => "Moved Permanently",
        302 => "Found",
        304 => "Not Modified",
        307 => "Temporary Redirect",
        308 => "Permanent Redirect",
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        406 => "Not Acceptable",
        429 => "Too Many Requests",
        500 => "Internal Server Error",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        504 => "Gateway Timeout",
        _ => return code.to_string(),
    };
    format!("{code} {words}")
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: [(&str, &str); 3] = [
        ("content-type", "text/event-stream"),
        ("cache-control", "no-cache, no-transform"),
        ("x-accel-buffering", "no"),
    ];

    type Headers<'a> = &'a [(&'a str, &'a str)];
    type Codes<'a> = &'a [(&'a str, bool)];

    /// A good response with these headers in place of its own.
    fn head(status: u16, other: Headers<'_>) -> Head {
        let is_replaced = |name: &str| other.iter().any(|(known, _)| *known == name);
        let own = GOOD.iter().filter(|(name, _)| !is_replaced(name));
        let headers = own
            .chain(other)
            .filter(|(_, value)| !value.is_empty())
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Head {
            status,
            headers: headers.collect(),
            ..Head::default()
        }
    }

    fn codes(head: &Head) -> Vec<(String, bool)> {
        let found = head.findings().into_iter();
        found
            .map(|f| (f.code.into_owned(), f.is_violation))
            .collect()
    }

    #[test]
    fn each_flaw_of_a_response_is_found_and_no_other() {
        let cases: [(u16, Headers<'_>, Codes<'_>); 18] = [
            (200, &[], &[]),
            (200, &[("content-type", "text/event-stream;charset=")], &[]),
            (
                200,
                &[
                    ("content-type", "text/event-stream"),
                    ("content-type", "text/event-stream; charset=utf-8"),
                ],
                &[],
            ),
            (
                200,
                &[("content-type", "Text/Event-Stream; charset=UTF-8")],
                &[],
            ),
            (204, &[], &[("status", true)]),
            (503, &[("content-type", "text/html")], &[("status", true)]),
            (200, &[("content-type", "")], &[("content_type", true)]),
            (
                200,
                &[("content-type", "text/plain")],
                &[("content_type", true)],
            ),
            (
                200,
                &[("content-type", "text/event-streams")],
                &[("content_type", true)],
            ),
            (
                200,
                &[("content-type", "text/event-stream; charset=windows-1252")],
                &[("charset", true)],
            ),
            (
                200,
                &[("content-encoding", "gzip")],
                &[("content_encoding", true)],
            ),
            (200, &[("content-encoding", "identity")], &[]),
            (200, &[("content-encoding", "none")], &[]),
            (
                200,
                &[("cache-control", "max-age=60")],
                &[("cache_control", false)],
            ),
            (200, &[("cache-control", "no-store")], &[]),
            (200, &[("cache-control", "private, max-age=0")], &[]),
            (
                200,
                &[("server", "nginx/1.22.1"), ("x-accel-buffering", "")],
                &[],
            ),
            (
                200,
                &[("x-accel-buffering", "")],
                &[("x_accel_buffering", false)],
            ),
        ];
        for (status, other, expected) in cases {
            let expected: Vec<_> = expected
                .iter()
                .map(|(code, is_violation)| ((*code).to_owned(), *is_violation))
                .collect();
            assert_eq!(codes(&head(status, other)), expected, "{status} {other:?}");
        }
    }

    #[test]
    fn what_is_asked_by_post_is_no_eventsources_and_in_no_cache() {
        let asked = Head {
            method: "POST".to_owned(),
            ..head(200, &[("cache-control", "")])
        };
        assert_eq!(codes(&asked), [("method".to_owned(), false)]);
    }

    #[test]
    fn a_page_reads_what_the_browser_unpacked_and_misses_nothing_it_cannot_see() {
        let packed = [("content-encoding", "gzip"), ("x-accel-buffering", "")];
        let of = |sight| Head {
            sight,
            ..head(200, &packed)
        };
        assert_eq!(of(Sight::Whole).stopped_by(), Some("content_encoding"));
        assert_eq!(of(Sight::Page).stopped_by(), None);
        assert_eq!(
            codes(&of(Sight::Page)),
            [
                ("compressed".to_owned(), false),
                ("x_accel_buffering".to_owned(), false)
            ]
        );
        assert_eq!(
            codes(&of(Sight::Stranger)),
            [("compressed".to_owned(), false)]
        );
    }
}
