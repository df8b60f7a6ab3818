//! What curl prints of a stream when it is asked for the head too, as people paste it.

use std::mem;

use crate::Head;
use crate::capture::MARK;
use crate::limits::{HEAD_BYTES, HEADERS};

/// What curl's progress shows of a stream, whose length nobody knows.
const UNKNOWN_TIME: &str = "--:--:--";

/// How much of a line is held, in bytes (64 KiB), to know whether curl says it: longer ones are passed on as they come.
const LINE: usize = 64 << 10;

/// How much may come before a head, in bytes (1 MiB): far more than curl says of a connection.
const BEFORE: usize = 1 << 20;

/// Stands for a line of progress alone.
const METER: &str = "% Total";

/// The head and the body of what `curl -i` or `curl -v` prints, piece by piece; all is body where no head is before it.
/// What was sent is in neither: it holds who asked.
#[derive(Debug, Default)]
pub(crate) struct Transcript {
    head: Option<Head>,
    /// How much of the head may come yet, in bytes.
    left: usize,
    /// Only with -v there is more than a head before a body, and more than a body after it.
    is_verbose: bool,
    /// Whether the head is over; after that of a redirect, or 100, comes another.
    is_over: bool,
    is_body: bool,
    /// What has come of a line.
    line: Vec<u8>,
    /// Whether the rest of a long line is of the body, as its beginning.
    rest: Option<bool>,
    /// What came before a head, and is body where none comes.
    before: Vec<u8>,
}

impl Transcript {
    /// Takes the next bytes; what they have of the body.
    pub(crate) fn feed(&mut self, piece: &[u8]) -> Vec<u8> {
        let mut body = Vec::new();
        for part in piece.split_inclusive(|byte| *byte == b'\n') {
            let is_whole = part.ends_with(b"\n");
            if let Some(is_own) = self.rest {
                self.go_on(part, is_own, &mut body);
                self.rest = self.rest.filter(|_| !is_whole);
                continue;
            }
            self.line.extend_from_slice(part);
            if !is_whole && self.line.len() > LINE {
                self.line = newest_meter(&self.line);
            }
            if is_whole || self.line.len() > LINE {
                let is_own = self.line(&mut body);
                self.rest = (!is_whole).then_some(is_own);
            }
        }
        body
    }

    /// Takes the end; what of the body had not come to the end of a line.
    pub(crate) fn end(&mut self) -> Vec<u8> {
        let mut body = Vec::new();
        if self.head.is_none() || self.is_over {
            self.begin(&mut body);
        }
        if self.is_body {
            let line = mem::take(&mut self.line);
            self.keep(&line, &mut body);
        }
        body
    }

    /// Whether all of the head came.
    pub(crate) fn is_body(&self) -> bool {
        self.is_body
    }

    /// The head, once.
    pub(crate) fn head(&mut self) -> Option<Head> {
        self.head.take()
    }

    /// Takes more of a long line.
    fn go_on(&mut self, part: &[u8], is_own: bool, body: &mut Vec<u8>) {
        if is_own {
            body.extend_from_slice(part);
        } else if !self.is_body && self.head.is_none() {
            self.before.extend_from_slice(part);
            if self.before.len() > BEFORE {
                let is_own = self.begin(body);
                self.rest = Some(is_own);
            }
        }
    }

    /// Takes the line that came; whether it is of the body.
    fn line(&mut self, body: &mut Vec<u8>) -> bool {
        let line = mem::take(&mut self.line);
        if !self.is_body && self.is_of_head(&line) {
            if self.head.is_some() {
                self.before.clear();
            } else {
                self.before.extend_from_slice(&line);
            }
            return self.before.len() > BEFORE && self.begin(body);
        }
        self.begin(body);
        self.keep(&line, body)
    }

    /// Begins the body, with all that came where that was no head; whether the last of it is of the body.
    fn begin(&mut self, body: &mut Vec<u8>) -> bool {
        if mem::replace(&mut self.is_body, true) {
            return false;
        }
        self.is_verbose &= self.head.is_some();
        let before = mem::take(&mut self.before);
        let lines = before.split_inclusive(|byte| *byte == b'\n');
        lines.fold(false, |_, line| self.keep(line, body))
    }

    /// Keeps a line of the body, unless curl has put it there, or sent it; whether it did.
    fn keep(&self, line: &[u8], body: &mut Vec<u8>) -> bool {
        let own = unmetered(line);
        let text = String::from_utf8_lossy(own);
        let is_curls = self.is_verbose && is_curls(&text);
        let is_own = own != METER.as_bytes() && !text.starts_with("> ") && !is_curls;
        if is_own {
            body.extend_from_slice(own);
        }
        is_own
    }

