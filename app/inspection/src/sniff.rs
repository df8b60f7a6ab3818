//! What a body is that is no event stream, by its first bytes.

use crate::Finding;

/// What compressed bytes begin with (RFC 1952, RFC 8878).
const PACKED: [(&[u8], &str); 2] = [(b"\x1f\x8b", "gzip"), (b"\x28\xb5\x2f\xfd", "zstd")];

/// What UTF-16 begins with, where its author says which.
const UTF16: [&[u8]; 2] = [b"\xff\xfe", b"\xfe\xff"];

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
    // Without a mark the letters of ASCII tell, of which a stream begins with some.
    let is_unmarked = matches!(
        beginning,
        [1..=127, 0, 1..=127, 0, ..] | [0, 1..=127, 0, 1..=127, ..]
    );
    if is_unmarked || UTF16.iter().any(|mark| beginning.starts_with(mark)) {
        let detail = "the body begins as UTF-16 does; an event stream is UTF-8, and of this no client reads \
                      an event";
        return Some(Finding::new("utf16_body", detail));
    }
    let text: Vec<u8> = beginning
        .strip_prefix(b"\xef\xbb\xbf")
        .unwrap_or(beginning)
        .iter()
        .copied()
        .skip_while(u8::is_ascii_whitespace)
        .take(9)
        .map(|byte| byte.to_ascii_lowercase())
        .collect();
    let is_line = beginning.iter().all(|byte| !matches!(byte, b'\n' | b'\r'));
    let (code, detail) = match &*text {
        [b'<', b'!', b'd', b'o', b'c', b't', b'y', b'p', b'e', ..]
        | [b'<', b'h', b't', b'm', b'l', ..] => (
            "html_body",
            "the body is a page of HTML, not an event stream: perhaps a page for errors or for signing in, or \
             the address of the page in place of the stream's",
        ),
        [b'<', b'?', b'x', b'm', b'l', ..]
        | [b'<', b'r', b's', b's', ..]
        | [b'<', b'f', b'e', b'e', b'd', ..] => (
            "xml_body",
            "the body is XML, such as a feed (RSS, Atom), not an event stream: perhaps the address of the feed in \
             place of the stream's",
        ),
        [b'{' | b'[', ..] => (
            "json_body",
            "the body is JSON, or a line of it for each event, not an event stream: that has each text after \
             `data: `, and a blank line after it; perhaps the server has to be asked for a stream (Accept, or a \
             parameter)",
        ),
        [b'h', b't', b't', b'p', b'/', b'0'..=b'9', ..] => (
            "head_in_body",
            "the body begins with the head of a response, each line of which is a field that no client knows: \
             who captured it took the head along (curl: without -i), or something sends it twice",
        ),
        // Of an event that comes in pieces this may be a text's own.
        _ if is_line && beginning.ends_with(br"\n\n") && !is_quoted(beginning) => (
            "escaped_line_end",
            r"the ends of lines are written as a backslash and an n, and not sent: all is one line, and no event",
        ),
        _ => return None,
    };
    Some(Finding::new(code, detail))
}

/// Whether the end is within a text of JSON.
fn is_quoted(line: &[u8]) -> bool {
    let (mut is_quoted, mut is_escaped) = (false, false);
    for byte in line {
        is_quoted ^= *byte == b'"' && !is_escaped;
        is_escaped = *byte == b'\\' && !is_escaped;
    }
    is_quoted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_stream_is_known_by_its_beginning() {
        let code = |bytes: &[u8]| sniff(bytes).map(|found| found.code.into_owned());
        assert_eq!(code(b"\x1f\x8b\x08\0"), Some("compressed_body".into()));
        assert_eq!(code(b"\x28\xb5\x2f\xfd"), Some("compressed_body".into()));
        assert_eq!(code(b"\n <!DOCTYPE html>"), Some("html_body".into()));
        assert_eq!(code(b"\xef\xbb\xbf{}"), Some("json_body".into()));
        assert_eq!(code(b"<html>"), Some("html_body".into()));
        assert_eq!(code(b"\xff\xfed\0a\0"), Some("utf16_body".into()));
        assert_eq!(code(b"d\0a\0t\0a\0:\0"), Some("utf16_body".into()));
        assert_eq!(code(b"\0i\0d"), Some("utf16_body".into()));
        assert_eq!(code(b":\0\n\0"), Some("utf16_body".into()));
        assert_eq!(
            code(b"\xef\xbb\xbf\n<?xml version=\"1.0\"?>"),
            Some("xml_body".into())
        );
        assert_eq!(code(b"<rss version=\"2.0\">"), Some("xml_body".into()));
        assert_eq!(code(b"<Feed xmlns=\"\">"), Some("xml_body".into()));
        assert_eq!(code(b"{\"model\":\"x\"}\n"), Some("json_body".into()));
        assert_eq!(code(b"HTTP/1.1 200 OK\r\n"), Some("head_in_body".into()));
        assert_eq!(code(br"data: 1\n\n"), Some("escaped_line_end".into()));
        assert_eq!(
            code(br#"data: {"a":"\"x"}\n\n"#),
            Some("escaped_line_end".into())
        );
        assert_eq!(code(br#"data: {"c":"Hi\n\nthere"}"#), None);
        assert_eq!(code(br#"data: {"c":"Hi\n\n"#), None);
        assert_eq!(code(b"data: {}\n\n"), None);
        assert_eq!(code(b"http: x\n"), None);
        assert_eq!(code(b"data: 1\\n\\n\n\n"), None);
        assert_eq!(code(b"data: <html>\n\n"), None);
        assert_eq!(code(b"data: <?xml?>\n\n"), None);
        assert_eq!(code(b"feed: x\n<rss>\n\n"), None);
        // One NUL, or two, are a flaw of a stream, and no other encoding of it.
        assert_eq!(code(b":\0\n\n"), None);
        assert_eq!(code(b":\0\0\n\n"), None);
        assert_eq!(code(b"id\0:\0\n"), None);
        assert_eq!(code(b"\0\0\0\0"), None);
        assert_eq!(code(b"d\0a"), None);
        assert_eq!(code("é\n\n".as_bytes()), None);
        assert_eq!(code(b""), None);
    }
}
