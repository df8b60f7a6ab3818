//! Bytes as hexadecimal digits beside their characters.

use std::fmt::Write;

/// Sixteen bytes at most.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct HexRow {
    /// Of its first byte.
    pub offset: u64,
    /// Two digits a byte, with a space between, two after the eighth.
    pub hex: String,
    /// The bytes as ASCII; what cannot be printed is a dot.
    pub text: String,
}

/// Rows of sixteen, the first up to the next offset that is a multiple of it.
#[must_use]
pub fn rows(mut offset: u64, mut bytes: &[u8]) -> Vec<HexRow> {
    let mut rows = Vec::with_capacity(bytes.len() / 16 + 2);
    while !bytes.is_empty() {
        let room = 16 - usize::try_from(offset % 16).unwrap_or_default();
        let (row, rest) = bytes.split_at(room.min(bytes.len()));
        rows.push(of(offset, row));
        offset += row.len() as u64;
        bytes = rest;
    }
    rows
}

fn of(offset: u64, bytes: &[u8]) -> HexRow {
    let mut hex = String::with_capacity(50);
    for (place, byte) in bytes.iter().enumerate() {
        let gap = match place {
            0 => "",
            8 => "  ",
            _ => " ",
        };
        // Writing to a string does not fail.
        let _ = write!(hex, "{gap}{byte:02x}");
    }
    let printable = |byte: &u8| match byte {
        b' '..=b'~' => char::from(*byte),
        _ => '·',
    };
    HexRow {
        offset,
        hex,
        text: bytes.iter().map(printable).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_of_sixteen_and_show_no_control_character() {
        let bytes: Vec<u8> = (0..20).chain(*b"ab").collect();
        let shown = rows(14, &bytes);
        let offsets: Vec<u64> = shown.iter().map(|row| row.offset).collect();
        assert_eq!(offsets, [14, 16, 32]);
        assert_eq!(shown[0].hex, "00 01");
        assert_eq!(
            shown[1].hex,
            "02 03 04 05 06 07 08 09  0a 0b 0c 0d 0e 0f 10 11"
        );
        assert_eq!(shown[2].text, "··ab");
    }
}
