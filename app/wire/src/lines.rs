//! From bytes to lines (HTML 9.2.5), however the bytes are cut into chunks.

use std::ops::Range;

use crate::diagnostic::Out;
use crate::interpret::{is_known, unknown};
use crate::utf8::Utf8Check;
use crate::{Code, Limits};

const BOM: [u8; 3] = [0xef, 0xbb, 0xbf];
/// How much of a comment, or of a line that is too long, is kept for [`Field::value`](crate::Field::value).
pub(crate) const CUT_KEPT: usize = 1024;
/// A buffer that one long line has made larger than this is given back.
const BUFFER_KEPT: usize = 64 << 10;

/// One line without its end.
pub(crate) struct RawLine<'a> {
    /// Its bytes, up to the limit; nothing of a comment unless comments are kept.
    pub(crate) bytes: &'a [u8],
    /// Its place in the stream.
    pub(crate) span: Range<u64>,
    pub(crate) is_comment: bool,
    /// Whether bytes are missing.
    pub(crate) is_cut: bool,
}

/// The lines of a stream as its bytes arrive.
#[derive(Clone, Debug)]
pub(crate) struct Lines {
    limit: usize,
    keep_comments: bool,
    /// The offset of the next byte.
    offset: u64,
    /// How many bytes of a BOM the stream began with, until that is decided.
    bom: Option<usize>,
    /// The line before ended in a CR: an LF now belongs to it.
    after_cr: bool,
    ends: LineEnds,
    utf8: Utf8Check,
    line: Vec<u8>,
    /// Where the line begins; none between lines.
    start: Option<u64>,
    is_comment: bool,
    is_cut: bool,
}

impl Lines {
    pub(crate) fn new(limits: &Limits, keep_comments: bool) -> Self {
        Self {
            limit: limits.line.max(16),
            keep_comments,
            offset: 0,
            bom: Some(0),
            after_cr: false,
            ends: LineEnds::default(),
            utf8: Utf8Check::default(),
            line: Vec::new(),
            start: None,
            is_comment: false,
            is_cut: false,
        }
    }

    /// How many bytes were taken.
    pub(crate) fn offset(&self) -> u64 {
        self.offset + self.bom.unwrap_or(0) as u64
    }

