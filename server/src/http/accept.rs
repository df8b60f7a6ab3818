//! The header `Accept`: in which of its kinds an answer of events is wanted.

use axum::http::{HeaderMap, header};

/// What the events of topics can be answered as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// `text/event-stream`: where nothing else is asked for.
    EventStream,
    /// `application/x-ndjson`: a JSON object a line, without an end.
    NdJson,
    /// `application/json`: what there is, at once.
    Poll,
    /// `text/html`: a page that shows them.
    Page,
}

/// The kind that a request prefers (RFC 9110 12.5.1): of the same weight, one that is named comes
/// before a wildcard, then the first.
///
/// A request that accepts none of them gets the event stream: a 406 would end an `EventSource`
/// behind a proxy that rewrites the header, and help nobody.
pub(crate) fn kind(headers: &HeaderMap) -> Kind {
    preferred(headers).map_or(Kind::EventStream, |range| range.kind)
}

/// Whether a request names the event stream, and prefers it: where JSON is what is given else.
pub(crate) fn wants_event_stream(headers: &HeaderMap) -> bool {
    preferred(headers).is_some_and(|range| range.named && range.kind == Kind::EventStream)
}

fn preferred(headers: &HeaderMap) -> Option<Range> {
    let values = headers.get_all(header::ACCEPT).iter();
    let ranges = values
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter_map(range);
    // Of equals `max_by_key` takes the last, hence the other way round.
    ranges
        .collect::<Vec<_>>()
        .into_iter()
        .rev()
        .max_by_key(|range| (range.weight, range.named))
}

/// A range that one of the kinds is in.
struct Range {
    kind: Kind,
    named: bool,
    /// Thousandths, 1 to 1,000.
    weight: u16,
}

fn range(text: &str) -> Option<Range> {
    let mut parts = text.split(';').map(str::trim);
    let (kind, named) = match parts.next()?.to_ascii_lowercase().as_str() {
        "text/event-stream" => (Kind::EventStream, true),
        "application/x-ndjson" => (Kind::NdJson, true),
        "application/json" => (Kind::Poll, true),
        "text/html" => (Kind::Page, true),
        "*/*" | "text/*" => (Kind::EventStream, false),
        _ => return None,
    };
    let weight = parts
        .find_map(|part| part.strip_prefix("q=").or(part.strip_prefix("Q=")))
        .map_or(1.0, |weight| weight.parse::<f32>().unwrap_or(0.0));
    let weight = (weight.clamp(0.0, 1.0) * 1000.0).round() as u16;
    (weight > 0).then_some(Range {
        kind,
        named,
        weight,
    })
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn the_kind_is_the_one_that_is_preferred() {
        let browser = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
        for (accept, expected) in [
            ("text/event-stream", Kind::EventStream),
            ("*/*", Kind::EventStream),
            ("", Kind::EventStream),
            ("image/png", Kind::EventStream),
            (browser, Kind::Page),
            ("*/*, text/html;q=0.9", Kind::EventStream),
            ("text/event-stream, text/html", Kind::EventStream),
            ("application/x-ndjson", Kind::NdJson),
            ("Application/X-NDJSON; charset=utf-8", Kind::NdJson),
            ("application/json", Kind::Poll),
            ("application/json, text/plain, */*", Kind::Poll),
            ("*/*, application/json", Kind::Poll),
            ("application/json, text/event-stream", Kind::Poll),
            (
                "application/json;q=0.5, application/x-ndjson;q=0.501",
                Kind::NdJson,
            ),
            ("application/json;q=0, */*;q=0.1", Kind::EventStream),
            (
                "application/json;q=x, application/x-ndjson;q=0.1",
                Kind::NdJson,
            ),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT, HeaderValue::from_static(accept));
            assert_eq!(kind(&headers), expected, "{accept}");
        }
        assert_eq!(kind(&HeaderMap::new()), Kind::EventStream);
    }

    #[test]
    fn an_event_stream_in_place_of_json_has_to_be_named() {
        for (accept, expected) in [
            ("text/event-stream", true),
            ("application/json;q=0.5, text/event-stream", true),
            ("application/json, text/event-stream", false),
            ("*/*", false),
            ("text/*", false),
            ("*/*, text/event-stream;q=0.9", false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT, HeaderValue::from_static(accept));
            assert_eq!(wants_event_stream(&headers), expected, "{accept}");
        }
        assert!(!wants_event_stream(&HeaderMap::new()));
    }
}
