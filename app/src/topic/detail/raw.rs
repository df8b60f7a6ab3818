//! A text with all that is in it to be seen: line ends, control characters, what turns text around.

/// A text in which nothing is hidden: line ends as `⏎` before their break, what cannot be seen by
/// its number (`\u{1b}`), as not every font has the pictures of control characters.
pub(super) fn visible(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + text.len() / 16);
    for c in text.chars() {
        match c {
            '\n' => out.push_str("⏎\n"),
            c if is_hidden(c) => out.extend(c.escape_unicode()),
            c => out.push(c),
        }
    }
    out
}

/// Whether a character cannot be seen, or changes how others are: control characters, direction,
/// widths of nothing. Joiners and variation selectors are none of these, as emoji and scripts are
/// made with them.
pub(crate) fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{ad}'
                | '\u{61c}'
                | '\u{180e}'
                | '\u{200b}'
                | '\u{200e}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{feff}'
                | '\u{fff9}'..='\u{fffb}'
                | '\u{e0000}'..='\u{e007f}'
        )
}

/// The beginning of a text: at most so many bytes and lines, and no character in parts.
pub(super) fn beginning(text: &str, bytes: usize, lines: usize) -> &str {
    let mut end = bytes.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let text = &text[..end];
    let line_end = text.match_indices('\n').nth(lines.saturating_sub(1));
    line_end.map_or(text, |(at, _)| &text[..=at])
}

/// Appends a number in so many hexadecimal digits.
pub(super) fn hex(out: &mut String, number: u32, digits: u32) {
    let digits = (0..digits).rev().map(|at| number >> (4 * at) & 15);
    out.extend(digits.filter_map(|digit| char::from_digit(digit, 16)));
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_hidden_is_shown() {
        for (text, expected) in [
            ("event: a\ndata: b\n\n", "event: a⏎\ndata: b⏎\n⏎\n"),
            ("\u{1b}[31mred\u{1b}[0m", "\\u{1b}[31mred\\u{1b}[0m"),
            ("a\tb\rc\0", "a\\u{9}b\\u{d}c\\u{0}"),
            ("\u{7f}\u{85}", "\\u{7f}\\u{85}"),
            ("user\u{202e}txt.exe", "user\\u{202e}txt.exe"),
            ("\u{feff}a\u{200b}b", "\\u{feff}a\\u{200b}b"),
            ("<script>alert(1)</script>", "<script>alert(1)</script>"),
            ("שלום 👩‍👩‍👧 é", "שלום 👩‍👩‍👧 é"),
            ("", ""),
        ] {
            assert_eq!(visible(text), expected);
        }
    }

    #[test]
    fn a_beginning_ends_between_characters_and_after_a_line() {
        assert_eq!(beginning("aé", 2, 9), "a");
        assert_eq!(beginning("aé", 3, 9), "aé");
        assert_eq!(beginning("a\nb\nc", 99, 2), "a\nb\n");
        assert_eq!(beginning("a\nb\nc", 99, 3), "a\nb\nc");
        assert_eq!(beginning("a\nb\nc", 3, 9), "a\nb");
        assert_eq!(beginning("", 0, 1), "");
    }

    proptest! {
        #[test]
        fn nothing_of_any_text_is_hidden(text: String) {
            let shown = visible(&text);
            prop_assert!(shown.chars().all(|c| c == '\n' || !is_hidden(c)));
        }

        #[test]
        fn a_beginning_is_one(text: String, bytes in 0_usize..64, lines in 1_usize..4) {
            let part = beginning(&text, bytes, lines);
            prop_assert!(text.starts_with(part) && part.len() <= bytes);
            prop_assert!(part.matches('\n').count() <= lines);
        }
    }
}
