//! Exponential backoff with jitter.

use std::time::Duration;

use crate::random::RandomSource;

/// How long to wait before retry `k` (from 0): `initial * 2^k`, at most `longest`, times a factor drawn uniformly from
/// `1 - jitter ..= 1 + jitter`.
///
/// Spec: OTLP 1.11.0, "Failures" (exponential backoff, MUST; jitter, MUST). The numbers are our choice: 1 s, doubling,
/// +-20 %, at most 64 s.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Backoff {
    initial: Duration,
    longest: Duration,
    jitter: f64,
}

/// The numbers make no backoff.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidBackoff {
    /// Retries without a wait would be a hot loop.
    #[error("the initial wait is zero")]
    InitialIsZero,
    /// The waits grow from the initial one.
    #[error("the longest wait is shorter than the initial one")]
    LongestIsShorter,
    /// The factor would be negative, or not a number.
    #[error("the jitter is not in 0.0..=1.0")]
    JitterOutOfRange,
}

impl Backoff {
    /// A backoff with other numbers: `jitter` is in `0.0..=1.0`.
    ///
    /// # Errors
    ///
    /// [`InvalidBackoff`] says which number is out of range.
    pub fn try_new(
        initial: Duration,
        longest: Duration,
        jitter: f64,
    ) -> Result<Self, InvalidBackoff> {
        if initial.is_zero() {
            return Err(InvalidBackoff::InitialIsZero);
        }
        if longest < initial {
            return Err(InvalidBackoff::LongestIsShorter);
        }
        if !(0.0..=1.0).contains(&jitter) {
            return Err(InvalidBackoff::JitterOutOfRange);
        }
        Ok(Self {
            initial,
            longest,
            jitter,
        })
    }

    /// The wait before retry `retry`, which counts from 0.
    pub fn wait(&self, retry: u32, random: &dyn RandomSource) -> Duration {
        let nominal = 2_u32
            .checked_pow(retry)
            .and_then(|factor| self.initial.checked_mul(factor))
            .map_or(self.longest, |wait| wait.min(self.longest));
        let factor = 1.0 + self.jitter * (2.0 * random.uniform() - 1.0);
        let seconds = nominal.as_secs_f64() * factor;
        Duration::try_from_secs_f64(seconds).unwrap_or(nominal)
    }
}

impl Default for Backoff {
    fn default() -> Self {
        Self {
            initial: Duration::from_secs(1),
            longest: Duration::from_secs(64),
            jitter: 0.2,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::random::{FixedRandom, SeededRandom};

    #[test]
    fn doubles_from_one_second_to_the_longest() {
        let waits: Vec<_> = (0..8)
            .map(|retry| {
                Backoff::default()
                    .wait(retry, &FixedRandom::MIDPOINT)
                    .as_secs()
            })
            .collect();
        assert_eq!(waits, [1, 2, 4, 8, 16, 32, 64, 64]);
        assert_eq!(
            Backoff::default()
                .wait(u32::MAX, &FixedRandom::MIDPOINT)
                .as_secs(),
            64
        );
    }

    #[test]
    fn jitter_reaches_both_ends() {
        let wait = |number| Backoff::default().wait(1, &FixedRandom(number)).as_millis();
        assert_eq!((wait(0.0), wait(0.5), wait(1.0)), (1_600, 2_000, 2_400));
    }

    #[test]
    fn impossible_numbers_are_refused() {
        let second = Duration::from_secs(1);
        let backoff = |initial, longest, jitter| Backoff::try_new(initial, longest, jitter).err();
        assert_eq!(
            backoff(Duration::ZERO, second, 0.2),
            Some(InvalidBackoff::InitialIsZero)
        );
        assert_eq!(
            backoff(second * 2, second, 0.2),
            Some(InvalidBackoff::LongestIsShorter)
        );
        assert_eq!(
            backoff(second, second, f64::NAN),
            Some(InvalidBackoff::JitterOutOfRange)
        );
        assert_eq!(backoff(second, second, 0.0), None);
    }

    proptest! {
        #[test]
        fn every_wait_is_inside_the_band(retry in 0_u32..40, seed: u64) {
            let nominal = 2_f64.powi(retry.min(6).try_into().unwrap_or(6));
            let wait = Backoff::default().wait(retry, &SeededRandom::new(seed)).as_secs_f64();
            prop_assert!(wait >= 0.799_999 * nominal && wait <= 1.200_001 * nominal, "{wait}");
        }
    }
}
