//! Text of strangers, made harmless for a terminal.

use std::io;

pub(crate) use inspection::{Escaped, is_harmful};
use serde::Serialize;

/// Writes one line of JSON in which the harmful characters are escaped as JSON escapes them: the
/// same text to a parser.
///
/// # Errors
/// Where it cannot be written.
pub(crate) fn json_line(out: &mut dyn io::Write, value: &impl Serialize) -> io::Result<()> {
    json_text(out, &serde_json::to_string(value)?)
}

/// Writes one line of JSON that is a text already, in the same way.
///
/// # Errors
/// Where it cannot be written.
pub(crate) fn json_text(out: &mut dyn io::Write, json: &str) -> io::Result<()> {
    let mut rest = json;
    while let Some(at) = rest.find(is_harmful) {
        out.write_all(&rest.as_bytes()[..at])?;
        let mut chars = rest[at..].chars();
        for unit in chars.next().into_iter().collect::<String>().encode_utf16() {
            write!(out, "\\u{unit:04x}")?;
        }
        rest = chars.as_str();
    }
    out.write_all(rest.as_bytes())?;
    out.write_all(b"\n")
}
