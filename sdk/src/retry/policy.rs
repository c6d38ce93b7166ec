//! The decisions of a retry, as a seam.

use std::time::Duration;

#[cfg(feature = "http-formats")]
use super::classify::classify_by;
use super::{Backoff, classify};
use crate::export::AttemptResult;
use crate::random::RandomSource;

/// What to do after an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The receiver has it.
    Delivered,
    /// Try again.
    Retry {
        /// How long the receiver asked to be left alone.
        not_before: Option<Duration>,
    },
    /// Give it up.
    Drop,
}

/// Decides over attempts. Every method has the behaviour of the specification unless it is overridden.
pub trait RetryPolicy: Send + Sync + 'static {
    /// What to do after an attempt that came to `result`.
    fn classify(&self, result: &AttemptResult) -> Verdict {
        classify(result)
    }

    /// How long to wait before retry `retry`, which counts from 0: the backoff, or what the receiver asked for if that is
    /// longer.
    fn wait(&self, retry: u32, asked: Option<Duration>, random: &dyn RandomSource) -> Duration {
        let backoff = Backoff::default().wait(retry, random);
        asked.map_or(backoff, |asked| asked.max(backoff))
    }

    /// Whether attempts and waits end at the deadline.
    fn keeps_deadline(&self) -> bool {
        true
    }
}

/// The behaviour of the specification, with a backoff of choice.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct SpecRetryPolicy {
    /// The waits, where the receiver asks for none.
    pub backoff: Backoff,
}

impl RetryPolicy for SpecRetryPolicy {
    fn wait(&self, retry: u32, asked: Option<Duration>, random: &dyn RandomSource) -> Duration {
        let backoff = self.backoff.wait(retry, random);
        asked.map_or(backoff, |asked| asked.max(backoff))
    }
}

/// The default for another format over HTTP: that of OTLP, but for the statuses that are worth another attempt.
#[cfg(feature = "http-formats")]
pub(crate) struct StatusRetryPolicy {
    pub(crate) is_retryable: fn(u16) -> bool,
}

#[cfg(feature = "http-formats")]
impl RetryPolicy for StatusRetryPolicy {
    fn classify(&self, result: &AttemptResult) -> Verdict {
        classify_by(self.is_retryable, result)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::FixedRandom;

    #[test]
    fn what_the_receiver_asks_for_counts_if_it_is_longer() {
        let wait = |retry, asked: Option<u64>| {
            SpecRetryPolicy::default()
                .wait(
                    retry,
                    asked.map(Duration::from_secs),
                    &FixedRandom::MIDPOINT,
                )
                .as_secs()
        };
        assert_eq!(
            (wait(0, None), wait(0, Some(3)), wait(2, Some(3))),
            (1, 3, 4)
        );
        assert_eq!(wait(0, Some(0)), 1, "a delay of zero is not a hot loop");
    }
}
