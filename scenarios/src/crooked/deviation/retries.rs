//! When and how a client tries again.

use std::time::Duration;

use otelbox_sdk::{
    AttemptError, AttemptResult, Backoff, RandomSource, RetryPolicy, Verdict, classify,
};
use serde::Deserialize;

use crate::scenario::TextDuration;

/// A retry policy. Whatever is left out is as in the reference SDK.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(in super::super) struct Retries {
    /// Never tries again.
    never: bool,
    /// What it takes for transient: a gRPC code, an HTTP status, `accepted`, `partial success`, or an `answer` that it
    /// cannot take.
    transient: Vec<String>,
    /// What it takes for final, with the same words.
    permanent: Vec<String>,
    /// How many retries it makes at once, before it waits as it would before its first.
    at_once: u32,
    /// Its waits, where they are not those of the reference SDK.
    waits: Option<Waits>,
    /// What it makes of the wait that the receiver asks for: so many times as long. Default: 1. 0: it does not listen.
    asked: Option<f64>,
    /// Goes on after the deadline of the export.
    passes_the_deadline: bool,
}

/// `first x growth ^ retry`, at most `longest`, times a factor drawn uniformly from `jitter`.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in super::super) struct Waits {
    first: TextDuration,
    growth: f64,
    longest: TextDuration,
    jitter: [f64; 2],
}

impl Waits {
    fn wait(&self, retry: u32, random: &dyn RandomSource) -> Duration {
        let growth = self.growth.powi(i32::try_from(retry).unwrap_or(i32::MAX));
        let nominal =
            (self.first.get().as_secs_f64() * growth).min(self.longest.get().as_secs_f64());
        let [least, most] = self.jitter;
        let seconds = nominal * (least + (most - least) * random.uniform());
        Duration::try_from_secs_f64(seconds).unwrap_or(self.longest.get())
    }
}

/// The words of an answer.
fn words(result: &AttemptResult) -> Option<String> {
    match result {
        Ok(accepted) if accepted.partial_success.is_some() => Some("partial success".to_owned()),
        Ok(_) => Some("accepted".to_owned()),
        Err(AttemptError::Grpc(status)) => Some(status.code_name().to_owned()),
        Err(AttemptError::Http(answer)) => Some(answer.status.as_u16().to_string()),
        Err(AttemptError::Answer(_)) => Some("answer".to_owned()),
        Err(AttemptError::Connection(_) | AttemptError::TimedOut(_)) => None,
    }
}

impl RetryPolicy for Retries {
    fn classify(&self, result: &AttemptResult) -> Verdict {
        let verdict = classify(result);
        let words = words(result);
        let is_among = |answers: &[String]| words.as_ref().is_some_and(|it| answers.contains(it));
        if is_among(&self.transient) {
            let not_before = match result {
                Err(AttemptError::Grpc(status)) => status.retry_info,
                _ => None,
            };
            return Verdict::Retry { not_before };
        }
        match verdict {
            Verdict::Retry { .. } if self.never || is_among(&self.permanent) => Verdict::Drop,
            other => other,
        }
    }

    fn wait(&self, retry: u32, asked: Option<Duration>, random: &dyn RandomSource) -> Duration {
        let asked = asked.unwrap_or_default().mul_f64(self.asked.unwrap_or(1.0));
        let Some(retry) = retry.checked_sub(self.at_once) else {
            return asked;
        };
        let own = match &self.waits {
            Some(waits) => waits.wait(retry, random),
            None => Backoff::default().wait(retry, random),
        };
        own.max(asked)
    }

    fn keeps_deadline(&self) -> bool {
        !self.passes_the_deadline
    }
}
