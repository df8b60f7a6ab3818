//! What the page shows, as JSON; all text in it is escaped.

use inspection::{Connection, Escaped, Inspection, Row, Spread, Told, masked_header};
use serde::Serialize;

use crate::page::begins;

/// Connections that are shown at a time: a page of as many takes under a thousand elements.
const CONNECTIONS: usize = 40;

/// The longest text of a connection and of a finding that is shown, in characters: a server may make them any length.
const TEXT: usize = 500;

#[derive(Serialize)]
struct Summary<'a> {
    events: u64,
    first_event: u64,
    kept_events: usize,
    /// How many have the text that is looked for; null where none is.
    found: Option<u64>,
    first_found: Option<u64>,
    chunks: usize,
    bytes: u64,
    first_byte: u64,
    findings: usize,
    dropped_findings: u64,
    violations: u64,
    connections: u64,
    cut_bytes: u64,
    cut_events: u64,
    between_chunks: Option<Spread>,
    between_events: Option<Spread>,
    latency: Option<Spread>,
    newest: Option<&'a Connection>,
}

pub(crate) fn summary(kept: &Inspection, found: Option<(u64, u64)>) -> String {
    let [between_chunks, between_events, latency] = kept.times();
    let counted = kept.counted();
    let first_event = kept.events().front().map_or(counted + 1, |row| row.n);
    let shown = kept.connections().next_back().cloned().map(harmless);
    json(&Summary {
        events: counted,
        first_event,
        kept_events: kept.events().len(),
        found: found.map(|(found, _)| found),
        first_found: found.map(|(_, first)| first),
        chunks: kept.chunks().len(),
        bytes: kept.total_bytes(),
        first_byte: kept.dropped_bytes(),
        findings: kept.told().len(),
        dropped_findings: kept.dropped_findings(),
        violations: kept.violations(),
        connections: kept.opened(),
        cut_bytes: kept.dropped_bytes(),
        cut_events: first_event - 1,
        between_chunks,
        between_events,
        latency,
        newest: shown.as_ref(),
    })
}

#[derive(Serialize)]
struct EventView {
    n: u64,
    connection: u64,
    at: Option<f64>,
    /// When that was, in milliseconds since 1970.
    wall: Option<f64>,
    event: String,
    id: String,
    topic: Option<String>,
    data: String,
    /// How many bytes of the data are not kept.
    more: usize,
    length: usize,
    start: u64,
    end: u64,
    latency: Option<f64>,
}

pub(crate) fn events(kept: &Inspection, rows: &[&Row]) -> String {
    let asked = |n: u64| {
        let mut newest_first = kept.connections().rev();
        newest_first.find(|connection| connection.n == n)?.wall
    };
    let rows = rows.iter().map(|row| EventView {
        wall: asked(row.connection)
            .zip(row.at)
            .map(|(wall, at)| wall + at),
        n: row.n,
        connection: row.connection,
        at: row.at,
        event: escaped(&row.event),
        id: escaped(&row.id),
        topic: row.topic.as_deref().map(escaped),
        data: by_line(&row.data),
        more: row.length - row.data.len(),
        length: row.length,
        start: row.start,
        end: row.end,
        latency: row.latency,
    });
    json(&rows.collect::<Vec<_>>())
}

pub(crate) fn chunks(kept: &Inspection, from: usize, most: usize) -> String {
    #[derive(Serialize)]
    struct ChunkView {
        connection: u64,
        at: f64,
        /// Since the piece before, or since the request.
        after: f64,
        offset: u64,
        length: usize,
        events: u64,
        comments: u64,
    }
    let chunks = kept.chunks();
    let view = |(place, chunk): (usize, &inspection::Chunk)| {
        let before = place.checked_sub(1).and_then(|place| chunks.get(place));
        let before = before.filter(|before| before.connection == chunk.connection);
        ChunkView {
            connection: chunk.connection,
            at: chunk.at,
            after: chunk.at - before.map_or(0.0, |before| before.at),
            offset: chunk.offset,
            length: chunk.length,
            events: chunk.events,
            comments: chunk.comments,
        }
    };
    let rows = chunks.iter().enumerate().skip(from).take(most).map(view);
    json(&rows.collect::<Vec<_>>())
}

pub(crate) fn findings(kept: &Inspection, from: usize, most: usize) -> String {
    #[derive(Serialize)]
    struct FindingView<'a> {
        connection: u64,
        code: String,
        offset: u64,
        /// The same place among all bytes.
        place: Option<u64>,
        detail: String,
        violation: bool,
        clause: Option<&'a str>,
        link: Option<&'a str>,
    }
    let begins = begins(kept);
    let view = |told: &Told| {
        let begin = begins.iter().find(|(n, ..)| *n == told.connection);
        let finding = &told.finding;
        FindingView {
            connection: told.connection,
            code: escaped(&finding.code),
            offset: finding.offset,
            place: begin.map(|(_, begin, skipped)| begin + finding.offset.saturating_sub(*skipped)),
            detail: short(&finding.detail),
            violation: finding.is_violation,
            clause: finding.clause,
            link: finding.link(),
        }
    };
    let rows = kept.told().iter().skip(from).take(most).map(view);
    json(&rows.collect::<Vec<_>>())
}

pub(crate) fn connections(kept: &Inspection) -> String {
    let newest_first = kept.connections().rev().take(CONNECTIONS);
    json(&newest_first.cloned().map(harmless).collect::<Vec<_>>())
}

pub(crate) fn headers(kept: &Inspection) -> String {
    let newest = kept.connections().next_back();
    let headers = newest.map(|newest| newest.head.headers.as_slice());
    let shown =
        |(name, value): &(String, String)| (escaped(name), escaped(&masked_header(name, value)));
    let shown = headers.unwrap_or_default().iter().map(shown);
    json(&shown.collect::<Vec<_>>())
}

fn harmless(connection: Connection) -> Connection {
    Connection {
        url: short(&connection.url),
        last_event_id: short(&connection.last_event_id),
        next_id: short(&connection.next_id),
        end: short(&connection.end),
        ..connection
    }
}

fn escaped(text: &str) -> String {
    Escaped(text).to_string()
}

/// Escaped, and cut where it is long, which shows.
pub(crate) fn short(text: &str) -> String {
    match text.char_indices().nth(TEXT) {
        Some((end, _)) => escaped(&text[..end]) + " … (cut)",
        None => escaped(text),
    }
}

/// Escaped, but for the ends of its lines.
fn by_line(text: &str) -> String {
    let lines: Vec<String> = text.split('\n').map(escaped).collect();
    lines.join("\n")
}

pub(crate) fn json(value: &impl Serialize) -> String {
    // Of these types nothing fails.
    serde_json::to_string(value).unwrap_or_default()
}
