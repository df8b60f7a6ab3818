//! Chunks of a body of HTTP/1.1 (RFC 9112, section 7.1).

use hub::{Delivery, Form};

/// What ends a body.
pub(super) const LAST: &[u8] = b"0\r\n\r\n";

/// These deliveries as one chunk.
pub(super) fn of(deliveries: &[Delivery], form: Form) -> Vec<u8> {
    let (mut said, mut chunk) = (Vec::new(), Vec::new());
    for delivery in deliveries {
        delivery.encode(form, &mut said);
    }
    wrap(&said, &mut chunk);
    chunk
}

/// Appends these bytes as one chunk; nothing where there are none, as an empty chunk is the last.
pub(crate) fn wrap(said: &[u8], out: &mut Vec<u8>) {
    if said.is_empty() {
        return;
    }
    out.reserve(said.len() + 20);
    out.extend_from_slice(format!("{:X}\r\n", said.len()).as_bytes());
    out.extend_from_slice(said);
    out.extend_from_slice(b"\r\n");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chunk_has_its_size_in_hexadecimal_and_nothing_is_none() {
        let mut out = Vec::new();
        wrap(&[b'x'; 26], &mut out);
        wrap(b"", &mut out);
        assert_eq!(out, b"1A\r\nxxxxxxxxxxxxxxxxxxxxxxxxxx\r\n");
    }
}
