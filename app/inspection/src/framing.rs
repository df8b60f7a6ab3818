//! Whether what makes an event of a text was done to it twice, or only half.

use std::time::Duration;

use wire::{Field, Limits};

use crate::Finding;
use crate::kept::beginning;
use crate::limits::FIRST_EVENT;

/// What begins the lines of an event.
const FIELDS: [&str; 3] = ["data:", "event:", "id:"];

/// What JavaScript makes of an object, or of nothing, in a text.
const UNWRITTEN: [&str; 2] = ["[object Object]", "undefined"];

/// How much is quoted of a name or an id, in bytes.
const SPACED: usize = 64;

/// The events of one connection, of which each kind of flaw is told once.
#[derive(Clone, Debug, Default)]
pub struct Framing {
    is_twice: bool,
    is_escaped: bool,
    is_joined: bool,
    is_unwritten: bool,
    is_spaced: bool,
    /// Where the first data begins that is no event yet.
    begun: Option<u64>,
    /// When that came.
    since: Option<Duration>,
    /// How much data there is since.
    length: u64,
    /// Whether there was an event, or that there is none was told.
    is_settled: bool,
}

impl Framing {
    /// Looks at a field.
    pub fn field(&mut self, field: &Field) -> Option<Finding> {
        let length = field.span.end - field.span.start;
        let Limits {
            data, field: most, ..
        } = Limits::DEFAULT;
        // What is too long is dropped at its blank line, and no event comes of it.
        self.is_settled |= match &*field.name {
            "data" => {
                self.begun.get_or_insert(field.span.start);
                self.length += length.saturating_sub(4);
                self.length > data as u64
            }
            "event" | "id" | "topic" => length > most as u64,
            _ => false,
        };
        let found = (!self.is_spaced).then(|| spaced(field))?;
        self.is_spaced = found.is_some();
        found
    }

    /// Looks at the time, after a piece or at the end: data of which for long nothing becomes an event has no blank line.
    pub fn time(&mut self, at: Duration) -> Option<Finding> {
        let begun = self.begun?;
        let since = *self.since.get_or_insert(at);
        if self.is_settled || at.saturating_sub(since) < FIRST_EVENT {
            return None;
        }
        self.is_settled = true;
        Some(Finding::no_blank_line().at(begun))
    }

    /// Looks at an event's data.
    pub fn event(&mut self, data: &str) -> Option<Finding> {
        self.is_settled = true;
        if !self.is_twice && is_framed(data) {
            self.is_twice = true;
            let detail = "the data is an event itself, with its own `data:`: it was framed twice, and a page gets \
                          the field's name with its value; give the server's library the value alone";
            return Some(Finding::new("framed_twice", detail));
        }
        if !self.is_escaped && data.ends_with(r"\n\n") {
            self.is_escaped = true;
            let detail = r"the data ends with a backslash and an n, twice: a blank line that was escaped, and is text now";
            return Some(Finding::new("escaped_line_end", detail));
        }
        if !self.is_joined && is_joined(data) {
            self.is_joined = true;
            let detail = "each line of the data is JSON of its own: a blank line may be missing between events, which \
                          are one so";
            return Some(Finding::new("events_joined", detail));
        }
        // A list of them is joined with commas.
        let (first, _) = data.split_once(',').unwrap_or((data, ""));
        if !self.is_unwritten && data.split(',').all(|part| UNWRITTEN.contains(&part)) {
            self.is_unwritten = true;
            let detail = format!(
                "the data is {first:?}, which JavaScript makes of a value that is no text: give it as JSON"
            );
            return Some(Finding::new("data_unwritten", detail));
        }
        None
    }
}

/// White space at the edge of a name or an id, which few mean: only the one after the colon is no part of it.
fn spaced(field: &Field) -> Option<Finding> {
    let meant = field.value.trim_matches([' ', '\t']);
    if meant.len() == field.value.len() {
        return None;
    }
    let meant = beginning(meant, SPACED);
    let detail = match &*field.name {
        "event" => format!(
            "the name has white space before or after {meant:?}, which is part of it: a page that listens for \
             {meant:?} does not get the event"
        ),
        "id" => format!(
            "the id has white space before or after {meant:?}, which a header loses: who comes back sends {meant:?}"
        ),
        _ => return None,
    };
    Some(Finding::new("space_at_edge", detail).at(field.span.start))
}

