//! A wait that was asked for, and is kept but after an attempt that had no answer.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use otelbox_sdk::{
    AttemptError, AttemptResult, Backoff, RandomSource, RetryPolicy, Verdict, classify,
};

use super::watched::Watched;
use crate::sut::OtelboxSdk;

#[derive(Default)]
struct Forgetful {
    /// An attempt of this export had no answer.
    had_none: AtomicBool,
}

impl RetryPolicy for Forgetful {
    fn classify(&self, result: &AttemptResult) -> Verdict {
        let verdict = classify(result);
        match (&verdict, result) {
            (Verdict::Delivered | Verdict::Drop, _) => {
                self.had_none.store(false, Ordering::Relaxed);
            }
            (Verdict::Retry { .. }, Err(AttemptError::Connection(_))) => {
                self.had_none.store(true, Ordering::Relaxed);
            }
            (Verdict::Retry { .. }, _) => {}
        }
        verdict
    }

    fn wait(&self, retry: u32, asked: Option<Duration>, random: &dyn RandomSource) -> Duration {
        let backoff = Backoff::default().wait(retry, random);
        let is_kept = !self.had_none.load(Ordering::Relaxed);
        asked
            .filter(|_| is_kept)
            .map_or(backoff, |asked| asked.max(backoff))
    }
}

pub(super) fn client() -> Watched {
    Watched::new(|_| OtelboxSdk::honest().with_retry_policy(Arc::new(Forgetful::default())))
}
