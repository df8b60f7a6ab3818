//! What curl prints of a stream when it is asked for the head too, as people paste it.

use std::borrow::Cow;

use crate::Head;
use crate::limits::{HEAD_BYTES, HEADERS};

/// What curl's progress shows of a stream, whose length nobody knows.
const UNKNOWN_TIME: &str = "--:--:--";

/// Stands for a line of progress alone.
const METER: &str = "% Total";

/// The head and the body of what `curl -i` or `curl -v` prints; all is body where no head is before it. What was sent
/// is in neither: it holds who asked.
pub(crate) fn parts(bytes: &[u8]) -> (Option<Head>, Cow<'_, [u8]>) {
    let mut head: Option<Head> = None;
    let mut left = HEAD_BYTES;
    let (mut is_verbose, mut is_over) = (false, false);
    let mut rest = bytes;
    while let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
        let line = String::from_utf8_lossy(&rest[..end]);
        let line = unmetered(&line);
        let text = line.strip_prefix('<').unwrap_or(line).trim();
        // Only with -v there is more than a head before a body.
        if (is_verbose || head.is_none()) && is_curls(line) {
            is_verbose |= line.starts_with(['*', '>']);
        } else if let Some(status) = status(text) {
            // A redirect or 100 has its own before it.
            is_verbose |= line.starts_with('<');
            (left, is_over) = (HEAD_BYTES, false);
            head = Some(Head {
                status,
                ..Head::default()
            });
        } else if is_over {
            break;
        } else if let Some(head) = &mut head {
            is_over = text.is_empty();
            left = left.saturating_sub(text.len());
            if !is_over && left > 0 && head.headers.len() < HEADERS {
                let (name, value) = text.split_once(':').unwrap_or((text, ""));
                let pair = (name.to_ascii_lowercase(), value.trim().to_owned());
                head.headers.push(pair);
            }
        } else {
            break;
        }
        rest = &rest[end + 1..];
    }
    let body = match &head {
        None => {
            is_verbose = false;
            bytes
        }
        Some(_) if is_over => rest,
        Some(_) => &[],
    };
    (head, unsent(body, is_verbose))
}

/// Whether the first line of a text is one that curl prints before a body.
pub(crate) fn begins(line: &str) -> bool {
    let text = line.strip_prefix('<').unwrap_or(line).trim();
    is_curls(line) || status(text).is_some()
}

/// A body without what curl says between; what was sent is never a part of it.
fn unsent(body: &[u8], is_verbose: bool) -> Cow<'_, [u8]> {
    let is_own = |line: &[u8]| {
        let line = String::from_utf8_lossy(line);
        let line = unmetered(&line);
        line.starts_with("> ") || is_verbose && is_curls(line)
    };
    let lines = || body.split_inclusive(|byte| *byte == b'\n');
    if lines().any(is_own) {
        let kept: Vec<_> = lines().filter(|line| !is_own(line)).collect();
        return Cow::Owned(kept.concat());
    }
    Cow::Borrowed(body)
}

/// Whether curl says it, and no server: what it does and sends, how much came, what it warns of, its progress.
fn is_curls(line: &str) -> bool {
    let marks = ["*", ">", "$ ", "{ [", "} [", "Note:", "Warning:"];
    let meter = line.trim_start();
    marks.iter().any(|mark| line.starts_with(mark))
        || meter.starts_with("% Total")
        || meter.starts_with("Dload")
}

/// A line without the progress before it, which has no end of its own.
fn unmetered(line: &str) -> &str {
    let is_meter = line
        .trim_start()
        .starts_with(|first: char| first.is_ascii_digit());
    match line.rfind(UNKNOWN_TIME).filter(|_| is_meter) {
        Some(at) => {
            let after = line[at + UNKNOWN_TIME.len()..].trim_start();
            let after =
                after.trim_start_matches(|c: char| c.is_ascii_digit() || ".kMG".contains(c));
            if after.trim().is_empty() {
                METER
            } else {
                after
            }
        }
        None => line,
    }
}

/// The status in the first line of a head.
fn status(line: &str) -> Option<u16> {
    let (version, rest) = line.split_once(' ')?;
    let is_http = version.starts_with("HTTP/");
    is_http.then(|| rest.split(' ').next()?.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> (u16, usize, String) {
        let (head, body) = parts(text.as_bytes());
        let head = head.unwrap_or_default();
        let body = String::from_utf8(body.into_owned()).unwrap();
        (head.status, head.headers.len(), body)
    }

    #[test]
    fn a_head_is_taken_off_however_curl_printed_it() {
        let plain = "HTTP/2 200\r\ncontent-type: text/event-stream\r\n\r\ndata: x\n\n";
        assert_eq!(read(plain), (200, 1, "data: x\n\n".into()));
        let verbose = "$ curl -v http://a\n* Trying\n> GET / HTTP/1.1\n>\n< HTTP/1.1 200 OK\n< a: b\n<\ndata: x\n";
        assert_eq!(read(verbose), (200, 1, "data: x\n".into()));
        let moved = "HTTP/1.1 302 Found\nlocation: /b\n\nHTTP/1.1 200 OK\na: b\nc: d\n\n: x\n";
        assert_eq!(read(moved), (200, 2, ": x\n".into()));
    }

    #[test]
    fn what_curl_says_between_and_what_was_sent_is_left_out() {
        let moved = "Note: Unnecessary use of -X\nWarning: x\n  % Total    % Received\n    Dload  Upload\n\
                     \r  0     0    0 --:--:-- --:--:-- --:--:--     0* Trying\n\
                     > GET /a HTTP/1.1\n> authorization: s3cret\n>\n< HTTP/1.1 302 Found\n< location: /b\n<\n\
                     * Ignoring the response-body\n{ [0 bytes data]\n* Connection #0 to host a left intact\n\
                     > GET /b HTTP/1.1\n> authorization: s3cret\n>\n< HTTP/1.1 200 OK\n< a: b\n< c: d\n<\n\
                     { [5 bytes data]\ndata: x\n\n\r100  9 --:--:--  0:00:01 --:--:--  9k\n\
                     * Connection #0 to host a left intact\n";
        assert_eq!(read(moved), (200, 2, "data: x\n\n".into()));
        let unanswered = "* Trying\n> GET / HTTP/1.1\n> authorization: s3cret\n* Empty reply\n";
        assert!(!read(unanswered).2.contains("s3cret"));
        assert_eq!(read("HTTP/1.1 200 OK\n\n* x\n"), (200, 0, "* x\n".into()));
    }

    #[test]
    fn a_head_without_an_end_is_kept_in_part() {
        let many = format!("HTTP/1.1 200 OK\n{}", "a\n".repeat(HEADERS + 1));
        assert_eq!(read(&many), (200, HEADERS, String::new()));
        let long = format!("HTTP/1.1 200 OK\na: {}\n\n", "x".repeat(HEAD_BYTES));
        assert_eq!(read(&long), (200, 0, String::new()));
    }

    #[test]
    fn what_has_no_head_is_all_body() {
        for body in [
            "data: x\n\n",
            "\n: x\n",
            "* x\ndata: x\n",
            "HTTP/x\n\n",
            "HTTP/1.1 200",
            "",
        ] {
            assert_eq!(read(body), (0, 0, body.into()));
        }
    }
}
