//! The findings of a check, as lines.

use std::io::{self, Write};

use serde::Serialize;

use super::super::report::Format;
use super::point::{Level, Point};
use crate::client::escape::{Escaped, json_line};

/// Writes findings as they are made, and counts them.
pub(super) struct Report<'a> {
    format: Format,
    out: &'a mut dyn Write,
    pub(super) bad: u64,
    pub(super) warnings: u64,
}

/// A line of `--json`.
#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
enum Line<'a> {
    Check {
        code: &'a str,
        level: Level,
        detail: &'a str,
        change: Option<&'a str>,
    },
    Verdict {
        ok: bool,
        bad: u64,
        warnings: u64,
    },
}

impl<'a> Report<'a> {
    pub(super) fn new(format: Format, out: &'a mut dyn Write) -> Self {
        Self {
            format,
            out,
            bad: 0,
            warnings: 0,
        }
    }

    /// Writes one finding, for whoever waits to see at once.
    pub(super) fn point(&mut self, point: &Point) -> io::Result<()> {
        let Point {
            code,
            level,
            detail,
            change,
        } = point;
        self.bad += u64::from(*level == Level::Bad);
        self.warnings += u64::from(*level == Level::Warn);
        let change = *change;
        if self.format == Format::Json {
            let line = Line::Check {
                code,
                level: *level,
                detail,
                change,
            };
            json_line(self.out, &line)?;
        } else {
            let detail = Escaped(detail);
            write!(self.out, "{:<4}  {code}: {detail}", level.word())?;
            if let Some(change) = change {
                write!(self.out, " ▸ {change}")?;
            }
            writeln!(self.out)?;
        }
        self.out.flush()
    }

    /// The last line.
    pub(super) fn verdict(&mut self) -> io::Result<()> {
        let (bad, warnings) = (self.bad, self.warnings);
        if self.format == Format::Json {
            let line = Line::Verdict {
                ok: bad == 0,
                bad,
                warnings,
            };
            json_line(self.out, &line)?;
            return self.out.flush();
        }
        let things = |n, one: &str, more: &str| match n {
            1 => format!("1 {one}"),
            n => format!("{n} {more}"),
        };
        let warnings = match warnings {
            0 => String::new(),
            n => format!("; {}", things(n, "warning", "warnings")),
        };
        match bad {
            0 => writeln!(
                self.out,
                "verdict: nothing on the way harms this stream{warnings}"
            ),
            n => writeln!(
                self.out,
                "verdict: {} to mend{warnings}",
                things(n, "thing", "things")
            ),
        }?;
        self.out.flush()
    }
}
