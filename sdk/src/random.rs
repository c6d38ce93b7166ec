//! The source of randomness, injected so that jitter can be repeated.

use parking_lot::Mutex;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

/// Gives random numbers.
pub trait RandomSource: Send + Sync + 'static {
    /// A number drawn uniformly from `0.0..1.0`.
    fn uniform(&self) -> f64;
}

/// The randomness of the operating system, by way of the thread's generator.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemRandom;

impl RandomSource for SystemRandom {
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the source that is injected"
    )]
    fn uniform(&self) -> f64 {
        rand::random()
    }
}

/// A generator that gives the same numbers for the same seed.
#[derive(Debug)]
pub struct SeededRandom(Mutex<StdRng>);

impl SeededRandom {
    /// A generator at the start of the sequence that belongs to `seed`.
    pub fn new(seed: u64) -> Self {
        Self(Mutex::new(StdRng::seed_from_u64(seed)))
    }
}

impl RandomSource for SeededRandom {
    fn uniform(&self) -> f64 {
        self.0.lock().random()
    }
}

/// Always the same number. `FixedRandom::MIDPOINT` makes every wait exactly its nominal length.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FixedRandom(pub f64);

impl FixedRandom {
    /// The middle of the range: backoff waits are exactly 1 s, 2 s, 4 s, ...
    pub const MIDPOINT: Self = Self(0.5);
}

impl RandomSource for FixedRandom {
    fn uniform(&self) -> f64 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_seed_gives_one_sequence() {
        let draw = |seed| {
            let random = SeededRandom::new(seed);
            [random.uniform(), random.uniform(), random.uniform()].map(f64::to_bits)
        };
        assert_eq!(draw(7), draw(7));
        assert_ne!(draw(7), draw(8));
    }

    #[test]
    fn numbers_are_inside_the_range() {
        let (seeded, system) = (SeededRandom::new(0), SystemRandom);
        for _ in 0..1_000 {
            assert!((0.0..1.0).contains(&seeded.uniform()));
            assert!((0.0..1.0).contains(&system.uniform()));
        }
    }
}
