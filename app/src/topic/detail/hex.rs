//! Bytes as numbers.

use super::raw::hex;

/// Bytes, so many a line: the offset of the first, each in hexadecimal, and as ASCII where it can
/// be seen.
pub(super) fn dump(bytes: &[u8], columns: usize) -> String {
    let mut out = String::new();
    for (row, bytes) in bytes.chunks(columns.max(1)).enumerate() {
        let offset = u32::try_from(row * columns).unwrap_or(u32::MAX);
        hex(&mut out, offset, 6);
        out.push(' ');
        for at in 0..columns {
            if at % 8 == 0 {
                out.push(' ');
            }
            match bytes.get(at) {
                Some(byte) => hex(&mut out, u32::from(*byte), 2),
                None => out.push_str("  "),
            }
            out.push(' ');
        }
        out.push(' ');
        out.extend(bytes.iter().map(|byte| match byte {
            b' '..=b'~' => char::from(*byte),
            _ => '·',
        }));
        out.push('\n');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_stand_by_their_offset_and_letters() {
        let expected = "\
000000  64 61 74 61 3a 20 7b 22  6e 22 3a 31 7d 0a 0a ff  data: {\"n\":1}···
000010  41 42                                             AB
";
        assert_eq!(dump(b"data: {\"n\":1}\n\n\xffAB", 16), expected);
    }

    #[test]
    fn a_narrow_page_has_fewer_a_line() {
        assert_eq!(
            dump("ab\u{1b}é".as_bytes(), 4),
            "000000  61 62 1b c3  ab··\n000004  a9           ·\n"
        );
        assert_eq!(dump(b"", 8), "");
    }
}
