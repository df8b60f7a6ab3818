//! Ids: a place in one log.

use std::{fmt, sync::Arc};

use rand::Rng;

/// A place in the log: 1 for its first event; 0 is before all.
pub type Seq = u64;

/// How many characters a new epoch has: 36^8 make a repeat after a restore improbable.
const EPOCH_LEN: usize = 8;

/// The longest epoch that is recognised, in characters.
const MAX_EPOCH: usize = 32;

/// A token for one life of a log: another is made when it is created, restored or repaired.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Epoch(Arc<str>);

impl Epoch {
    /// A new one, at random.
    #[must_use]
    pub fn random() -> Self {
        const ALPHABET: &[u8; 36] = b"abcdefghijklmnopqrstuvwxyz0123456789";
        let mut rng = rand::rng();
        let text: String = (0..EPOCH_LEN)
            .map(|_| char::from(ALPHABET[rng.random_range(0..36)]))
            .collect();
        Self(text.into())
    }

    /// Recognises an epoch: 1 to 32 lower-case ASCII letters and digits.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
        let right = (1..=MAX_EPOCH).contains(&text.len()) && text.bytes().all(plain);
        right.then(|| Self(text.into()))
    }

    /// The token.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Epoch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// An event's id, and the cursor after it: `<epoch>-<seq>`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct EventId {
    /// Which log.
    pub epoch: Epoch,
    /// Where in it.
    pub seq: Seq,
}

impl EventId {
    /// Recognises an id in its canonical form, and in no other: a sequence without leading zeros
    /// or sign.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (epoch, digits) = text.rsplit_once('-')?;
        let canonical = digits == "0"
            || digits
                .bytes()
                .next()
                .is_some_and(|b| (b'1'..=b'9').contains(&b));
        if !canonical || !digits.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        Some(Self {
            epoch: Epoch::parse(epoch)?,
            seq: digits.parse().ok()?,
        })
    }
}

impl fmt::Display for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.epoch, self.seq)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_reads_back_as_it_was_written() {
        let id = EventId {
            epoch: Epoch::random(),
            seq: 9120,
        };
        assert_eq!(EventId::parse(&id.to_string()), Some(id));
    }

    #[test]
    fn only_the_canonical_form_is_recognised() {
        for text in ["k3-0", "k3-1", "k3-18446744073709551615"] {
            assert!(EventId::parse(text).is_some(), "{text}");
        }
        for text in [
            "",
            "-",
            "k3",
            "k3-",
            "-1",
            "k3-01",
            "k3-00",
            "k3-+1",
            "k3--1",
            "K3-1",
            "k3-1 ",
            " k3-1",
            "k3-1a",
            "k_3-1",
            "k3-18446744073709551616",
            "k3-١",
        ] {
            assert_eq!(EventId::parse(text), None, "{text}");
        }
    }
}
