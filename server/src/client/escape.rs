//! Text of strangers, made harmless for a terminal.

use std::fmt::{self, Display, Write};
use std::io;

use serde::Serialize;

/// Text in which nothing moves the cursor, changes colours or reorders what is read.
///
/// Control characters, line ends among them, bidirectional controls and invisible format
/// characters come out as `\u{1b}`; everything else as it is.
pub(crate) struct Escaped<'a>(pub(crate) &'a str);

impl Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.chars().try_for_each(|c| {
            if is_harmful(c) {
                write!(f, "{}", c.escape_unicode())
            } else {
                f.write_char(c)
            }
        })
    }
}

/// Whether a character moves the cursor, changes colours, reorders what is read, or hides.
///
/// Joiners (U+200C, U+200D) are left: emoji and several scripts are written with them.
pub(crate) fn is_harmful(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}' | '\u{200e}' | '\u{200f}'
            | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}'
            | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// Writes one line of JSON in which the harmful characters are escaped as JSON escapes them: the
/// same text to a parser.
///
/// # Errors
/// Where it cannot be written.
pub(crate) fn json_line(out: &mut dyn io::Write, value: &impl Serialize) -> io::Result<()> {
    let json = serde_json::to_string(value)?;
    let mut rest = &*json;
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_reaches_the_terminal_raw() {
        let hostile = "a\u{1b}[2J\r\u{9b}31m\u{7f}\u{202e}gpj\u{2066}\u{200f}\u{feff}\u{2028}z";
        let shown = Escaped(hostile).to_string();
        let expected =
            r"a\u{1b}[2J\u{d}\u{9b}31m\u{7f}\u{202e}gpj\u{2066}\u{200f}\u{feff}\u{2028}z";
        assert_eq!(shown, expected);
    }

    #[test]
    fn text_stays_text() {
        let text = r#"{"a":"é 中文 👩‍💻 \n"}"#;
        assert_eq!(Escaped(text).to_string(), text);
    }
}
