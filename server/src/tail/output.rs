//! What is printed: events to standard output, what happens to the connection to standard error.

use std::fmt::Display;
use std::io::{self, Write};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use wire::Event;

use crate::client::escape::{Escaped, json_line};

/// How events are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    /// The data as it is.
    Raw,
    /// The data with everything escaped that would disturb a terminal.
    Terminal,
    /// One JSON object a line.
    Json,
}

/// Where it is printed.
pub(super) struct Output<'a> {
    pub(super) format: Format,
    /// Whether it is told how the connection fares.
    pub(super) talks: bool,
    pub(super) out: &'a mut dyn Write,
    pub(super) err: &'a mut dyn Write,
}

/// A line of `--json`.
#[derive(Serialize)]
struct Line<'a> {
    id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    topic: Option<&'a str>,
    event: &'a str,
    data: &'a str,
}

/// The data of `hub.gap`.
#[derive(Deserialize)]
struct Gap {
    reason: String,
    resumed_after: String,
    missed: Option<u64>,
}

impl Output<'_> {
    /// An event; in JSON one of the hub's own, too.
    pub(super) fn event(&mut self, event: &Event) -> io::Result<()> {
        match self.format {
            Format::Raw => writeln!(self.out, "{}", event.data),
            Format::Terminal => terminal(self.out, &event.data),
            Format::Json => json_line(
                self.out,
                &Line {
                    id: &event.id,
                    topic: event.topic.as_deref(),
                    event: &event.event,
                    data: &event.data,
                },
            ),
        }
    }

    /// A gap: always in words, and where standard output is for programs, there too.
    pub(super) fn gap(&mut self, event: &Event) -> io::Result<()> {
        self.say(&gap_in_words(&event.data));
        match self.format {
            Format::Json => self.event(event),
            Format::Raw | Format::Terminal => Ok(()),
        }
    }

    pub(super) fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }

    /// The connection stands.
    pub(super) fn connected(&mut self, last_event_id: &str, again: bool) {
        if self.talks {
            let how = if again { "resumed" } else { "connected" };
            let after = match last_event_id {
                "" => String::new(),
                id => format!(" after {id}"),
            };
            self.say(&format!("{how}{after}"));
        }
    }

    /// The connection ended; `first` where there was none before, which is always told.
    pub(super) fn lost(&mut self, why: &str, wait: Duration, first: bool) {
        if self.talks || first {
            let seconds = wait.as_secs_f64();
            self.say(&format!("{why}; trying again in {seconds:.1} s"));
        }
    }

    /// Whoever closed standard error does not want to know.
    pub(super) fn say(&mut self, words: &dyn Display) {
        let words = words.to_string();
        let _ = writeln!(self.err, "tickertape: {}", Escaped(&words));
    }
}

/// Line ends and tabs are what text is made of; the rest is escaped.
fn terminal(out: &mut dyn Write, data: &str) -> io::Result<()> {
    for piece in data.split_inclusive(['\n', '\t']) {
        let text = piece.strip_suffix(['\n', '\t']).unwrap_or(piece);
        write!(out, "{}{}", Escaped(text), &piece[text.len()..])?;
    }
    out.write_all(b"\n")
}

fn gap_in_words(data: &str) -> String {
    let Ok(gap) = serde_json::from_str::<Gap>(data) else {
        return format!("gap: events were lost: {data}");
    };
    let missed = match gap.missed {
        Some(1) => "1 event was".to_owned(),
        Some(missed) => format!("{missed} events were"),
        None => "events may have been".to_owned(),
    };
    let why = match &*gap.reason {
        "trimmed" => "no longer kept",
        "deleted" => "deleted with their topic",
        "damaged" => "damaged on the server's disk",
        "unknown-id" => "the server does not know the id",
        "epoch-changed" => "the server has begun a new log",
        other => other,
    };
    let after = gap.resumed_after;
    format!("gap: {missed} missed ({why}); going on after {after}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn printed(format: Format, data: &str) -> String {
        let mut out = Vec::new();
        let mut output = Output {
            format,
            talks: false,
            out: &mut out,
            err: &mut io::sink(),
        };
        let event = Event {
            event: "a".into(),
            data: data.into(),
            id: "7".into(),
            topic: Some("t/\u{202e}".into()),
            ..Event::default()
        };
        output.event(&event).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_pipe_gets_the_data_as_it_is_and_a_terminal_nothing_harmful() {
        let data = "a\tb\n\u{1b}[2J\u{9b}\u{202e}é\n";
        assert_eq!(printed(Format::Raw, data), format!("{data}\n"));
        let shown = "a\tb\n\\u{1b}[2J\\u{9b}\\u{202e}é\n\n";
        assert_eq!(printed(Format::Terminal, data), shown);
    }

    #[test]
    fn json_is_one_line_without_loss_and_harmless_everywhere() {
        let data = "a\"\n\u{1b}\u{9b}\u{7f}\u{202e}\u{e0041}é";
        let line = printed(Format::Json, data);
        assert_eq!(
            line,
            "{\"id\":\"7\",\"topic\":\"t/\\u202e\",\"event\":\"a\",\"data\":\"a\\\"\\n\\u001b\\u009b\\u007f\\u202e\\udb40\\udc41é\"}\n"
        );
        let parsed: serde_json::Value = serde_json::from_str(&line).unwrap();
        assert_eq!(parsed["data"], data);
    }

    #[test]
    fn a_gap_is_told_in_words() {
        let words = |json| gap_in_words(json);
        assert_eq!(
            words(r#"{"reason":"trimmed","requested":"a-1","resumed_after":"a-9","missed":8}"#),
            "gap: 8 events were missed (no longer kept); going on after a-9"
        );
        assert_eq!(
            words(
                r#"{"reason":"epoch-changed","requested":"","resumed_after":"b-0","missed":null}"#
            ),
            "gap: events may have been missed (the server has begun a new log); going on after b-0"
        );
        assert_eq!(words("x"), "gap: events were lost: x");
    }
}
