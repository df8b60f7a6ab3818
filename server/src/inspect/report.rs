//! From items to lines of output.

use std::io::{self, Write};
use std::time::Duration;

use anstyle::{AnsiColor, Style};
use inspection::{Connection, Finding, Listener, Pace, Row, capture, masked, masked_header, rows};
use serde::Serialize;
use serde_json::value::RawValue;
use wire::Event;

use super::args::Show;
use crate::client::escape::{Escaped, json_line, json_text};

/// How the report is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    Text,
    Json,
    /// As JSON, with the heads, the bytes and their times.
    Capture,
}

/// Writes what is found, in order, and counts it.
pub(super) struct Report<'a> {
    format: Format,
    out: &'a mut dyn Write,
    violations: u64,
    show: Vec<Show>,
    colours: Colours,
    /// Whether it tells what was written down before.
    is_retold: bool,
    /// When the newest event came, in milliseconds after the request.
    last_event: Option<f64>,
    /// Why it could not be written.
    broken: Option<io::Error>,
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
            is_retold: false,
            last_event: None,
            broken: None,
        }
    }

    /// Tells what was written down before, and where it is from.
    pub(super) fn retells(&mut self) {
        self.is_retold = true;
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

    /// Before another connection.
    pub(super) fn comes_back(&mut self, retry: Duration, id: &str) {
        let seconds = retry.as_secs_f64();
        if self.format == Format::Text {
            let id = with_id(id);
            self.write(|own| writeln!(own.out, "   again ■ in {seconds:.1} s, {id}"));
        }
    }

    /// Hands on what is written.
    ///
    /// # Errors
    /// Where that, or anything before, could not be written.
    pub(super) fn flush(&mut self) -> io::Result<()> {
        match self.broken.take() {
            Some(broken) => Err(broken),
            None => self.out.flush(),
        }
    }

    /// Writes, unless that was impossible before.
    fn write(&mut self, write: impl FnOnce(&mut Self) -> io::Result<()>) {
        if self.broken.is_none() {
            self.broken = write(self).err();
        }
    }

    fn opening(&mut self, connection: &Connection) -> io::Result<()> {
        if self.format == Format::Capture {
            return json_text(self.out, &capture::open_line(connection));
        }
        if self.is_retold && self.format == Format::Text {
            self.origin(connection)?;
        }
        let Some(status) = connection.status.filter(|_| self.shows(Show::Headers)) else {
            return Ok(());
        };
        let after = after(connection.head_after);
        writeln!(self.out, "    head ■ {status}{after}")?;
        let quiet = self.colours.quiet;
        for (name, value) in &connection.head.headers {
            let value = masked_header(name, value);
            let (name, value) = (Escaped(name), Escaped(&value));
            writeln!(self.out, "         {quiet}│{quiet:#} {name}: {value}")?;
        }
        Ok(())
    }

    /// Of which connection a capture tells.
    fn origin(&mut self, connection: &Connection) -> io::Result<()> {
        let url = match &*connection.url {
            "" if connection.n == 1 => return Ok(()),
            "" => "a connection".to_owned(),
            url => masked(url),
        };
        let trial = if connection.is_trial {
            "a trial of resuming, "
        } else {
            ""
        };
        let (url, id) = (Escaped(&url), with_id(&connection.last_event_id));
        writeln!(self.out, "    open ■ {trial}{url}, {id}")
    }

    fn arrival(&mut self, offset: u64, at: Option<f64>, piece: &[u8]) -> io::Result<()> {
        if self.format == Format::Capture {
            return writeln!(self.out, "{}", capture::chunk_line(at, piece));
        }
        if !self.shows(Show::Bytes) {
            return Ok(());
        }
        let (quiet, length, after) = (self.colours.quiet, piece.len(), after(at));
        writeln!(
            self.out,
            "{quiet}{offset:>8} ≡ bytes: {length}{after}{quiet:#}"
        )?;
        rows(offset, piece).iter().try_for_each(|row| {
            let inspection::HexRow { offset, hex, text } = row;
            writeln!(self.out, "{quiet}{offset:08x} {hex:<48}  {text}{quiet:#}")
        })
    }

    fn note(&mut self, finding: &Finding) -> io::Result<()> {
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
        let (code, detail) = (Escaped(code), Escaped(detail));
        writeln!(
            self.out,
            "{offset:>8} {style}{mark} {kind} {code}{style:#}: {detail}{clause}"
        )
    }

    /// How the times are spread.
    fn times(&mut self, pace: &Pace) -> io::Result<()> {
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

    /// The last line of a connection.
    fn end(&mut self, connection: &Connection) -> io::Result<()> {
        let Connection {
            next_id,
            retry,
            events,
            end,
            lasted,
            ..
        } = connection;
        if self.format == Format::Capture {
            json_text(self.out, &capture::closed_line(*lasted, end))?;
        }
        if self.format != Format::Text {
            let retry = retry.clone().map(RawValue::from_string).transpose()?;
            return self.json(&Line::End {
                last_event_id: next_id,
                retry,
            });
        }
        if self.is_retold && lasted.is_some() {
            let (end, after) = (Escaped(end), after(*lasted));
            writeln!(self.out, "  closed ■ {end}{after}")?;
        }
        let id = match &**next_id {
            "" => "no last event id".to_owned(),
            id => format!("last event id {}", Escaped(id)),
        };
        let retry = match retry {
            None => "retry never set".to_owned(),
            Some(retry) => format!("retry {retry} ms"),
        };
        let violations = self.violations;
        writeln!(
            self.out,
            "     end ■ events: {events}, violations: {violations}; {id}; {retry}"
        )
    }

    fn shows(&self, what: Show) -> bool {
        self.format == Format::Text && self.show.contains(&what)
    }

    fn dispatched(&mut self, event: &Event, row: &Row) -> io::Result<()> {
        let Event {
            event: name,
            data,
            id,
            topic,
            ..
        } = event;
        if self.format != Format::Text {
            return self.json(&Line::Event {
                event: name,
                data,
                id,
            });
        }
        let Colours { event, quiet, .. } = self.colours;
        // Of what was written down without its bytes nobody knows the place.
        let place = match row.end {
            0 => String::new(),
            _ => row.start.to_string(),
        };
        write!(self.out, "{place:>8} {event}▸ {}{event:#}", Escaped(name))?;
        if !id.is_empty() {
            write!(self.out, "  id {}", Escaped(id))?;
        }
        if let Some(topic) = topic {
            write!(self.out, "  topic {}", Escaped(topic))?;
        }
        if let Some(at) = row.at.filter(|_| self.shows(Show::Times)) {
            self.coming(at, row.latency)?;
        }
        writeln!(self.out)?;
        data.split('\n')
            .try_for_each(|line| writeln!(self.out, "         {quiet}│{quiet:#} {}", Escaped(line)))
    }

    fn coming(&mut self, at: f64, latency: Option<f64>) -> io::Result<()> {
        write!(self.out, "  +{at:.0} ms")?;
        if let Some(last) = self.last_event.replace(at) {
            write!(self.out, ", {:.0} ms after the one before", at - last)?;
        }
        match latency {
            Some(latency) => write!(self.out, ", {latency:.0} ms after its own time"),
            None => Ok(()),
        }
    }

    fn json(&mut self, line: &Line<'_>) -> io::Result<()> {
        json_line(self.out, line)
    }
}

impl Listener for &mut Report<'_> {
    fn opened(&mut self, connection: &Connection) {
        self.last_event = None;
        self.write(|own| own.opening(connection));
    }

    fn cut(&mut self, bytes: u64) {
        self.write(|own| match own.format {
            Format::Capture => writeln!(own.out, "{}", capture::cut_line(bytes)),
            Format::Text => writeln!(
                own.out,
                "     cut ■ the first bytes are not in the capture: {bytes}"
            ),
            Format::Json => Ok(()),
        });
    }

    fn piece(&mut self, offset: u64, at: Option<f64>, piece: &[u8]) {
        self.write(|own| own.arrival(offset, at, piece));
    }

    fn event(&mut self, event: &Event, row: &Row) {
        self.write(|own| own.dispatched(event, row));
    }

    fn finding(&mut self, finding: &Finding) {
        self.violations += u64::from(finding.is_violation);
        self.write(|own| own.note(finding));
    }

    fn ended(&mut self, connection: &Connection, pace: &Pace) {
        self.write(|own| own.times(pace).and_then(|()| own.end(connection)));
    }
}

fn with_id(id: &str) -> String {
    match id {
        "" => "without Last-Event-ID".to_owned(),
        id => format!("with Last-Event-ID {}", Escaped(id)),
    }
}

fn after(at: Option<f64>) -> String {
    at.map(|at| format!(" after {at:.0} ms"))
        .unwrap_or_default()
}
