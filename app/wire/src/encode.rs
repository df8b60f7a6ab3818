//! From an event to its bytes on the wire.

use crate::field::{EventName, Id, Line, Retry};

/// One block of an event stream, to be encoded.
///
/// The fields are written in the order `event`, `id`, `retry`, `topic`, `data`, each with one
/// space after the colon, then a blank line. An event named `message` has no `event` field. With
/// `data: None` the block is not dispatched by a client (HTML 9.2.6): good for `retry` alone.
#[derive(Clone, Copy, Debug, Default)]
pub struct Frame<'a> {
    /// The event's name; none is `message`.
    pub event: Option<&'a EventName>,
    /// The event's id: where a client resumes.
    pub id: Option<&'a Id>,
    /// The reconnection time that a client adopts.
    pub retry: Option<Retry>,
    /// The topic, in a field that browsers ignore.
    pub topic: Option<Line<'a>>,
    /// The data: CR, LF and CRLF each end a line, and come out of a parser as LF.
    pub data: Option<&'a str>,
}

impl Frame<'_> {
    /// Appends the bytes of this block, its blank line included.
    pub fn encode_into(&self, out: &mut Vec<u8>) {
        if let Some(event) = self.event.filter(|e| !e.is_default()) {
            field(out, "event", event.as_str());
        }
        if let Some(id) = self.id {
            field(out, "id", id.as_str());
        }
        if let Some(retry) = self.retry {
            field(out, "retry", &retry.as_millis().to_string());
        }
        if let Some(topic) = self.topic {
            field(out, "topic", topic.as_str());
        }
        if let Some(data) = self.data {
            for line in lines(data) {
                field(out, "data", line);
            }
        }
        out.push(b'\n');
    }

    /// The bytes of this block, its blank line included.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(64 + self.data.map_or(0, str::len));
        self.encode_into(&mut out);
        out
    }
}

/// Appends a comment, one line for each line of the text; clients pass over it.
pub fn comment(text: &str, out: &mut Vec<u8>) {
    for line in lines(text) {
        out.push(b':');
        if !line.is_empty() {
            out.push(b' ');
            out.extend_from_slice(line.as_bytes());
        }
        out.push(b'\n');
    }
}

/// An empty value is written without the space: `data:`.
fn field(out: &mut Vec<u8>, name: &str, value: &str) {
    out.extend_from_slice(name.as_bytes());
    out.push(b':');
    if !value.is_empty() {
        out.push(b' ');
        out.extend_from_slice(value.as_bytes());
    }
    out.push(b'\n');
}

/// The lines of a text, where CR, LF and CRLF each end one; one more than there are line ends.
fn lines(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = Some(text);
    std::iter::from_fn(move || {
        let text = rest?;
        let Some(end) = text.find(['\r', '\n']) else {
            rest = None;
            return Some(text);
        };
        let after = if text[end..].starts_with("\r\n") {
            end + 2
        } else {
            end + 1
        };
        rest = Some(&text[after..]);
        Some(&text[..end])
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_stand_in_the_order_of_the_contract() {
        let (event, id) = (EventName::new("tick").unwrap(), Id::new("k3x9-1").unwrap());
        let frame = Frame {
            event: Some(&event),
            id: Some(&id),
            retry: Some(Retry::from_millis(1500).unwrap()),
            topic: Some(Line::new("a/b").unwrap()),
            data: Some("x"),
        };
        let expected = "event: tick\nid: k3x9-1\nretry: 1500\ntopic: a/b\ndata: x\n\n";
        assert_eq!(String::from_utf8(frame.encode()).unwrap(), expected);
    }

    #[test]
    fn each_kind_of_line_end_in_data_starts_a_data_line() {
        let frame = Frame {
            data: Some("a\rb\nc\r\nd\n\re\n"),
            ..Frame::default()
        };
        let expected = "data: a\ndata: b\ndata: c\ndata: d\ndata:\ndata: e\ndata:\n\n";
        assert_eq!(String::from_utf8(frame.encode()).unwrap(), expected);
    }

    #[test]
    fn message_is_left_out_and_empty_data_is_not() {
        let event = EventName::new("message").unwrap();
        let frame = Frame {
            event: Some(&event),
            data: Some(""),
            ..Frame::default()
        };
        assert_eq!(frame.encode(), b"data:\n\n");
    }

    #[test]
    fn a_comment_cannot_leave_its_line() {
        let mut out = Vec::new();
        comment("a\r\ndata: x", &mut out);
        assert_eq!(out, b": a\n: data: x\n");
    }
}