/// Whether there are several lines, each of which is what servers send as an event.
fn is_joined(data: &str) -> bool {
    let is_object = |line: &str| {
        let inner = line.strip_prefix('{').unwrap_or_default().trim_start();
        inner.starts_with(['"', '}']) && line.ends_with('}')
    };
    let is_whole = |line: &str| line == "[DONE]" || is_object(line);
    data.contains('\n') && data.lines().all(is_whole)
}

/// Whether a text begins with fields of an event, `data` among them.
fn is_framed(data: &str) -> bool {
    let mut fields = data
        .lines()
        .take_while(|line| FIELDS.iter().any(|field| line.starts_with(field)));
    fields.any(|line| line.starts_with("data:"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_without_a_blank_line_is_told_once_it_is_long() {
        let field = |name: &str, at| Field {
            name: name.into(),
            value: String::new(),
            span: at..at + 9,
        };
        let at = Duration::from_secs;
        let mut framing = Framing::default();
        framing.field(&field("", 0));
        assert!(framing.time(at(1)).is_none());
        assert!(framing.time(at(9)).is_none());
        framing.field(&field("data", 7));
        framing.field(&field("data", 17));
        // It counts from the data, not from the greeting before.
        assert!(framing.time(at(10)).is_none());
        let found = framing.time(at(15)).unwrap();
        assert_eq!((&*found.code, found.offset), ("no_blank_line", 7));
        assert!(framing.time(at(20)).is_none());
        let mut framing = Framing::default();
        framing.field(&field("data", 7));
        framing.time(at(1));
        framing.event("");
        framing.field(&field("data", 27));
        assert!(framing.time(at(10)).is_none());
    }

    #[test]
    fn white_space_at_the_edge_of_a_name_or_an_id_is_told_once_where_it_is() {
        let told = |fields: &[(&str, &str)]| {
            let mut framing = Framing::default();
            let fields = fields.iter().zip(0..).map(|((name, value), at)| Field {
                name: (*name).into(),
                value: (*value).into(),
                span: at..at + 9,
            });
            let found = fields.filter_map(|field| framing.field(&field));
            found.map(|found| found.offset).collect::<Vec<_>>()
        };
        assert_eq!(told(&[("event", "message ")]), [0]);
        assert_eq!(
            told(&[("data", "x"), ("event", " tick"), ("id", "1\t")]),
            [1]
        );
        assert_eq!(told(&[("id", " ")]), [0]);
        let right = [
            ("event", "a b"),
            ("id", ""),
            ("data", " x "),
            ("", " ping "),
        ];
        assert!(told(&right).is_empty());
    }

    #[test]
    fn what_was_framed_twice_or_escaped_is_told_once() {
        let told = |all: &[&str]| -> Vec<String> {
            let mut framing = Framing::default();
            let found = all.iter().filter_map(|data| framing.event(data));
            found.map(|found| found.code.into_owned()).collect()
        };
        assert_eq!(told(&["data: 1", "data: 2"]), ["framed_twice"]);
        assert_eq!(told(&["id: 7\nevent: x\ndata: 1\n\n"]), ["framed_twice"]);
        assert_eq!(told(&[r"1\n\n", r"2\n\n"]), ["escaped_line_end"]);
        assert_eq!(told(&["{\"a\":1}\n[DONE]", "{}\n{}"]), ["events_joined"]);
        assert_eq!(told(&["{\n\"a\":{}\n}", "{}"]), [] as [&str; 0]);
        assert_eq!(told(&["[object Object]", "undefined"]), ["data_unwritten"]);
        assert_eq!(
            told(&["[object Object],[object Object]"]),
            ["data_unwritten"]
        );
        let right = [
            "",
            "{\"data\":1}",
            "event: the opening",
            "see data: x",
            "a\ndata: x",
            r"a\n",
            "{{name}}\n{{value}}",
            "undefined, or not",
        ];
        assert_eq!(told(&right), [] as [&str; 0]);
    }
}
