//! A record on the disk: its length, its bytes, and a checksum that hangs on the record before.
//!
//! ```text
//! length u32 | payload | crc32c(crc of the record before, length, payload) u32
//! ```
//! The record before ends with its checksum, so that one record can be checked with the four bytes
//! before it.

/// What a record has beside its payload, in bytes.
pub(crate) const OVERHEAD: usize = 8;

/// The four bytes of a checksum.
pub(crate) const CRC: usize = 4;

/// The checksum of a record after one with checksum `before`.
fn chained(before: u32, len: [u8; 4], payload: &[u8]) -> u32 {
    let crc = crc32c::crc32c(&before.to_le_bytes());
    crc32c::crc32c_append(crc32c::crc32c_append(crc, &len), payload)
}

/// Appends a record whose payload `write` makes, and gives its checksum.
pub(crate) fn append(out: &mut Vec<u8>, before: u32, write: impl FnOnce(&mut Vec<u8>)) -> u32 {
    let start = out.len();
    out.extend_from_slice(&[0; 4]);
    write(out);
    // Events are a few MiB at most; the hub refuses larger ones.
    let len = ((out.len() - start - 4) as u32).to_le_bytes();
    out[start..start + 4].copy_from_slice(&len);
    let crc = chained(before, len, &out[start + 4..]);
    out.extend_from_slice(&crc.to_le_bytes());
    crc
}

/// The payload and the checksum of the record at the beginning of `bytes`; none where it is not
/// whole or not right.
pub(crate) fn parse(before: u32, bytes: &[u8]) -> Option<(&[u8], u32)> {
    let (len, rest) = bytes.split_first_chunk::<4>()?;
    let (payload, rest) = rest.split_at_checked(u32::from_le_bytes(*len) as usize)?;
    let crc = u32::from_le_bytes(*rest.first_chunk()?);
    (chained(before, *len, payload) == crc).then_some((payload, crc))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(before: u32, payload: &[u8]) -> (Vec<u8>, u32) {
        let mut out = Vec::new();
        let crc = append(&mut out, before, |out| out.extend_from_slice(payload));
        (out, crc)
    }

    #[test]
    fn a_record_is_read_after_the_one_before_it_and_no_other() {
        let (bytes, crc) = frame(7, b"abc");
        assert_eq!(parse(7, &bytes), Some((&b"abc"[..], crc)));
        assert_eq!(parse(8, &bytes), None);
    }

    #[test]
    fn no_flipped_bit_and_no_cut_passes() {
        let (bytes, _) = frame(7, b"abc");
        for bit in 0..bytes.len() * 8 {
            let mut flipped = bytes.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(parse(7, &flipped), None, "bit {bit}");
        }
        for end in 0..bytes.len() {
            assert_eq!(parse(7, &bytes[..end]), None);
        }
    }
}
