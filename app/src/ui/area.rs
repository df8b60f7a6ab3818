//! Text in a box of many lines.

/// A text as it has to stand in a `<textarea>`: Leptos escapes no text there, so a text that ends
/// the box would go on as markup.
pub(crate) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_cannot_leave_its_box() {
        let text = "</textarea><script>&lt;";
        assert_eq!(escaped(text), "&lt;/textarea>&lt;script>&amp;lt;");
    }
}
