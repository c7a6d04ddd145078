//! Random numbers that are the same in every run and on every machine.

/// SplitMix64. Source: <https://prng.di.unimi.it/splitmix64.c>.
#[derive(Clone, Debug, Default)]
pub struct Random(u64);

impl Random {
    /// Always the same numbers for the same seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// Any number.
    pub fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number from 0 to `end`, which is not included; of nothing, 0.
    pub fn below(&mut self, end: usize) -> usize {
        (self.bits() % end.max(1) as u64) as usize
    }

    /// A number from 0 to 1, which is not included.
    pub fn fraction(&mut self) -> f64 {
        // As many bits as a fraction has.
        (self.bits() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Whether something that happens so many times in a hundred happens this time.
    pub fn happens(&mut self, per_cent: usize) -> bool {
        self.below(100) < per_cent
    }

    /// One of several.
    ///
    /// # Panics
    ///
    /// When there is none.
    #[expect(
        clippy::indexing_slicing,
        reason = "documented, and below the length of what there is"
    )]
    pub fn pick<'a, T>(&mut self, among: &'a [T]) -> &'a T {
        &among[self.below(among.len())]
    }

    /// Another order.
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for end in (1..items.len()).rev() {
            items.swap(end, self.below(end + 1));
        }
    }
}