    /// Takes bytes up to the end of a line; none where there is no further end. A CR ends its
    /// line at once.
    pub(crate) fn next(&mut self, rest: &mut &[u8], out: &mut Out<'_>) -> Option<RawLine<'_>> {
        self.skip_bom(rest, out);
        self.skip_lf_after_cr(rest, out);
        if rest.is_empty() {
            return None;
        }
        self.begin();
        let end = rest
            .iter()
            .position(|b| matches!(b, b'\r' | b'\n'))
            .unwrap_or(rest.len());
        let (text, tail) = rest.split_at(end);
        self.extend(text, out);
        *rest = tail;
        let (&end, tail) = tail.split_first()?;
        *rest = tail;
        self.after_cr = end == b'\r';
        if !self.after_cr {
            self.ends.note(LineEnds::LF, self.offset, out);
        }
        let line = self.close(out)?;
        Some(line)
    }

    /// Takes the end of the stream; returns the line that has no end, if there is one.
    pub(crate) fn finish(&mut self, out: &mut Out<'_>) -> Option<RawLine<'_>> {
        self.not_a_bom(out);
        if std::mem::take(&mut self.after_cr) {
            self.ends.note(LineEnds::CR, self.offset - 1, out);
        }
        self.utf8
            .end(self.offset, &mut |at, part| invalid(out, at, part));
        let start = self.start.take()?;
        Some(self.line_to(start, self.offset))
    }

    /// Ends the line at its line end.
    fn close(&mut self, out: &mut Out<'_>) -> Option<RawLine<'_>> {
        let end = self.offset;
        self.utf8.end(end, &mut |at, part| invalid(out, at, part));
        self.offset += 1;
        let start = self.start.take()?;
        Some(self.line_to(start, end))
    }

    fn line_to(&self, start: u64, end: u64) -> RawLine<'_> {
        RawLine {
            bytes: &self.line,
            span: start..end,
            is_comment: self.is_comment,
            is_cut: self.is_cut,
        }
    }

    /// Begins a line, unless one has begun.
    fn begin(&mut self) {
        if self.start.is_some() {
            return;
        }
        self.start = Some(self.offset);
        self.is_comment = false;
        self.is_cut = false;
        self.line.clear();
        self.line.shrink_to(BUFFER_KEPT);
    }

    fn extend(&mut self, text: &[u8], out: &mut Out<'_>) {
        let Some(first) = text.first() else { return };
        if *first == b':' && self.start == Some(self.offset) {
            self.is_comment = true;
            out.report(
                Code::Comment,
                self.offset,
                format_args!("a comment; clients ignore it"),
            );
        }
        let most = match (self.is_comment, self.keep_comments) {
            (false, _) => self.limit,
            (true, true) => CUT_KEPT,
            (true, false) => 0,
        };
        let room = (most - self.line.len()).min(text.len());
        let (kept, cut) = text.split_at(room);
        self.check(kept, out);
        self.line.extend_from_slice(kept);
        if !cut.is_empty() {
            self.cut(out);
            self.check(cut, out);
        }
    }

    fn check(&mut self, text: &[u8], out: &mut Out<'_>) {
        self.utf8
            .feed(text, self.offset, &mut |at, part| invalid(out, at, part));
        self.offset += text.len() as u64;
    }

    /// Keeps no more of the line; it is said at once, as its end may never come.
    fn cut(&mut self, out: &mut Out<'_>) {
        if std::mem::replace(&mut self.is_cut, true) || self.is_comment {
            return;
        }
        let beginning = &self.line[..self.line.len().min(CUT_KEPT)];
        let beginning = String::from_utf8_lossy(beginning);
        let (name, _) = beginning.split_once(':').unwrap_or((&beginning, ""));
        let (most, start) = (self.limit, self.start.unwrap_or_default());
        if is_known(name) {
            let detail = format_args!("the line of the {name} field has over {most} bytes");
            out.report(Code::LineTooLong, start, detail);
        } else {
            unknown(name, start, out);
        }
    }

    /// One BOM at the start of the stream is no part of it (UTF-8 decode, WHATWG Encoding).
    fn skip_bom(&mut self, rest: &mut &[u8], out: &mut Out<'_>) {
        while let (Some(matched), Some((first, tail))) = (self.bom, rest.split_first()) {
            if *first != BOM[matched] {
                return self.not_a_bom(out);
            }
            *rest = tail;
            self.bom = Some(matched + 1);
            if matched + 1 == BOM.len() {
                self.bom = None;
                self.offset = BOM.len() as u64;
                out.report(
                    Code::BomStripped,
                    0,
                    format_args!("a byte order mark, stripped"),
                );
            }
        }
    }

    /// What looked like the start of a BOM is text.
    fn not_a_bom(&mut self, out: &mut Out<'_>) {
        let matched = self.bom.take().unwrap_or(0);
        if matched > 0 {
            self.begin();
            self.extend(&BOM[..matched], out);
        }
    }

    fn skip_lf_after_cr(&mut self, rest: &mut &[u8], out: &mut Out<'_>) {
        if !self.after_cr || rest.is_empty() {
            return;
        }
        self.after_cr = false;
        let cr = self.offset - 1;
        if let Some(tail) = rest.strip_prefix(b"\n") {
            *rest = tail;
            self.offset += 1;
            self.ends.note(LineEnds::CRLF, cr, out);
        } else {
            self.ends.note(LineEnds::CR, cr, out);
        }
    }
}

/// The kinds of line end that a stream has shown.
#[derive(Clone, Copy, Debug, Default)]
struct LineEnds(u8);

impl LineEnds {
    const LF: u8 = 1;
    const CR: u8 = 2;
    const CRLF: u8 = 4;

    fn note(&mut self, kind: u8, offset: u64, out: &mut Out<'_>) {
        if self.0 & kind != 0 {
            return;
        }
        if self.0 != 0 {
            let detail = format_args!("a line ends in {}, others did not", Self::name(kind));
            out.report(Code::MixedLineEndings, offset, detail);
        }
        if kind == Self::CR {
            let detail = format_args!("a line ends in CR alone, which some clients do not know");
            out.report(Code::CrLineEndings, offset, detail);
        }
        self.0 |= kind;
    }

    fn name(kind: u8) -> &'static str {
        match kind {
            Self::LF => "LF",
            Self::CR => "CR",
            _ => "CRLF",
        }
    }
}

fn invalid(out: &mut Out<'_>, offset: u64, part: &[u8]) {
    let detail = format_args!("{part:02X?} is not UTF-8; clients read U+FFFD in its place");
    out.report(Code::InvalidUtf8, offset, detail);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Reported;

    fn feed(lines: &mut Lines, bytes: &[u8]) {
        let mut out = Out {
            reported: &mut Reported::new(9),
            sink: &mut |_| {},
        };
        let mut rest = bytes;
        while lines.next(&mut rest, &mut out).is_some() {}
    }

    #[test]
    fn a_comment_is_not_kept() {
        let mut lines = Lines::new(&Limits::DEFAULT, false);
        feed(&mut lines, b":");
        (0..1000).for_each(|_| feed(&mut lines, &[b'c'; 10_000]));
        assert_eq!(lines.line.capacity(), 0);
    }

    #[test]
    fn an_endless_line_is_kept_up_to_the_limit_and_given_back() {
        let mut lines = Lines::new(
            &Limits {
                line: 1 << 20,
                ..Limits::DEFAULT
            },
            false,
        );
        (0..1000).for_each(|_| feed(&mut lines, &[b'x'; 10_000]));
        assert_eq!(lines.line.len(), 1 << 20);
        feed(&mut lines, b"\ndata\n");
        assert!(lines.line.capacity() <= BUFFER_KEPT);
    }
}
