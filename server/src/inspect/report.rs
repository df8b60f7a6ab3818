//! From items to lines of output.

use std::io::{self, Write};
use std::time::Duration;

use anstyle::{AnsiColor, Style};
use inspection::{Finding, Pace, capture, masked_header, rows};
use serde::Serialize;
use serde_json::value::RawValue;
use wire::{End, Event, Item};

use super::args::Show;
use crate::client::escape::Escaped;

/// How the report is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    Text,
    Json,
    /// As JSON, with the heads, the bytes and their times.
    Capture,
}

/// When an event came.
#[derive(Clone, Copy, Debug)]
pub(super) struct Coming {
    /// After the request.
    pub(super) after: Duration,
    /// By how many milliseconds later than it says that it was made.
    pub(super) latency: Option<f64>,
}

/// Writes what is found, in order, and counts it.
pub(super) struct Report<'a> {
    format: Format,
    out: &'a mut dyn Write,
    violations: u64,
    show: Vec<Show>,
    colours: Colours,
    last_event: Option<Duration>,
}

/// The readable form's colours; none where they are not wanted.
#[derive(Clone, Copy, Debug, Default)]
struct Colours {
    event: Style,
    violation: Style,
    note: Style,
    quiet: Style,
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
            show: Vec::new(),
            colours: Colours::default(),
            last_event: None,
        }
    }

    /// Sets what the readable form shows beside, and whether in colours.
    pub(super) fn show(&mut self, show: &[Show], is_coloured: bool) {
        self.show = show.to_vec();
        if is_coloured {
            self.colours = Colours {
                event: AnsiColor::Cyan.on_default().bold(),
                violation: AnsiColor::Red.on_default().bold(),
                note: AnsiColor::Yellow.on_default(),
                quiet: Style::new().dimmed(),
            };
        }
    }

    /// How many violations were told.
    pub(super) fn violations(&self) -> u64 {
        self.violations
    }

    /// A request, and the head of its answer.
    pub(super) fn opened(&mut self, connection: &inspection::Connection) -> io::Result<()> {
        self.last_event = None;
        if self.format == Format::Capture {
            return writeln!(self.out, "{}", capture::open_line(connection));
        }
        let Some(status) = connection.status.filter(|_| self.shows(Show::Headers)) else {
            return Ok(());
        };
        let after = connection.head_after.unwrap_or_default();
        writeln!(self.out, "    head ■ {status} after {after:.0} ms")?;
        let quiet = self.colours.quiet;
        for (name, value) in &connection.head.headers {
            let value = masked_header(name, value);
            let (name, value) = (Escaped(name), Escaped(&value));
            writeln!(self.out, "         {quiet}│{quiet:#} {name}: {value}")?;
        }
        Ok(())
    }

    /// A piece of the body as it came.
    pub(super) fn piece(&mut self, offset: u64, at_ms: f64, piece: &[u8]) -> io::Result<()> {
        if self.format == Format::Capture {
            return writeln!(self.out, "{}", capture::chunk_line(Some(at_ms), piece));
        }
        if !self.shows(Show::Bytes) {
            return Ok(());
        }
        let quiet = self.colours.quiet;
        writeln!(
            self.out,
            "{quiet}{offset:>8} ≡ bytes: {} after {at_ms:.0} ms{quiet:#}",
            piece.len()
        )?;
        rows(offset, piece).iter().try_for_each(|row| {
            let inspection::HexRow { offset, hex, text } = row;
            writeln!(self.out, "{quiet}{offset:08x} {hex:<48}  {text}{quiet:#}")
        })
    }

    pub(super) fn item(&mut self, item: &Item, coming: Option<Coming>) -> io::Result<()> {
        match item {
            Item::Event(event) => self.event(event, coming),
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
        if self.format != Format::Text {
            return self.json(&Line::Diagnostic {
                code,
                offset: *offset,
                detail,
            });
        }
        let (mark, kind, style) = if *is_violation {
            ('!', "violation", self.colours.violation)
        } else {
            ('·', "note", self.colours.note)
        };
        let clause = clause
            .map(|clause| format!(" ({clause})"))
            .unwrap_or_default();
        writeln!(
            self.out,
            "{offset:>8} {style}{mark} {kind} {code}{style:#}: {}{clause}",
            Escaped(detail)
        )
    }

    /// How the times are spread.
    pub(super) fn times(&mut self, pace: &Pace) -> io::Result<()> {
        if !self.shows(Show::Times) {
            return Ok(());
        }
        let spreads = [
            ("between pieces", pace.chunks()),
            ("between events", pace.events()),
            ("latency by this clock", pace.latencies()),
        ];
        for (name, spread) in spreads {
            if let Some(spread) = spread {
                writeln!(self.out, "   times ■ {name}: {spread}")?;
            }
        }
        Ok(())
    }

    /// How a connection ended; only in a capture.
    pub(super) fn closed(&mut self, at_ms: f64, how: &str) -> io::Result<()> {
        match self.format {
            Format::Capture => writeln!(self.out, "{}", capture::closed_line(Some(at_ms), how)),
            Format::Text | Format::Json => Ok(()),
        }
    }

    /// The last line of a connection.
    pub(super) fn end(&mut self, end: &End) -> io::Result<()> {
        if self.format != Format::Text {
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

    /// Before another connection.
    pub(super) fn comes_back(&mut self, retry: Duration, id: &str) -> io::Result<()> {
        if self.format != Format::Text {
            return Ok(());
        }
        let id = match id {
            "" => "without Last-Event-ID".to_owned(),
            id => format!("with Last-Event-ID {}", Escaped(id)),
        };
        let seconds = retry.as_secs_f64();
        writeln!(self.out, "   again ■ in {seconds:.1} s, {id}")
    }

    pub(super) fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }

    fn shows(&self, what: Show) -> bool {
        self.format == Format::Text && self.show.contains(&what)
    }

    fn event(&mut self, event: &Event, coming: Option<Coming>) -> io::Result<()> {
        let Event {
            event: name,
            data,
            id,
            topic,
            span,
        } = event;
        if self.format != Format::Text {
            return self.json(&Line::Event {
                event: name,
                data,
                id,
            });
        }
        let Colours { event, quiet, .. } = self.colours;
        let name = Escaped(name);
        write!(self.out, "{:>8} {event}▸ {name}{event:#}", span.start)?;
        if !id.is_empty() {
            write!(self.out, "  id {}", Escaped(id))?;
        }
        if let Some(topic) = topic {
            write!(self.out, "  topic {}", Escaped(topic))?;
        }
        if let Some(coming) = coming.filter(|_| self.shows(Show::Times)) {
            self.coming(coming)?;
        }
        writeln!(self.out)?;
        data.split('\n')
            .try_for_each(|line| writeln!(self.out, "         {quiet}│{quiet:#} {}", Escaped(line)))
    }

    fn coming(&mut self, coming: Coming) -> io::Result<()> {
        let Coming { after, latency } = coming;
        write!(self.out, "  +{} ms", after.as_millis())?;
        if let Some(last) = self.last_event.replace(after) {
            let gap = after.saturating_sub(last).as_millis();
            write!(self.out, ", {gap} ms after the one before")?;
        }
        match latency {
            Some(latency) => write!(self.out, ", {latency:.0} ms after its own time"),
            None => Ok(()),
        }
    }

    fn json(&mut self, line: &Line<'_>) -> io::Result<()> {
        serde_json::to_writer(&mut *self.out, line)?;
        self.out.write_all(b"\n")
    }
}
