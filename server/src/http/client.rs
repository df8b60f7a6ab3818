//! The small client for pages of others: public code, which any page may load.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::LazyLock;

use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};

use crate::assets::{Caching, accepts};

/// Where it is.
pub(crate) const PATH: &str = "/tickertape.js";

const PLAIN: &[u8] = include_bytes!("../../client/tickertape.js");
const GZIP: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/tickertape.js.gz"));

/// Names the bytes for as long as they are these.
static VERSION: LazyLock<String> = LazyLock::new(|| {
    let mut hasher = DefaultHasher::new();
    PLAIN.hash(&mut hasher);
    format!("{:016x}", hasher.finish())
});

/// `GET /tickertape.js`, as it was written, and as gzip for who accepts that.
///
/// A page keeps it for five minutes and then asks whether it has changed: its address has no
/// version, and a new one is to reach every page soon after an update of the server.
pub(crate) async fn script(headers: HeaderMap) -> Response {
    let accepted = headers
        .get(header::ACCEPT_ENCODING)
        .and_then(|list| list.to_str().ok());
    let (encoding, bytes) = match accepted.is_some_and(|list| accepts(list, "gzip")) {
        true => ("gzip", GZIP),
        false => ("identity", PLAIN),
    };
    let caching = Caching {
        version: &VERSION,
        encoding,
        cache: "public, max-age=300",
        loaders: "cross-origin",
    };
    caching.answer(&headers, || content(encoding, bytes))
}

fn content(encoding: &'static str, bytes: &'static [u8]) -> Response {
    let kind = [(header::CONTENT_TYPE, "text/javascript; charset=utf-8")];
    match encoding {
        "identity" => (kind, bytes).into_response(),
        _ => (kind, [(header::CONTENT_ENCODING, encoding)], bytes).into_response(),
    }
}
