//! One event of a stream with faults, and how its lines end.

use axum::body::Bytes;
use chrono::{DateTime, SecondsFormat, TimeDelta};
use serde_json::json;

use super::chance::Chance;

/// Stands before the number in each id, as an epoch does in the hub's.
const EPOCH: &str = "faults-";

/// The id of an event; that of 0 is a cursor before the first.
pub(super) fn id(n: u64) -> String {
    format!("{EPOCH}{n}")
}

/// The event that an id names: with the epoch or without; 0 for what is none.
pub(super) fn number(id: &[u8]) -> u64 {
    let digits = id.strip_prefix(EPOCH.as_bytes()).unwrap_or(id);
    let digits = Some(digits).filter(|digits| digits.iter().all(u8::is_ascii_digit));
    let digits = digits.and_then(|digits| std::str::from_utf8(digits).ok());
    digits.and_then(|digits| digits.parse().ok()).unwrap_or(0)
}

/// What every event has as its data: characters of two, three and four bytes; each fourth has two lines.
pub(super) fn text(n: u64) -> String {
    let more = if n.is_multiple_of(4) {
        "\nits second line"
    } else {
        ""
    };
    format!("event {n} · é ☃ 😀{more}")
}

fn markup(n: u64) -> String {
    format!(
        "<b onclick=\"alert({n})\">event {n}</b><script>document.title = 'run'</script>\
         <img src=\"x:\" onerror=\"document.title = 'run'\">"
    )
}

/// A time that follows from the number: the same bytes tomorrow.
fn time(n: u64) -> String {
    let seconds = i64::try_from(n).unwrap_or_default();
    let time = DateTime::UNIX_EPOCH + TimeDelta::seconds(seconds);
    time.to_rfc3339_opts(SecondsFormat::Millis, true)
}

/// One event, before its lines have ends.
pub(super) struct Block {
    pub(super) n: u64,
    pub(super) id: Option<Vec<u8>>,
    pub(super) is_enveloped: bool,
    pub(super) has_unknown_fields: bool,
    pub(super) is_invalid: bool,
    pub(super) is_markup: bool,
    /// Whether most of its data is put in by whoever sends it.
    pub(super) is_long: bool,
}

/// Bytes that are not UTF-8: one that never is, and a lead without its continuation.
const INVALID: &[u8] = b"\xFF \xC3(";

/// Stands for them until the text is bytes.
const PLACEHOLDER: &str = "\u{1}";

impl Block {
    /// Appends the event; where it has a hole for data, where that is.
    pub(super) fn write(
        &self,
        ends: &mut Ends,
        chance: &mut Chance,
        out: &mut Vec<u8>,
    ) -> Option<usize> {
        let lines = self.lines();
        let begin = out.len();
        ends.write(&lines, chance, out);
        let is_hole = |at: &usize| out[*at] == HOLE;
        let hole = self.is_long.then(|| (begin..out.len()).find(is_hole));
        let hole = hole.flatten()?;
        out.remove(hole);
        Some(hole)
    }

    /// Appends the event without its blank line; up to where it is without the end of its last line.
    pub(super) fn write_unfinished(
        &self,
        ends: &mut Ends,
        chance: &mut Chance,
        out: &mut Vec<u8>,
    ) -> usize {
        let mut whole = 0;
        for line in self.lines() {
            out.extend(line.iter().filter(|byte| **byte != HOLE));
            whole = out.len();
            ends.end(false, chance, out);
        }
        whole
    }

    fn lines(&self) -> Vec<Vec<u8>> {
        let mut lines: Vec<Vec<u8>> = Vec::new();
        if self.has_unknown_fields {
            let unknown = [
                "topic: faults",
                "Data: in capitals",
                "data : with a space",
                " id: 7",
                "nothing",
            ];
            lines.extend(unknown.map(|line| line.as_bytes().to_vec()));
        }
        if let Some(id) = &self.id {
            lines.push([b"id: ", &id[..]].concat());
        }
        let data = self.data();
        lines.extend(data.split('\n').map(|line| {
            let line = format!("data: {line}").into_bytes();
            match self.is_invalid {
                true => with_invalid(&line),
                false => line,
            }
        }));
        lines
    }

