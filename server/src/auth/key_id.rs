//! What tells one key from another, wherever it stands and whatever it is called there.

use std::fmt;

use sha2::{Digest, Sha256};

use crate::hex;

/// The hash of a key and of what it is for: by it a ticket, a stream or an upload is known to the key that let
/// it in.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct KeyId([u8; 32]);

impl KeyId {
    /// That of these parts, each of which is hashed with its length: no two lists give the same bytes.
    pub(super) fn of(parts: &[&[u8]]) -> Self {
        let mut hash = Sha256::new();
        for part in parts {
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part);
        }
        Self(hash.finalize().into())
    }

    /// One that [`KeyId::to_string`](ToString) gave.
    pub(super) fn parse(text: &str) -> Option<Self> {
        hex::decode_hash(text).map(Self)
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(&self.0))
    }
}

impl fmt::Debug for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Enough to tell some apart, and too little to try secrets with.
        write!(f, "KeyId({}…)", hex::encode(&self.0[..4]))
    }
}
