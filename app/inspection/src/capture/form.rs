//! What a text is, that was written down.

use serde_json::Value;

use crate::limits::FIRST_LINE;
use crate::transcript::begins;

/// What editors and shells put before a text.
pub(crate) const MARK: &str = "\u{feff}";

/// What a text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Lines of JSON, each a part of an inspection.
    Lines,
    /// What curl printed with the head before it.
    Transcript,
    /// The bytes of a stream.
    Bytes,
}

/// What a text is, by its beginning; none where more of it is needed to know, unless that is all.
#[must_use]
pub fn form(beginning: &[u8], is_all: bool) -> Option<Form> {
    let text = beginning.strip_prefix(MARK.as_bytes()).unwrap_or(beginning);
    let text = text.trim_ascii_start();
    let is_all = is_all || beginning.len() >= FIRST_LINE;
    // A stream begins with a letter of a field or a colon, of which the first line need not have come.
    match text.first() {
        None => return is_all.then_some(Form::Bytes),
        Some(b'{' | b'%' | b'*' | b'$' | b'<' | b'>' | b'H' | b'N' | b'W') => (),
        Some(_) => return Some(Form::Bytes),
    }
    let end = text.iter().position(|byte| *byte == b'\n');
    if end.is_none() && !is_all {
        return None;
    }
    let line = String::from_utf8_lossy(&text[..end.unwrap_or(text.len())]);
    Some(if is_kind(&line) {
        Form::Lines
    } else if begins(&line) {
        Form::Transcript
    } else {
        Form::Bytes
    })
}

/// Whether it is JSON with a kind: other JSON is a body that is no stream.
fn is_kind(line: &str) -> bool {
    let is_one =
        |line: &str| serde_json::from_str(line).is_ok_and(|line: Value| line["kind"].is_string());
    line.starts_with("{\"kind\":") || line.starts_with('{') && is_one(line)
}
