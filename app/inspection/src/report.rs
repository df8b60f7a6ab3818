//! What was found, as text for whoever is asked about it.

use std::fmt::{self, Write};

use crate::{Connection, Escaped, Inspection, Spread, masked, masked_header};

/// Findings in a report, at most: who wants all of them has the capture.
const FINDINGS: usize = 40;
/// Connections, at most, the newest.
const CONNECTIONS: usize = 20;

/// A report in Markdown; `context` says what looked, and when.
#[must_use]
pub fn report(inspection: &Inspection, context: &str) -> String {
    let mut out = String::new();
    // Writing to a string does not fail.
    let _ = write_all(&mut out, inspection, context);
    out
}

fn write_all(out: &mut String, inspection: &Inspection, context: &str) -> fmt::Result {
    let url = inspection.connections().next().map(|c| masked(&c.url));
    let url = url.filter(|url| !url.is_empty());
    let url = url.unwrap_or_else(|| "a capture".to_owned());
    writeln!(out, "# Inspection of {}\n", Escaped(&url))?;
    writeln!(out, "{}\n", Escaped(context))?;
    let (events, bytes) = (inspection.counted(), inspection.total_bytes());
    let violations = inspection.violations();
    writeln!(
        out,
        "bytes: {bytes}, events: {events}, violations: {violations}\n"
    )?;
    findings(out, inspection)?;
    times(out, inspection)?;
    connections(out, inspection)?;
    headers(out, inspection)
}

fn findings(out: &mut String, inspection: &Inspection) -> fmt::Result {
    let told = inspection.told();
    if told.is_empty() {
        return writeln!(out, "Nothing is wrong with it.\n");
    }
    writeln!(out, "## Findings\n")?;
    // Violations first, each kind in its order.
    let (violations, notes): (Vec<_>, Vec<_>) =
        told.iter().partition(|told| told.finding.is_violation);
    for told in violations.iter().chain(&notes).take(FINDINGS) {
        let finding = &told.finding;
        let kind = if finding.is_violation {
            "violation"
        } else {
            "note"
        };
        let (code, offset) = (Escaped(&finding.code), finding.offset);
        write!(out, "- {kind} `{code}` at byte {offset}")?;
        if inspection.connections().nth(1).is_some() {
            write!(out, " of connection {}", told.connection)?;
        }
        write!(out, ": {}", Escaped(&finding.detail))?;
        match finding.clause {
            Some(clause) => writeln!(out, " ({clause})")?,
            None => writeln!(out)?,
        }
    }
    let more = told.len().saturating_sub(FINDINGS) as u64 + inspection.dropped_findings();
    if more > 0 {
        writeln!(out, "- and {more} more")?;
    }
    writeln!(out)
}

fn times(out: &mut String, inspection: &Inspection) -> fmt::Result {
    let names = ["between pieces", "between events", "latency"];
    let spreads = inspection.times();
    if spreads.iter().all(Option::is_none) {
        return Ok(());
    }
    writeln!(out, "## Times\n")?;
    for (name, spread) in names.iter().zip(spreads) {
        if let Some(spread) = spread {
            writeln!(out, "- {name}: {spread}")?;
        }
    }
    writeln!(out)
}

fn connections(out: &mut String, inspection: &Inspection) -> fmt::Result {
    writeln!(out, "## Connections\n")?;
    let skip = inspection.connections().count().saturating_sub(CONNECTIONS);
    inspection
        .connections()
        .skip(skip)
        .try_for_each(|connection| writeln!(out, "- {connection}"))?;
    writeln!(out)
}

fn headers(out: &mut String, inspection: &Inspection) -> fmt::Result {
    let Some(last) = inspection.connections().next_back() else {
        return Ok(());
    };
    if last.head.headers.is_empty() {
        return Ok(());
    }
    writeln!(out, "## Headers of the last response\n")?;
    for (name, value) in &last.head.headers {
        let value = masked_header(name, value);
        writeln!(out, "- {}: {}", Escaped(name), Escaped(&value))?;
    }
    Ok(())
}

impl fmt::Display for Spread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "median {:.0} ms, 95 in 100 within {:.0} ms, at most {:.0} ms (of {})",
            self.median, self.p95, self.most, self.n
        )
    }
}

impl fmt::Display for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.n)?;
        if self.is_trial {
            f.write_str(", a trial of resuming")?;
        }
        match &*self.last_event_id {
            "" => f.write_str(", without Last-Event-ID")?,
            id => write!(f, ", Last-Event-ID {}", Escaped(id))?,
        }
        if let Some(status) = self.status {
            write!(f, ": {status}")?;
        }
        if let Some(after) = self.head_after {
            write!(f, " after {after:.0} ms")?;
        }
        write!(f, ", bytes: {}, events: {}", self.bytes, self.events)?;
        if !self.end.is_empty() {
            write!(f, ", {}", Escaped(&self.end))?;
        }
        if let Some(lasted) = self.lasted {
            write!(f, " after {:.1} s", lasted / 1000.0)?;
        }
        if let Some(retry) = &self.retry {
            write!(f, "; retry {retry} ms")?;
        }
        match &*self.next_id {
            "" => Ok(()),
            id => write!(f, "; a client comes back with {}", Escaped(id)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Head;

    #[test]
    fn a_report_names_what_is_wrong_and_no_secret() {
        let mut inspection = Inspection::default();
        inspection.open(Connection {
            url: "http://a/?token=s3cret".into(),
            ..Connection::default()
        });
        let head = Head {
            status: 200,
            headers: vec![("set-cookie".into(), "s3cret".into())],
            ..Head::default()
        };
        inspection.head(head, Some(3.0));
        inspection.feed(b"id: \x1b[2J\ndata: x\nretry: z\n\n", Some(4.0), false);
        let text = report(&inspection, "tickertape, \u{202e}now");
        assert!(!text.contains("s3cret"), "{text}");
        assert!(!text.contains(['\u{1b}', '\u{202e}']), "{text}");
        let first = text.lines().find(|line| line.starts_with("- ")).unwrap();
        assert!(
            first.starts_with("- violation `content_type` at byte 0"),
            "{text}"
        );
        assert!(text.contains("`retry_not_digits` at byte 17"), "{text}");
        assert!(text.contains("comes back with \\u{1b}[2J"), "{text}");
    }
}