    fn data(&self) -> String {
        let hole = char::from(HOLE).to_string();
        let mut data = match (self.is_long, self.is_markup) {
            (true, _) => hole.clone(),
            (false, true) => markup(self.n),
            (false, false) => text(self.n),
        };
        if self.is_invalid {
            data.push_str(PLACEHOLDER);
        }
        if !self.is_enveloped {
            return data;
        }
        // JSON would escape what stands for other bytes.
        let (kept, others) = (
            data.replace([char::from(HOLE), '\u{1}'], ""),
            self.is_invalid,
        );
        let envelope = json!({
            "id": id(self.n),
            "topic": "faults",
            "event": "message",
            "data": kept,
            "time": time(self.n),
        });
        let more = [
            if self.is_long { hole.as_str() } else { "" },
            if others { PLACEHOLDER } else { "" },
        ];
        // The data is the first member, and what is put in stands at its beginning.
        envelope
            .to_string()
            .replacen("\"data\":\"", &format!("\"data\":\"{}", more.concat()), 1)
    }
}

/// A byte that no line has, where data is put in.
const HOLE: u8 = 0x02;

fn with_invalid(line: &[u8]) -> Vec<u8> {
    let bytes = line.iter().flat_map(|byte| match byte {
        1 => INVALID.to_vec(),
        other => vec![*other],
    });
    bytes.collect()
}

/// How lines end.
pub(super) struct Ends {
    choice: &'static [&'static [u8]],
    last_is_cr: bool,
}

impl Ends {
    pub(super) fn lf() -> Self {
        Self::of(&[b"\n"])
    }

    pub(super) fn cr() -> Self {
        Self::of(&[b"\r"])
    }

    pub(super) fn crlf() -> Self {
        Self::of(&[b"\r\n"])
    }

    pub(super) fn mixed() -> Self {
        Self::of(&[b"\r", b"\r\n", b"\n"])
    }

    fn of(choice: &'static [&'static [u8]]) -> Self {
        Self {
            choice,
            last_is_cr: false,
        }
    }

    /// Appends lines with their ends, and the blank line after them.
    pub(super) fn write(&mut self, lines: &[Vec<u8>], chance: &mut Chance, out: &mut Vec<u8>) {
        for line in lines {
            out.extend_from_slice(line);
            self.end(false, chance, out);
        }
        self.end(true, chance, out);
    }

    fn end(&mut self, is_blank: bool, chance: &mut Chance, out: &mut Vec<u8>) {
        let drawn = chance.below(self.choice.len() as u64) as usize;
        let mut end = self.choice.get(drawn).copied().unwrap_or(b"\n");
        // After a CR a lone LF would be the rest of that line's end, and no blank line.
        if is_blank && self.last_is_cr && end == b"\n" {
            end = b"\r";
        }
        self.last_is_cr = end == b"\r";
        out.extend_from_slice(end);
    }
}

/// A piece of what is sent again and again, shared by all who are sent it.
const PIECE: usize = 16 * 1024;

/// So many bytes of data, in pieces.
pub(super) fn filling(bytes: u64) -> impl Iterator<Item = Bytes> {
    static FILLING: [u8; PIECE] = [b'x'; PIECE];
    pieces(&FILLING, bytes)
}

/// So many comments, in pieces.
pub(super) fn comments(comments: u64) -> impl Iterator<Item = Bytes> {
    const COMMENT: &[u8; 8] = b": flood\n";
    static COMMENTS: [u8; PIECE] = {
        let mut bytes = [0; PIECE];
        let mut at = 0;
        while at < PIECE {
            bytes[at] = COMMENT[at % COMMENT.len()];
            at += 1;
        }
        bytes
    };
    pieces(&COMMENTS, comments * COMMENT.len() as u64)
}

fn pieces(of: &'static [u8; PIECE], bytes: u64) -> impl Iterator<Item = Bytes> {
    let (whole, rest) = (bytes / PIECE as u64, (bytes % PIECE as u64) as usize);
    let whole = (0..whole).map(move |_| Bytes::from_static(of));
    let rest = (rest > 0).then(|| Bytes::from_static(&of[..rest]));
    whole.chain(rest)
}
