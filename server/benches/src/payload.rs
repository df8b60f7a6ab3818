//! The data of an event: its number where a reader finds it, and as much more as makes it so long.
//!
//! It reads the same in whatever frames a server puts it: neither of its marks is in any of them.

use crate::Outcome;

const BEGIN: u8 = b'@';
const END: u8 = b'$';
const DIGITS: usize = 10;

/// Data of this length for the event with this number.
pub(crate) fn data(number: u64, len: usize) -> String {
    let filler = "x".repeat(len - DIGITS - 2);
    format!("{}{number:010}{filler}{}", BEGIN as char, END as char)
}

/// Finds the numbers of events in a stream that comes in pieces.
#[derive(Default)]
pub(crate) struct Scan {
    /// How far into an event; 0 between two.
    at: usize,
    number: u64,
}

impl Scan {
    /// Takes the next piece of a stream whose events are so long.
    pub(crate) fn take(
        &mut self,
        mut bytes: &[u8],
        len: usize,
        mut found: impl FnMut(u64),
    ) -> Outcome<()> {
        while let Some(&byte) = bytes.first() {
            let taken = match self.at {
                0 => match bytes.iter().position(|byte| *byte == BEGIN) {
                    Some(before) => {
                        (self.at, self.number) = (1, 0);
                        before + 1
                    }
                    None => bytes.len(),
                },
                digit @ 1..=DIGITS => {
                    if !byte.is_ascii_digit() {
                        return Err(format!("data with {byte:#x} in place of digit {digit}").into());
                    }
                    self.number = self.number * 10 + u64::from(byte - b'0');
                    self.at += 1;
                    1
                }
                at if at < len - 1 => {
                    let filler = bytes.len().min(len - 1 - at);
                    if bytes[..filler].contains(&END) {
                        return Err(format!("event {} is shorter than {len}", self.number).into());
                    }
                    self.at += filler;
                    filler
                }
                _ => {
                    if byte != END {
                        return Err(format!("event {} has no end at {len}", self.number).into());
                    }
                    self.at = 0;
                    found(self.number);
                    1
                }
            };
            bytes = &bytes[taken..];
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(pieces: &[&[u8]], len: usize) -> Outcome<Vec<u64>> {
        let (mut scan, mut found) = (Scan::default(), Vec::new());
        for piece in pieces {
            scan.take(piece, len, |number| found.push(number))?;
        }
        Ok(found)
    }

    #[test]
    fn numbers_are_found_however_a_stream_is_cut() {
        let stream = format!(
            "id: 7\ndata: {}\n\ndata:{}\n\n",
            data(41, 100),
            data(42, 100)
        );
        assert_eq!(data(41, 100).len(), 100);
        for cut in 0..stream.len() {
            let (one, other) = stream.as_bytes().split_at(cut);
            assert_eq!(
                numbers(&[one, other], 100).unwrap(),
                [41, 42],
                "cut at {cut}"
            );
        }
    }

    #[test]
    fn an_event_that_is_cut_short_or_mangled_is_an_error() {
        for wrong in [
            data(1, 99),
            data(1, 101),
            data(1, 100).replacen('0', "o", 1),
            data(1, 100).replace('$', "x"),
        ] {
            assert!(numbers(&[wrong.as_bytes()], 100).is_err(), "{wrong}");
        }
    }
}
