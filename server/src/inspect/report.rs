//! From items to lines of output.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::value::RawValue;
use wire::{End, Event, Item};

use super::finding::Finding;
use crate::client::escape::Escaped;

/// How the report is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    Text,
    Json,
}

/// Writes what is found, in order, and counts it.
pub(super) struct Report<'a> {
    format: Format,
    out: &'a mut dyn Write,
    violations: u64,
}

/// A line of `--json`.
#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
enum Line<'a> {
    Event {
        event: &'a str,
        data: &'a str,
        id: &'a str,
    },
    Diagnostic {
        code: &'a str,
        offset: u64,
        detail: &'a str,
    },
    End {
        last_event_id: &'a str,
        retry: Option<Box<RawValue>>,
    },
}

impl<'a> Report<'a> {
    pub(super) fn new(format: Format, out: &'a mut dyn Write) -> Self {
        Self {
            format,
            out,
            violations: 0,
        }
    }

    /// How many violations were told.
    pub(super) fn violations(&self) -> u64 {
        self.violations
    }

    pub(super) fn item(&mut self, item: &Item) -> io::Result<()> {
        match item {
            Item::Event(event) => self.event(event),
            Item::Diagnostic(found) => self.finding(&found.into()),
            Item::Field(_) => Ok(()),
        }
    }

    pub(super) fn finding(&mut self, finding: &Finding) -> io::Result<()> {
        self.violations += u64::from(finding.is_violation);
        let Finding {
            code,
            offset,
            detail,
            is_violation,
            clause,
        } = finding;
        if self.format == Format::Json {
            return self.json(&Line::Diagnostic {
                code,
                offset: *offset,
                detail,
            });
        }
        let (mark, kind) = if *is_violation {
            ('!', "violation")
        } else {
            ('·', "note")
        };
        let clause = clause
            .map(|clause| format!(" ({clause})"))
            .unwrap_or_default();
        writeln!(
            self.out,
            "{offset:>8} {mark} {kind} {code}: {}{clause}",
            Escaped(detail)
        )
    }

    /// The last line.
    pub(super) fn end(&mut self, end: &End) -> io::Result<()> {
        if self.format == Format::Json {
            let retry = end
                .retry
                .as_ref()
                .map(|retry| RawValue::from_string(retry.to_string()));
            let retry = retry.transpose()?;
            return self.json(&Line::End {
                last_event_id: &end.last_event_id,
                retry,
            });
        }
        let id = match &*end.last_event_id {
            "" => "no last event id".to_owned(),
            id => format!("last event id {}", Escaped(id)),
        };
        let retry = match &end.retry {
            None => "retry never set".to_owned(),
            Some(retry) => format!("retry {retry} ms"),
        };
        let (events, violations) = (end.events, self.violations);
        writeln!(
            self.out,
            "     end ■ events: {events}, violations: {violations}; {id}; {retry}"
        )
    }

    pub(super) fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }

    fn event(&mut self, event: &Event) -> io::Result<()> {
        let Event {
            event: name,
            data,
            id,
            topic,
            span,
        } = event;
        if self.format == Format::Json {
            return self.json(&Line::Event {
                event: name,
                data,
                id,
            });
        }
        write!(self.out, "{:>8} ▸ {}", span.start, Escaped(name))?;
        if !id.is_empty() {
            write!(self.out, "  id {}", Escaped(id))?;
        }
        if let Some(topic) = topic {
            write!(self.out, "  topic {}", Escaped(topic))?;
        }
        writeln!(self.out)?;
        data.split('\n')
            .try_for_each(|line| writeln!(self.out, "         │ {}", Escaped(line)))
    }

    fn json(&mut self, line: &Line<'_>) -> io::Result<()> {
        serde_json::to_writer(&mut *self.out, line)?;
        self.out.write_all(b"\n")
    }
}
