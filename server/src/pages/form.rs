//! Small forms: their fields, and the page that they lead back to.

use axum::response::Redirect;
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};

use crate::http::query::decode;

/// The first field of this name; none where it is not UTF-8.
pub(super) fn field(text: &str, wanted: &str) -> Option<String> {
    let mut parts = text.split('&').filter_map(|part| part.split_once('='));
    let value = parts.find(|(name, _)| *name == wanted);
    value.and_then(|(_, value)| decode(value).ok())
}

/// To an address of this server's.
pub(super) fn redirect(path: &str) -> Redirect {
    Redirect::to(&utf8_percent_encode(path, RAW).to_string())
}

/// What has no place in the value of a header.
const RAW: &AsciiSet = &CONTROLS.add(b' ').add(b'"').add(b'<').add(b'>');

/// Whether an address is one of this server's own: a browser reads two slashes, or a backslash in
/// place of one, as the beginning of a host, and passes over tabs and line ends.
pub(super) fn is_own(path: &str) -> bool {
    path.starts_with('/')
        && !path.starts_with("//")
        && !path.contains('\\')
        && !path.chars().any(char::is_control)
}
