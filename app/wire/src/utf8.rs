//! Which bytes are not UTF-8, found while they pass.

use std::str::from_utf8;

/// Finds each maximal subpart that the decoder of WHATWG Encoding reads as one U+FFFD, however
/// the bytes are cut into pieces; keeps three bytes at most.
#[derive(Clone, Debug, Default)]
pub(crate) struct Utf8Check {
    carry: [u8; 4],
    len: usize,
}

impl Utf8Check {
    /// Takes bytes that begin at this offset; tells the offset and the bytes of each bad part.
    pub(crate) fn feed(&mut self, bytes: &[u8], offset: u64, bad: &mut dyn FnMut(u64, &[u8])) {
        let taken = self.complete(bytes, offset, bad);
        let mut at = offset + taken as u64;
        for chunk in bytes[taken..].utf8_chunks() {
            at += chunk.valid().len() as u64;
            let part = chunk.invalid();
            let last = at + part.len() as u64 == offset + bytes.len() as u64;
            if last && may_go_on(part) {
                self.carry[..part.len()].copy_from_slice(part);
                self.len = part.len();
            } else if !part.is_empty() {
                bad(at, part);
            }
            at += part.len() as u64;
        }
    }

    /// Takes the end of the text, a line end included, at this offset.
    pub(crate) fn end(&mut self, offset: u64, bad: &mut dyn FnMut(u64, &[u8])) {
        if self.len > 0 {
            bad(offset - self.len as u64, &self.carry[..self.len]);
            self.len = 0;
        }
    }

    /// Adds bytes to what is carried until that is a character or cannot become one; returns how
    /// many it took.
    fn complete(&mut self, bytes: &[u8], offset: u64, bad: &mut dyn FnMut(u64, &[u8])) -> usize {
        let mut taken = 0;
        while self.len > 0 && taken < bytes.len() {
            self.carry[self.len] = bytes[taken];
            let part = &self.carry[..=self.len];
            if from_utf8(part).is_ok() {
                self.len = 0;
            } else if may_go_on(part) {
                self.len += 1;
            } else {
                // What was carried could go on until this byte, which begins something else.
                self.end(offset + taken as u64, bad);
                break;
            }
            taken += 1;
        }
        taken
    }
}

/// Whether these bytes are the beginning of a character and no more than that.
fn may_go_on(part: &[u8]) -> bool {
    from_utf8(part).is_err_and(|e| e.valid_up_to() == 0 && e.error_len().is_none())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bad_parts(pieces: &[&[u8]]) -> Vec<(u64, Vec<u8>)> {
        let (mut check, mut found, mut offset) = (Utf8Check::default(), Vec::new(), 0);
        let mut note = |at: u64, part: &[u8]| found.push((at, part.to_vec()));
        for piece in pieces {
            check.feed(piece, offset, &mut note);
            offset += piece.len() as u64;
        }
        check.end(offset, &mut note);
        found
    }

    #[test]
    fn a_bad_part_is_maximal_wherever_the_cut_is() {
        let text =
            b"a\xf0\x9f\x99b\xe2\x82\xac\xc0\xaf\xf4\x90\xed\xa0\x80\xf0\x9f\x98\x80\xe2\x82";
        let expected: Vec<(u64, Vec<u8>)> = vec![
            (1, vec![0xf0, 0x9f, 0x99]),
            (8, vec![0xc0]),
            (9, vec![0xaf]),
            (10, vec![0xf4]),
            (11, vec![0x90]),
            (12, vec![0xed]),
            (13, vec![0xa0]),
            (14, vec![0x80]),
            (19, vec![0xe2, 0x82]),
        ];
        assert_eq!(bad_parts(&[text]), expected);
        for cut in 0..=text.len() {
            assert_eq!(
                bad_parts(&[&text[..cut], &text[cut..]]),
                expected,
                "cut at {cut}"
            );
        }
        let bytes: Vec<&[u8]> = text.chunks(1).collect();
        assert_eq!(bad_parts(&bytes), expected);
    }
}
