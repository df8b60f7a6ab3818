//! What a response says before its body.

use ureq::http::{HeaderMap, StatusCode, header};

use super::finding::Finding;

const PROCESSING: &str = "HTML 9.2.3";

/// What a browser would object to, and what a proxy could spoil.
pub(super) fn findings(status: StatusCode, headers: &HeaderMap) -> Vec<Finding> {
    let mut found = Vec::new();
    if status != StatusCode::OK {
        let detail = format!(
            "the status is {status}: any but 200 ends an EventSource for good, and its body is \
             not read as events"
        );
        found.push(Finding::violation("status", PROCESSING, detail));
        return found;
    }
    found.extend(content_type(headers));
    found.extend(content_encoding(headers));
    found.extend(buffering(headers));
    found
}

/// The finding for which the body is not read as an event stream, by its code.
pub(super) fn stopped_by(status: StatusCode, headers: &HeaderMap) -> Option<&'static str> {
    if status != StatusCode::OK {
        return Some("status");
    }
    content_encoding(headers).map(|finding| finding.code)
}

pub(super) fn content_type(headers: &HeaderMap) -> Option<Finding> {
    let value = text(headers, header::CONTENT_TYPE.as_str());
    let (essence, parameters) = value.split_once(';').unwrap_or((&value, ""));
    if !essence.trim().eq_ignore_ascii_case("text/event-stream") {
        let shown = if value.is_empty() {
            "missing".to_owned()
        } else {
            format!("{value:?}")
        };
        let detail = format!(
            "the content type is {shown}; an EventSource takes text/event-stream only, and \
             ends for good on another"
        );
        return Some(Finding::violation("content_type", PROCESSING, detail));
    }
    let charset = parameters.split(';').find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        name.trim()
            .eq_ignore_ascii_case("charset")
            .then(|| value.trim().trim_matches('"'))
    })?;
    if charset.eq_ignore_ascii_case("utf-8") {
        return None;
    }
    let detail = format!(
        "the charset is {charset:?}; a stream is always UTF-8, and Chromium ends it for good: \
         send no charset"
    );
    Some(Finding::violation("charset", "HTML 9.2.5", detail))
}

fn content_encoding(headers: &HeaderMap) -> Option<Finding> {
    let value = text(headers, header::CONTENT_ENCODING.as_str());
    if value.is_empty() || value.eq_ignore_ascii_case("identity") {
        return None;
    }
    let detail = format!(
        "the body is encoded with {value:?} although `identity` was asked for; it is not read, \
         and compression may hold events back"
    );
    Some(Finding::violation(
        "content_encoding",
        "RFC 9110, 12.5.3",
        detail,
    ))
}

/// Proxies may store or hold back what does not forbid it.
fn buffering(headers: &HeaderMap) -> Vec<Finding> {
    let mut found = Vec::new();
    let cache_control = text(headers, header::CACHE_CONTROL.as_str()).to_ascii_lowercase();
    if !["no-cache", "no-store"]
        .iter()
        .any(|directive| cache_control.contains(directive))
    {
        let detail =
            "there is no Cache-Control: no-cache; a cache may answer in place of the server";
        found.push(Finding::note("cache_control", detail));
    }
    if !text(headers, "x-accel-buffering").eq_ignore_ascii_case("no") {
        let detail = "there is no X-Accel-Buffering: no; nginx then holds events back";
        found.push(Finding::note("x_accel_buffering", detail));
    }
    found
}

/// The values of a header, joined; bytes that are no text are replaced.
pub(super) fn text(headers: &HeaderMap, name: &str) -> String {
    let values = headers.get_all(name).iter();
    values
        .map(|v| String::from_utf8_lossy(v.as_bytes()))
        .collect::<Vec<_>>()
        .join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: [(&str, &str); 3] = [
        ("content-type", "text/event-stream"),
        ("cache-control", "no-cache, no-transform"),
        ("x-accel-buffering", "no"),
    ];

    /// The codes for a good response with these headers in place of its own.
    fn codes(status: u16, other: &[(&'static str, &str)]) -> Vec<(&'static str, bool)> {
        let mut headers = HeaderMap::new();
        for (name, value) in GOOD.iter().chain(other) {
            headers.remove(*name);
            if !value.is_empty() {
                headers.insert(*name, value.parse().unwrap());
            }
        }
        let status = StatusCode::from_u16(status).unwrap();
        findings(status, &headers)
            .iter()
            .map(|f| (f.code, f.is_violation))
            .collect()
    }

    #[test]
    fn each_flaw_of_a_response_is_found_and_no_other() {
        assert_eq!(codes(200, &[]), []);
        assert_eq!(
            codes(200, &[("content-type", "Text/Event-Stream; charset=UTF-8")]),
            []
        );
        assert_eq!(codes(204, &[]), [("status", true)]);
        assert_eq!(
            codes(503, &[("content-type", "text/html")]),
            [("status", true)]
        );
        assert_eq!(
            codes(200, &[("content-type", "")]),
            [("content_type", true)]
        );
        assert_eq!(
            codes(200, &[("content-type", "text/plain")]),
            [("content_type", true)]
        );
        assert_eq!(
            codes(200, &[("content-type", "text/event-streams")]),
            [("content_type", true)]
        );
        let charset = "text/event-stream; charset=windows-1252";
        assert_eq!(
            codes(200, &[("content-type", charset)]),
            [("charset", true)]
        );
        assert_eq!(
            codes(200, &[("content-encoding", "gzip")]),
            [("content_encoding", true)]
        );
        assert_eq!(codes(200, &[("content-encoding", "identity")]), []);
        assert_eq!(
            codes(200, &[("cache-control", "max-age=60")]),
            [("cache_control", false)]
        );
        assert_eq!(codes(200, &[("cache-control", "no-store")]), []);
        assert_eq!(
            codes(200, &[("x-accel-buffering", "")]),
            [("x_accel_buffering", false)]
        );
    }
}
