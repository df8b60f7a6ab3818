//! Bytes as the lines that they are.

use std::str;

use serde::Serialize;

use crate::Escaped;

/// The longest line that is shown, in bytes: the next begins in the middle of it.
const LONGEST: usize = 1024;

/// A line, or a piece of a long one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Line {
    /// Of its first byte.
    pub offset: u64,
    /// Its text, escaped; what is not UTF-8 is U+FFFD.
    pub text: String,
    /// `\n`, `\r` or `\r\n` as they are written in code; empty for what has no end, or not yet.
    pub end: &'static str,
}

/// Cuts bytes into lines, at each of the line ends of HTML 9.2.5.
#[must_use]
pub fn lines(mut offset: u64, mut bytes: &[u8]) -> Vec<Line> {
    let mut lines = Vec::new();
    while !bytes.is_empty() {
        let window = &bytes[..bytes.len().min(LONGEST)];
        let at = window.iter().position(|b| matches!(b, b'\n' | b'\r'));
        let text = at.unwrap_or_else(|| whole_characters(window));
        let end = match (at, &bytes[text..]) {
            (None, _) => "",
            (_, [b'\r', b'\n', ..]) => r"\r\n",
            (_, [b'\r', ..]) => r"\r",
            _ => r"\n",
        };
        lines.push(Line {
            offset,
            text: Escaped(&String::from_utf8_lossy(&bytes[..text])).to_string(),
            end,
        });
        let taken = text + end.len() / 2;
        offset += taken as u64;
        bytes = &bytes[taken..];
    }
    lines
}

/// How much of a piece ends with a whole character; all of it where it has none that is cut.
fn whole_characters(piece: &[u8]) -> usize {
    match str::from_utf8(piece) {
        Err(error) if error.error_len().is_none() && error.valid_up_to() > 0 => error.valid_up_to(),
        _ => piece.len(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_end_of_a_line_is_shown_at_its_place() {
        let shown = lines(7, b"a\nb\r\n\rc\x1b\xff");
        let short: Vec<_> = shown
            .iter()
            .map(|line| (line.offset, line.text.as_str(), line.end))
            .collect();
        assert_eq!(
            short,
            [
                (7, "a", r"\n"),
                (9, "b", r"\r\n"),
                (12, "", r"\r"),
                (13, "c\\u{1b}\u{fffd}", "")
            ]
        );
    }

    #[test]
    fn a_line_that_never_ends_is_shown_in_pieces_and_cuts_no_character() {
        let bytes = "é".repeat(1500);
        let shown = lines(1, bytes.as_bytes());
        assert!(shown.iter().all(|line| !line.text.contains('\u{fffd}')));
        let all: String = shown.iter().map(|line| line.text.as_str()).collect();
        assert_eq!(all, bytes);
        assert!(shown.len() > 2);
    }
}