    /// Takes a line of a head, or before one; whether it was.
    fn is_of_head(&mut self, line: &[u8]) -> bool {
        let line = String::from_utf8_lossy(unmetered(line));
        let line = line.trim_start_matches(MARK);
        let text = line.strip_prefix('<').unwrap_or(line).trim();
        if self.head.is_none() && text.is_empty() {
            return true;
        }
        if (self.is_verbose || self.head.is_none()) && is_curls(line) {
            self.is_verbose |= line.starts_with(['*', '>']);
        } else if let Some(status) = status(text) {
            self.is_verbose |= line.starts_with('<');
            (self.left, self.is_over) = (HEAD_BYTES, false);
            self.head = Some(Head {
                status,
                ..Head::default()
            });
        } else if self.is_over {
            return false;
        } else if let Some(head) = &mut self.head {
            self.is_over = text.is_empty();
            self.left = self.left.saturating_sub(text.len());
            if !self.is_over && self.left > 0 && head.headers.len() < HEADERS {
                let (name, value) = text.split_once(':').unwrap_or((text, ""));
                let pair = (name.to_ascii_lowercase(), value.trim().to_owned());
                head.headers.push(pair);
            }
        } else {
            return false;
        }
        true
    }
}

/// Whether the first line of a text is one that curl prints before a body.
pub(crate) fn begins(line: &str) -> bool {
    let text = line.strip_prefix('<').unwrap_or(line).trim();
    is_curls(line) || status(text).is_some()
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
fn unmetered(line: &[u8]) -> &[u8] {
    let Some(after) = after_meter(line) else {
        return line;
    };
    let is_figure = |byte: &u8| byte.is_ascii_digit() || b".kMG".contains(byte);
    let after = after.trim_ascii_start();
    let end = after.iter().position(|byte| !is_figure(byte));
    let after = &after[end.unwrap_or(after.len())..];
    if after.trim_ascii().is_empty() {
        return METER.as_bytes();
    }
    after
}

/// What follows the last of the times that progress shows.
fn after_meter(line: &[u8]) -> Option<&[u8]> {
    let first = line.trim_ascii_start().first();
    first.filter(|first| first.is_ascii_digit())?;
    let mut places = line.windows(UNKNOWN_TIME.len());
    let at = places.rposition(|part| part == UNKNOWN_TIME.as_bytes())?;
    Some(&line[at + UNKNOWN_TIME.len()..])
}

/// A line of progress as its newest: it has no end until something else comes.
fn newest_meter(line: &[u8]) -> Vec<u8> {
    match after_meter(line) {
        Some(after) => [b"0 ", UNKNOWN_TIME.as_bytes(), after].concat(),
        None => line.to_vec(),
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
        let of = |size: usize| {
            let mut transcript = Transcript::default();
            let mut body = Vec::new();
            for piece in text.as_bytes().chunks(size) {
                body.extend(transcript.feed(piece));
            }
            body.extend(transcript.end());
            let head = transcript.head().unwrap_or_default();
            let body = String::from_utf8(body).unwrap();
            (head.status, head.headers.len(), body)
        };
        let all = of(text.len().max(1));
        assert_eq!(of(7), all, "in pieces");
        all
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
    fn a_long_line_is_passed_on_and_what_was_sent_is_not_however_long() {
        let long = "x".repeat(3 * LINE);
        let body = format!("data: {long}\n\n");
        let sent = format!("HTTP/1.1 200 OK\n\n> Cookie: {long}\n{body}");
        assert_eq!(read(&sent), (200, 0, body.clone()));
        let mut transcript = Transcript::default();
        let came = transcript.feed(format!("HTTP/1.1 200 OK\n\n{body}").as_bytes());
        assert_eq!(came.len(), body.len());
        let came = transcript.feed(format!("data: {}", &long[..LINE]).as_bytes());
        assert_eq!(came.len(), LINE + 6);
        let mut endless = Transcript::default();
        let said = "* x\n".repeat(BEFORE / 4);
        assert!(endless.feed(said.as_bytes()).is_empty());
        assert_eq!(endless.feed(b"* x\n").len(), BEFORE + 4);
    }

    #[test]
    fn progress_that_goes_on_for_long_takes_nothing_with_it() {
        let meter =
            "\r  0     0    0     0    0     0      0      0 --:--:--  0:00:01 --:--:--     0";
        let meters = meter.repeat(2 * LINE / meter.len());
        let text = format!("* a\n{meters}< HTTP/1.1 200 OK\n<\n{meters}data: x\n\n");
        assert_eq!(read(&text), (200, 0, "data: x\n\n".into()));
    }

    #[test]
    fn what_stands_before_a_head_in_a_file_is_no_part_of_it() {
        for before in ["\u{feff}", "\n", " \r\n\n", "\u{feff}\n"] {
            let text = format!("{before}HTTP/1.1 200 OK\na: b\n\ndata: x\n\n");
            assert_eq!(read(&text), (200, 1, "data: x\n\n".into()), "{before:?}");
        }
    }

    #[test]
    fn no_byte_is_another_after_progress_or_lost_with_a_long_line() {
        let mut transcript = Transcript::default();
        let body = transcript.feed(b"HTTP/1.1 200 OK\n\n100  9 --:--:--  9kdata: \xff\n");
        assert_eq!(body, b"data: \xff\n");
        let long = format!("* {}\ndata: x\n\n", "x".repeat(3 * LINE));
        assert_eq!(read(&long), (0, 0, long.clone()));
        let endless = format!("* {}\ndata: x\n\n", "x".repeat(BEFORE));
        assert_eq!(read(&endless), (0, 0, endless.clone()));
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
