//! The pages' assets, inside the binary: compressed beforehand, each under an address that
//! changes with its content.

use app::{AssetUrls, InspectorUrls};
use axum::{
    body::Body,
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Uri, header},
    response::{IntoResponse, Response},
};
use percent_encoding::percent_decode_str;
use rust_embed::{EmbeddedFile, RustEmbed};

/// What `cargo leptos build` leaves: each file as it is and, in a release, as `.br` and `.gz`.
#[derive(RustEmbed)]
#[folder = "../target/site"]
#[allow_missing = true]
struct Site;

/// Encodings in order of preference: `Accept-Encoding` token and the file's ending.
const ENCODINGS: [(&str, &str); 2] = [("br", ".br"), ("gzip", ".gz")];

/// The addresses under which a page asks for its assets.
pub(crate) fn urls() -> AssetUrls {
    AssetUrls {
        css: versioned("pkg/tickertape.css"),
        js: versioned("pkg/tickertape.js"),
        wasm: versioned("pkg/tickertape.wasm"),
        icon: versioned("icon.svg"),
        inspector: InspectorUrls {
            page: versioned("inspector/page.js"),
            js: versioned("inspector/inspector.js"),
            wasm: versioned("inspector/inspector.wasm"),
        },
    }
}

/// `GET /pkg/{*path}`, and `/inspector/{*path}`.
pub(crate) async fn package(uri: Uri, headers: HeaderMap) -> Response {
    match percent_decode_str(uri.path()).decode_utf8() {
        Ok(path) => serve(path.trim_start_matches('/'), &uri, &headers),
        Err(_) => crate::http::error::not_found(uri.path()).into_response(),
    }
}

/// `GET /icon.svg`, and `/favicon.ico` for who asks by habit.
pub(crate) async fn icon(uri: Uri, headers: HeaderMap) -> Response {
    serve("icon.svg", &uri, &headers)
}

fn versioned(path: &str) -> String {
    match Site::get(path) {
        Some(file) => format!("/{path}?v={}", &hex(&file)[..16]),
        None => format!("/{path}"),
    }
}

fn serve(path: &str, uri: &Uri, headers: &HeaderMap) -> Response {
    // A compressed copy is reached by its header only; and where the files are read from the disk,
    // as in development, each has one name only.
    let hidden = ENCODINGS.iter().any(|(_, ending)| path.ends_with(ending))
        || path
            .split(['/', '\\'])
            .any(|part| matches!(part, "" | "." | ".."));
    let Some(plain) = (!hidden).then(|| Site::get(path)).flatten() else {
        return crate::http::error::not_found(&format!("/{path}")).into_response();
    };
    let version = hex(&plain)[..16].to_owned();
    let (encoding, file) = best(path, headers).unwrap_or(("identity", plain));
    // Only under its own version can it never change.
    let cache = if uri.query() == Some(&format!("v={version}")) {
        "public, max-age=31536000, immutable"
    } else {
        "no-cache"
    };
    let caching = Caching {
        version: &version,
        encoding,
        cache,
        loaders: "same-origin",
    };
    caching.answer(headers, || content(path, encoding, file))
}

/// How long who asked for a file may keep it, and which pages may load it.
pub(crate) struct Caching<'a> {
    /// Names the file's bytes.
    pub(crate) version: &'a str,
    /// The encoding in which it is sent.
    pub(crate) encoding: &'a str,
    /// `Cache-Control`.
    pub(crate) cache: &'static str,
    /// `Cross-Origin-Resource-Policy`.
    pub(crate) loaders: &'static str,
}

impl Caching<'_> {
    /// The file, or 304 for who holds it.
    pub(crate) fn answer(
        &self,
        headers: &HeaderMap,
        content: impl FnOnce() -> Response,
    ) -> Response {
        // Other bytes, another tag (RFC 9110, 8.8.3.3).
        let etag = format!("\"{}-{}\"", self.version, self.encoding);
        let mut response = match holds(headers, &etag) {
            true => StatusCode::NOT_MODIFIED.into_response(),
            false => content(),
        };
        for (name, value) in [
            (header::ETAG, &*etag),
            (header::VARY, "Accept-Encoding"),
            (header::CACHE_CONTROL, self.cache),
            (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
            (CROSS_ORIGIN_RESOURCE_POLICY, self.loaders),
        ] {
            if let Ok(value) = HeaderValue::from_str(value) {
                response.headers_mut().insert(name, value);
            }
        }
        response
    }
}

/// Which pages may load an answer at all (Fetch 3.7).
pub(crate) const CROSS_ORIGIN_RESOURCE_POLICY: HeaderName =
    HeaderName::from_static("cross-origin-resource-policy");

fn content(path: &str, encoding: &'static str, file: EmbeddedFile) -> Response {
    let mime = mime_guess::from_path(path).first_or_octet_stream();
    let mut response = Response::new(Body::from(file.data));
    let out = response.headers_mut();
    if let Ok(mime) = HeaderValue::from_str(mime.as_ref()) {
        out.insert(header::CONTENT_TYPE, mime);
    }
    if encoding != "identity" {
        out.insert(header::CONTENT_ENCODING, HeaderValue::from_static(encoding));
    }
    response
}

fn best(path: &str, headers: &HeaderMap) -> Option<(&'static str, EmbeddedFile)> {
    let accepted = headers.get(header::ACCEPT_ENCODING)?.to_str().ok()?;
    ENCODINGS
        .iter()
        .filter(|(token, _)| accepts(accepted, token))
        .find_map(|(token, ending)| Some((*token, Site::get(&format!("{path}{ending}"))?)))
}

/// Whether a client has what this tag names, also where a proxy made the tag a weak one (RFC
/// 9110, 13.1.2).
fn holds(headers: &HeaderMap, etag: &str) -> bool {
    headers
        .get_all(header::IF_NONE_MATCH)
        .iter()
        .filter_map(|list| list.to_str().ok())
        .flat_map(|list| list.split(',').map(str::trim))
        .any(|held| held == "*" || held.strip_prefix("W/").unwrap_or(held) == etag)
}

/// Whether a list such as `gzip, br;q=0` lets an encoding through (RFC 9110, 12.5.3).
pub(crate) fn accepts(list: &str, token: &str) -> bool {
    list.split(',').any(|entry| {
        let mut parts = entry.split(';').map(str::trim);
        let named = parts
            .next()
            .is_some_and(|name| name.eq_ignore_ascii_case(token));
        let refused = parts.any(|p| {
            p.strip_prefix("q=")
                .and_then(|q| q.parse::<f32>().ok())
                .is_some_and(|q| q <= 0.0)
        });
        named && !refused
    })
}

fn hex(file: &EmbeddedFile) -> String {
    crate::hex::encode(&file.metadata.sha256_hash())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_encoding_is_used_only_where_it_is_accepted() {
        assert!(accepts("gzip, deflate, br", "br"));
        assert!(accepts("BR;q=0.5", "br"));
        assert!(!accepts("gzip, br;q=0", "br"));
        assert!(!accepts("brotli", "br"));
        assert!(!accepts("", "gzip"));
    }
}
