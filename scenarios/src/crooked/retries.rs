//! Clients whose retries are wrong.

use std::sync::Arc;
use std::time::Duration;

use otelbox_sdk::{
    AttemptError, AttemptResult, Backoff, FixedRandom, RandomSource, RetryPolicy, Verdict, classify,
};
use tonic::Code;

use crate::sut::OtelboxSdk;

const RETRY: Verdict = Verdict::Retry { not_before: None };

fn with_policy(policy: impl RetryPolicy) -> OtelboxSdk {
    OtelboxSdk::honest().with_retry_policy(Arc::new(policy))
}

/// Takes `INVALID_ARGUMENT`, and 400, for transient.
pub(super) fn retries_invalid_argument() -> OtelboxSdk {
    struct Policy;
    impl RetryPolicy for Policy {
        fn classify(&self, result: &AttemptResult) -> Verdict {
            match result {
                Err(AttemptError::Grpc(status)) if status.code == Code::InvalidArgument => RETRY,
                Err(AttemptError::Http(answer)) if answer.status.as_u16() == 400 => RETRY,
                _ => classify(result),
            }
        }
    }
    with_policy(Policy)
}

/// Takes `RESOURCE_EXHAUSTED` without `RetryInfo` for transient.
pub(super) fn retries_resource_exhausted() -> OtelboxSdk {
    struct Policy;
    impl RetryPolicy for Policy {
        fn classify(&self, result: &AttemptResult) -> Verdict {
            match result {
                Err(AttemptError::Grpc(status)) if status.code == Code::ResourceExhausted => {
                    Verdict::Retry {
                        not_before: status.retry_info,
                    }
                }
                _ => classify(result),
            }
        }
    }
    with_policy(Policy)
}

/// Sends a partial success again.
pub(super) fn retries_partial_success() -> OtelboxSdk {
    struct Policy;
    impl RetryPolicy for Policy {
        fn classify(&self, result: &AttemptResult) -> Verdict {
            match result {
                Ok(accepted) if accepted.partial_success.is_some() => RETRY,
                _ => classify(result),
            }
        }
    }
    with_policy(Policy)
}

/// Gives up after the first attempt, whatever the answer.
pub(super) fn never_retries() -> OtelboxSdk {
    struct Policy;
    impl RetryPolicy for Policy {
        fn classify(&self, result: &AttemptResult) -> Verdict {
            match classify(result) {
                Verdict::Delivered => Verdict::Delivered,
                Verdict::Retry { .. } | Verdict::Drop => Verdict::Drop,
            }
        }
    }
    with_policy(Policy)
}

/// Waits exactly 1, 2, 4 s.
pub(super) fn no_jitter() -> OtelboxSdk {
    OtelboxSdk::honest().with_random(Arc::new(FixedRandom::MIDPOINT))
}

/// Waits about 1 s before every retry.
pub(super) fn constant_backoff() -> OtelboxSdk {
    struct Policy;
    impl RetryPolicy for Policy {
        fn wait(
            &self,
            _retry: u32,
            asked: Option<Duration>,
            random: &dyn RandomSource,
        ) -> Duration {
            let backoff = Backoff::default().wait(0, random);
            asked.map_or(backoff, |asked| asked.max(backoff))
        }
    }
    with_policy(Policy)
}

/// Sends again at once, four times as often as it would.
pub(super) fn no_backoff() -> OtelboxSdk {
    struct Policy;
    impl RetryPolicy for Policy {
        fn wait(&self, retry: u32, asked: Option<Duration>, random: &dyn RandomSource) -> Duration {
            match retry.checked_sub(4) {
                None => asked.unwrap_or_default(),
                Some(retry) => Backoff::default().wait(retry, random),
            }
        }
    }
    with_policy(Policy)
}

/// Backs off as usual, whatever wait the receiver asks for.
pub(super) fn ignores_throttling() -> OtelboxSdk {
    struct Policy;
    impl RetryPolicy for Policy {
        fn wait(
            &self,
            retry: u32,
            _asked: Option<Duration>,
            random: &dyn RandomSource,
        ) -> Duration {
            Backoff::default().wait(retry, random)
        }
    }
    with_policy(Policy)
}
