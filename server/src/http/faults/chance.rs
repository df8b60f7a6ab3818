//! Chance that is the same again: numbers that follow from a seed.
//!
//! SplitMix64, written out: a library may change what follows from a seed, and then a link that somebody
//! shared would no longer show the same bytes.

/// Numbers that look drawn, and are always these.
#[derive(Clone, Debug)]
pub(super) struct Chance(u64);

impl Chance {
    /// Those of a seed, for a stream that begins after this event: a client that comes back with the
    /// same id gets the same bytes.
    pub(super) fn new(seed: u64, after: u64) -> Self {
        let mut chance = Self(seed);
        let drawn = chance.draw();
        Self(drawn ^ after.wrapping_mul(0xD134_2543_DE82_EF95))
    }

    /// A number below `n`; 0 where that is 0.
    pub(super) fn below(&mut self, n: u64) -> u64 {
        // Not quite even, which nobody sees in so few.
        self.draw().checked_rem(n).unwrap_or(0)
    }

    fn draw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_follows_from_a_seed_stays_what_it_is() {
        // The first of the reference implementation for the seed 0.
        assert_eq!(Chance(0).draw(), 0xE220_A839_7B1D_CDAF);
        let drawn = |seed, after| {
            let mut chance = Chance::new(seed, after);
            (0..8).map(|_| chance.below(1_000)).collect::<Vec<_>>()
        };
        assert_eq!(drawn(7, 3), drawn(7, 3));
        assert_ne!(drawn(7, 3), drawn(8, 3));
        assert_ne!(drawn(7, 3), drawn(7, 4));
    }
}
