//! What curl prints of a stream when it is asked for the head too, as people paste it.

use crate::Head;

/// The head and the body of what `curl -i` or `curl -v` prints; all is body where no head is before it.
pub(crate) fn parts(bytes: &[u8]) -> (Option<Head>, &[u8]) {
    let mut head: Option<Head> = None;
    let mut body = bytes;
    let mut rest = bytes;
    while let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
        let line = String::from_utf8_lossy(&rest[..end]);
        rest = &rest[end + 1..];
        let is_curls = ["*", ">", "$ "].iter().any(|mark| line.starts_with(mark));
        // With -v, what the server sent is marked.
        let line = line.strip_prefix('<').unwrap_or(&line).trim();
        match &mut head {
            _ if is_curls => {}
            // A redirect or 100 has its own before it.
            _ if status(line).is_some() => {
                head = Some(Head {
                    status: status(line).unwrap_or_default(),
                    ..Head::default()
                });
            }
            Some(_) if line.is_empty() => {
                body = rest;
                if !rest.starts_with(b"HTTP/") && !rest.starts_with(b"< HTTP/") {
                    break;
                }
            }
            Some(head) => {
                let (name, value) = line.split_once(':').unwrap_or((line, ""));
                let pair = (name.to_ascii_lowercase(), value.trim().to_owned());
                head.headers.push(pair);
            }
            None => return (None, bytes),
        }
    }
    (head, body)
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

    fn read(text: &str) -> (u16, usize, &str) {
        let (head, body) = parts(text.as_bytes());
        let head = head.unwrap_or_default();
        let body = str::from_utf8(body).unwrap();
        (head.status, head.headers.len(), body)
    }

    #[test]
    fn a_head_is_taken_off_however_curl_printed_it() {
        let plain = "HTTP/2 200\r\ncontent-type: text/event-stream\r\n\r\ndata: x\n\n";
        assert_eq!(read(plain), (200, 1, "data: x\n\n"));
        let verbose = "$ curl -v http://a\n* Trying\n> GET / HTTP/1.1\n>\n< HTTP/1.1 200 OK\n< a: b\n<\ndata: x\n";
        assert_eq!(read(verbose), (200, 1, "data: x\n"));
        let moved = "HTTP/1.1 302 Found\nlocation: /b\n\nHTTP/1.1 200 OK\na: b\nc: d\n\n: x\n";
        assert_eq!(read(moved), (200, 2, ": x\n"));
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
            assert_eq!(read(body), (0, 0, body));
        }
    }
}
