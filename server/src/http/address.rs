//! The topics that an address names: in its path, or as `topic=`.
//!
//! The query is the canonical form, as it can name any topic. The path is sugar for one of them.

use axum::http::Uri;
use percent_encoding::percent_decode_str;

use super::error::HttpError;
use super::query::Query;

/// Reads the topics or selectors of an address as they stand there, and its other parameters.
///
/// Whether the texts are topics is not checked: a publish wants one topic, a subscription takes
/// patterns too.
///
/// # Errors
/// 400 for a path that browsers and proxies would rewrite, for topics in the path and in the
/// query at once, for parameters other than `topic` and `known`, and for what is not UTF-8.
pub(crate) fn read(uri: &Uri, known: &[&str]) -> Result<(Vec<String>, Query), HttpError> {
    read_by(uri, known, Query::of)
}

/// The same for the address of a page, where the other parameters are what a person chose: see
/// [`Query::leniently`].
///
/// # Errors
/// Those of [`read`], but for the values of `known`.
pub(crate) fn read_leniently(uri: &Uri, known: &[&str]) -> Result<(Vec<String>, Query), HttpError> {
    read_by(uri, known, Query::leniently)
}

fn read_by(
    uri: &Uri,
    known: &[&str],
    query: fn(&Uri, &[&str]) -> Result<Query, HttpError>,
) -> Result<(Vec<String>, Query), HttpError> {
    let Some(topic) = in_path(uri)? else {
        let known: Vec<_> = ["topic"].into_iter().chain(known.iter().copied()).collect();
        let query = query(uri, &known)?;
        let topics = query.all("topic").map(str::to_owned).collect();
        return Ok((topics, query));
    };
    if Query::mentions(uri, "topic") {
        return Err(HttpError::bad_request(
            "`topic` stands in the path and in the query; give it in one of them",
        ));
    }
    Ok((vec![topic], query(uri, known)?))
}

/// What follows the first segment of a path such as `/events/orders/42`; none where it has only
/// one.
fn in_path(uri: &Uri) -> Result<Option<String>, HttpError> {
    let path = uri.path();
    let Some((_, encoded)) = path.strip_prefix('/').and_then(|path| path.split_once('/')) else {
        return Ok(None);
    };
    let topic = percent_decode_str(encoded).decode_utf8().map_err(|_| {
        HttpError::bad_request("`topic`, in the path, is not UTF-8 once percent-decoded")
    })?;
    if topic
        .split('/')
        .any(|segment| matches!(segment, "" | "." | ".."))
    {
        return Err(HttpError::bad_request(
            "`topic`, in the path, has a segment that is empty or made of dots, which browsers and \
             proxies rewrite; name it in the query, as `?topic=`",
        ));
    }
    Ok(Some(topic.into_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn topics(uri: &str) -> Result<Vec<String>, String> {
        read(&uri.parse().unwrap(), &["event"])
            .map(|(topics, _)| topics)
            .map_err(|error| error.to_string())
    }

    #[test]
    fn the_path_is_decoded_once_and_names_one() {
        for (uri, topic) in [
            ("/events/orders/42", "orders/42"),
            ("/events/orders%2F42", "orders/42"),
            ("/events/orders%2f42", "orders/42"),
            ("/lines/a+b%20c%2520?event=x", "a+b c%20"),
            ("/events/a/**", "a/**"),
            ("/events/...", "..."),
        ] {
            assert_eq!(topics(uri).unwrap(), [topic], "{uri}");
        }
    }

    #[test]
    fn the_query_names_any() {
        assert_eq!(topics("/events?topic=../x&topic=b").unwrap(), ["../x", "b"]);
        assert!(topics("/events").unwrap().is_empty());
    }

    #[test]
    fn what_a_browser_would_rewrite_is_refused() {
        for uri in [
            "/events/",
            "/events//a",
            "/events/a/",
            "/events/a//b",
            "/events/a%2F%2Fb",
            "/events/./a",
            "/events/a/..",
            "/events/%2e%2E/a",
            "/events/a%2F.",
        ] {
            let detail = topics(uri).unwrap_err();
            assert!(detail.contains("?topic="), "{uri}: {detail}");
        }
    }

    #[test]
    fn a_topic_stands_in_one_place() {
        let detail = topics("/events/a?topic=b").unwrap_err();
        assert!(detail.contains("in one of them"), "{detail}");
        let detail = topics("/events/%FF").unwrap_err();
        assert!(detail.contains("UTF-8"), "{detail}");
    }
}
