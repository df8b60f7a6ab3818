//! What a body is that is no event stream, by its first bytes.

use crate::Finding;

/// What compressed bytes begin with (RFC 1952, RFC 8878).
const PACKED: [(&[u8], &str); 2] = [(b"\x1f\x8b", "gzip"), (b"\x28\xb5\x2f\xfd", "zstd")];

/// Looks at the first bytes of a body that was to be a stream.
#[must_use]
pub fn sniff(beginning: &[u8]) -> Option<Finding> {
    if let Some((_, name)) = PACKED.iter().find(|(mark, _)| beginning.starts_with(mark)) {
        let detail = format!(
            "the body begins as {name} does, and nothing unpacked it: either no Content-Encoding \
             says so, or who captured it left it packed"
        );
        return Some(Finding::new("compressed_body", detail));
    }
    let text: Vec<u8> = beginning
        .iter()
        .copied()
        .skip_while(u8::is_ascii_whitespace)
        .take(9)
        .map(|byte| byte.to_ascii_lowercase())
        .collect();
    let is_page = text.starts_with(b"<!doctype") || text.starts_with(b"<html");
    is_page.then(|| {
        let detail = "the body is a page of HTML, not an event stream: perhaps a page for errors \
                      or for signing in, or the address of the page in place of the stream's";
        Finding::new("html_body", detail)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packed_bytes_and_pages_are_known_by_their_beginning() {
        let code = |bytes: &[u8]| sniff(bytes).map(|found| found.code.into_owned());
        assert_eq!(code(b"\x1f\x8b\x08\0"), Some("compressed_body".into()));
        assert_eq!(code(b"\x28\xb5\x2f\xfd"), Some("compressed_body".into()));
        assert_eq!(code(b"\n <!DOCTYPE html>"), Some("html_body".into()));
        assert_eq!(code(b"<html>"), Some("html_body".into()));
        assert_eq!(code(b"data: <html>\n\n"), None);
        assert_eq!(code(b""), None);
    }
}
