//! A stream cut into its blocks, each with its bytes as they came and what a parser reads in it.

use wire::{Item, Parser};

/// How many bytes a block may have before it is shown as it is: the page must stay bounded.
const LONGEST: usize = 16 * 1024;

/// What stands between two blank lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Block {
    /// Where it begins: the number of bytes before it, in everything that this page has read.
    pub(crate) offset: usize,
    /// Its lines, without their ends.
    pub(crate) lines: Vec<Line>,
    /// What a client dispatches; none for a block without data.
    pub(crate) event: Option<wire::Event>,
}

/// A line, cut at its first colon.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Line {
    /// What stands before the colon; empty for a comment.
    pub(crate) name: String,
    /// The colon and the space after it, as they were.
    pub(crate) separator: String,
    /// What stands behind.
    pub(crate) value: String,
}

/// Cuts bytes into blocks, however the network cut them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Blocks {
    pending: Vec<u8>,
    offset: usize,
}

impl Blocks {
    /// Cuts the rest of what so many bytes came before.
    pub(crate) fn after(offset: usize) -> Self {
        Self {
            pending: Vec::new(),
            offset,
        }
    }

    /// The blocks that are whole after these bytes; for streams whose lines end with LF.
    pub(crate) fn push(&mut self, bytes: &[u8]) -> Vec<Block> {
        self.pending.extend_from_slice(bytes);
        let mut blocks = Vec::new();
        while let Some(end) = end_of_block(&self.pending) {
            let raw: Vec<u8> = self.pending.drain(..end).collect();
            blocks.push(Block::read(&raw, self.offset));
            self.offset += raw.len();
        }
        blocks
    }

    /// Forgets an unfinished block, as a client does when its connection ends.
    pub(crate) fn cut(&mut self) {
        self.offset += self.pending.len();
        self.pending.clear();
    }
}

impl Block {
    fn read(raw: &[u8], offset: usize) -> Self {
        let text = String::from_utf8_lossy(raw);
        let mut event = None;
        Parser::new().feed(raw, &mut |item| {
            if let Item::Event(e) = item {
                event = Some(e);
            }
        });
        Self {
            offset,
            lines: text
                .trim_end_matches('\n')
                .split('\n')
                .map(Line::cut)
                .collect(),
            event,
        }
    }
}

impl Line {
    fn cut(line: &str) -> Self {
        let (name, rest) = line.split_at(line.find(':').unwrap_or(line.len()));
        let separator = if rest.starts_with(": ") {
            2
        } else {
            rest.len().min(1)
        };
        let (separator, value) = rest.split_at(separator);
        Self {
            name: name.into(),
            separator: separator.into(),
            value: value.into(),
        }
    }
}

fn end_of_block(bytes: &[u8]) -> Option<usize> {
    let blank = bytes
        .windows(2)
        .position(|pair| pair == b"\n\n")
        .map(|at| at + 2);
    blank.or((bytes.len() > LONGEST).then_some(LONGEST))
}

#[cfg(test)]
mod tests {
    use super::*;

    const STREAM: &[u8] =
        b": tickertape\nretry: 2000\n\nevent: tick\nid: 1\ndata: a\ndata: \xc3\xa9\n\n";

    #[test]
    fn blocks_are_the_same_however_the_bytes_come() {
        let whole = Blocks::default().push(STREAM);
        assert_eq!(whole.len(), 2);
        for cut in 1..STREAM.len() {
            let mut blocks = Blocks::default();
            let mut parts = blocks.push(&STREAM[..cut]);
            parts.extend(blocks.push(&STREAM[cut..]));
            assert_eq!(parts, whole, "cut at {cut}");
        }
    }

    #[test]
    fn a_block_has_its_lines_its_place_and_its_event() {
        let blocks = Blocks::default().push(STREAM);
        assert_eq!(blocks[0].event, None);
        assert_eq!(blocks[1].offset, 26);
        assert_eq!(blocks[1].lines[0], Line::cut("event: tick"));
        assert_eq!(
            blocks[1].event.as_ref().map(|e| e.data.as_str()),
            Some("a\né")
        );
    }

    #[test]
    fn a_line_is_cut_at_its_first_colon_and_loses_nothing() {
        for (line, name, separator, value) in [
            ("data: x: y", "data", ": ", "x: y"),
            ("data:x", "data", ":", "x"),
            (": note", "", ": ", "note"),
            ("data", "data", "", ""),
        ] {
            let cut = Line::cut(line);
            assert_eq!(
                (&*cut.name, &*cut.separator, &*cut.value),
                (name, separator, value)
            );
        }
    }

    #[test]
    fn an_endless_block_does_not_grow_without_bound() {
        let mut blocks = Blocks::default();
        for _ in 0..100 {
            blocks.push(&[b'x'; 1024]);
        }
        assert!(blocks.pending.len() <= LONGEST + 1024);
    }
}
