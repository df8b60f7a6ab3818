//! What a body is, as its headers say.

use axum::http::{HeaderMap, header};

use super::error::HttpError;
use super::query::quoted;

/// The content type without its parameters, in lower case; empty where there is none.
pub(crate) fn content_type(headers: &HeaderMap) -> String {
    let value = headers.get(header::CONTENT_TYPE);
    let text = value
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let essence = text.split(';').next().unwrap_or_default();
    essence.trim().to_ascii_lowercase()
}

/// Why a body that names no topic is refused for its type; `accepted` are the types that can.
pub(crate) fn unsupported(content_type: &str, accepted: &str) -> HttpError {
    if content_type.is_empty() {
        return HttpError::bad_request(format!(
            "`topic` is missing, and so is `Content-Type`; name the topic in the address, or send \
             {accepted}"
        ));
    }
    let detail = format!(
        "`Content-Type` is {}, and no `topic` is in the address; name the topic there to publish \
         the body as it is, or send {accepted}",
        quoted(content_type)
    );
    HttpError::UnsupportedMediaType(detail.into())
}

/// Refuses a compressed body: it would be stored as it is, and is no text.
///
/// # Errors
/// 415 for a `Content-Encoding` other than `identity`.
pub(crate) fn not_encoded(headers: &HeaderMap) -> Result<(), HttpError> {
    let mut encodings = headers.get_all(header::CONTENT_ENCODING).iter();
    let Some(encoding) =
        encodings.find(|value| !value.as_bytes().eq_ignore_ascii_case(b"identity"))
    else {
        return Ok(());
    };
    let encoding = String::from_utf8_lossy(encoding.as_bytes());
    let detail = format!(
        "`Content-Encoding` is {}; send the body as it is",
        quoted(&encoding)
    );
    Err(HttpError::UnsupportedMediaType(detail.into()))
}
