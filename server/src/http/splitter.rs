//! Lines of a body that comes in pieces.

use std::borrow::Cow;

use super::error::HttpError;

/// Splits at LF and CRLF; holds no more than one line.
#[derive(Debug)]
pub(crate) struct Splitter {
    begun: Vec<u8>,
    longest: usize,
}

impl Splitter {
    /// For lines of at most so many bytes.
    pub(crate) fn new(longest: usize) -> Self {
        Self {
            begun: Vec::new(),
            longest,
        }
    }

    /// The next line that ends in this piece, without its end; none where the rest of the piece
    /// is the beginning of a line, which is kept.
    ///
    /// # Errors
    /// 413 for a line that is too long, as soon as it is.
    pub(crate) fn next<'a>(
        &mut self,
        piece: &mut &'a [u8],
    ) -> Result<Option<Cow<'a, [u8]>>, HttpError> {
        let end = piece.iter().position(|byte| *byte == b'\n');
        let (part, rest) = piece.split_at(end.unwrap_or(piece.len()));
        *piece = rest.get(1..).unwrap_or_default();
        // One more byte may be the CR of an end to come.
        let length = self.begun.len() + part.len();
        let ends_in_cr = part.last().or(self.begun.last()) == Some(&b'\r');
        if length > self.longest + usize::from(ends_in_cr) {
            return Err(HttpError::LineTooLong(self.longest));
        }
        if end.is_none() {
            self.begun.extend_from_slice(part);
            return Ok(None);
        }
        if self.begun.is_empty() {
            return Ok(Some(Cow::Borrowed(
                part.strip_suffix(b"\r").unwrap_or(part),
            )));
        }
        self.begun.extend_from_slice(part);
        self.begun.pop_if(|byte| *byte == b'\r');
        Ok(Some(Cow::Owned(std::mem::take(&mut self.begun))))
    }

    /// How much is held of a line that has begun, in bytes.
    pub(crate) fn held(&self) -> usize {
        self.begun.len()
    }

    /// The line that has begun and not ended, at the end of the body.
    pub(crate) fn last(&mut self) -> Option<Vec<u8>> {
        if self.begun.is_empty() {
            return None;
        }
        self.begun.pop_if(|byte| *byte == b'\r');
        Some(std::mem::take(&mut self.begun))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The lines of a text that comes in these pieces, and what is left.
    fn lines(pieces: &[&[u8]]) -> Result<Vec<String>, HttpError> {
        let mut splitter = Splitter::new(4);
        let mut lines = Vec::new();
        for mut piece in pieces.iter().copied() {
            while let Some(line) = splitter.next(&mut piece)? {
                lines.push(String::from_utf8(line.into_owned()).unwrap());
            }
        }
        lines.extend(splitter.last().map(|line| String::from_utf8(line).unwrap()));
        Ok(lines)
    }

    #[test]
    fn lines_are_the_same_wherever_the_pieces_end() {
        let text = b"a\n\r\nb\r\n\nc\rd\nlong\r\nend";
        let expected = ["a", "", "b", "", "c\rd", "long", "end"];
        for at in 0..=text.len() {
            let (one, other) = text.split_at(at);
            assert_eq!(lines(&[one, other]).unwrap(), expected, "cut at {at}");
        }
        let bytes: Vec<&[u8]> = text.chunks(1).collect();
        assert_eq!(lines(&bytes).unwrap(), expected);
        assert!(lines(&[b""]).unwrap().is_empty());
        assert_eq!(lines(&[b"\n"]).unwrap(), [""]);
    }

    #[test]
    fn a_line_that_is_too_long_is_refused_before_its_end() {
        let too_long: [&[&[u8]]; 3] = [&[b"12345"], &[b"1234", b"5"], &[b"1234\r", b"x"]];
        for pieces in too_long {
            assert!(
                matches!(lines(pieces), Err(HttpError::LineTooLong(4))),
                "{pieces:?}"
            );
        }
    }
}
