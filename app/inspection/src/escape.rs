//! Text of strangers, made harmless for who reads it.

use std::fmt::{self, Display, Write};

/// Text in which nothing moves the cursor, changes colours or reorders what is read.
///
/// Control characters, line ends among them, bidirectional controls and invisible format
/// characters come out as `\u{1b}`; everything else as it is.
pub struct Escaped<'a>(pub &'a str);

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
#[must_use]
pub fn is_harmful(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}' | '\u{200e}' | '\u{200f}'
            | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}'
            | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
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
