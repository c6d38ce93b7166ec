//! Makes attempts until one of them settles the export.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::sleep;

use super::{RetryPolicy, Verdict};
use crate::export::{
    AttemptError, AttemptResult, Deadline, ExportFailure, ExportOutcome, FailureReason,
};
use crate::random::RandomSource;

/// One retry engine for all signals and protocols.
///
/// One deadline covers all attempts and waits: the attempt in flight is dropped there, and a wait that would end at or
/// after it is not begun (our choice, of the two readings that the specification allows).
pub(crate) struct Engine {
    pub(crate) policy: Arc<dyn RetryPolicy>,
    pub(crate) random: Arc<dyn RandomSource>,
    /// The time limit of one attempt. None by default, so that a receiver that overruns the deadline ends the export.
    pub(crate) attempt_timeout: Option<Duration>,
}

/// A retry that is about to be waited for.
pub(crate) struct RetryEvent<'a> {
    /// What the attempt before it came to.
    pub(crate) cause: &'a AttemptResult,
    /// How long the wait is.
    pub(crate) wait: Duration,
    /// The number of the attempt to come, from 2.
    pub(crate) next_attempt: u32,
}

/// How far an export has come. It outlives the future of the export, so that one that is dropped can be accounted for.
#[derive(Clone, Debug, Default)]
pub(crate) struct Progress {
    attempts: u32,
    ambiguous: bool,
    last_status: Option<AttemptError>,
}

impl Progress {
    fn failed(&self, reason: FailureReason) -> ExportOutcome {
        ExportOutcome::Failed(ExportFailure {
            attempts: self.attempts,
            reason,
            last_status: self.last_status.clone(),
            ambiguous: self.ambiguous,
        })
    }
}

/// What the engine works on: the way to make an attempt, and who is told of it.
pub(crate) trait Attempts: Sync {
    /// Makes one attempt, which its caller drops at `deadline`.
    fn attempt(&self, deadline: Deadline) -> impl Future<Output = AttemptResult> + Send;

    /// An attempt begins; it is number `number`, from 1.
    fn begins(&self, number: u32);

    /// A retry is about to be waited for.
    fn retries(&self, event: &RetryEvent<'_>);

    /// Ready when waits have to end because of a shutdown.
    fn closing(&self) -> impl Future<Output = ()> + Send;

    /// Ready when attempts have to end because of a shutdown.
    fn closed(&self) -> impl Future<Output = ()> + Send;
}

impl Engine {
    /// Makes attempts until one settles the export, or `deadline` passes.
    pub(crate) async fn run(&self, attempts: &impl Attempts, deadline: Deadline) -> ExportOutcome {
        let deadline = if self.policy.keeps_deadline() {
            deadline
        } else {
            Deadline::none()
        };
        let mut progress = Progress::default();
        loop {
            if deadline.has_passed() {
                return progress.failed(FailureReason::DeadlineExceeded);
            }
            progress.attempts += 1;
            attempts.begins(progress.attempts);
            let result = tokio::select! {
                biased;
                result = self.attempt(attempts, deadline) => result,
                () = attempts.closed() => Err(FailureReason::ShutDown),
            };
            let result = match result {
                Ok(result) => result,
                Err(reason) => {
                    progress.ambiguous = true;
                    return progress.failed(reason);
                }
            };
            let verdict = self.policy.classify(&result);
            if let Err(error) = &result {
                progress.ambiguous |= error.is_ambiguous();
                progress.last_status = Some(error.clone());
            }
            let asked = match verdict {
                Verdict::Delivered => return delivered(progress.attempts, result),
                Verdict::Drop => {
                    let unusable = matches!(result, Err(AttemptError::Answer(_)));
                    return progress.failed(if unusable {
                        FailureReason::UnusableAnswer
                    } else {
                        FailureReason::Refused
                    });
                }
                Verdict::Retry { not_before } => not_before,
            };
            let wait = self
                .policy
                .wait(progress.attempts - 1, asked, &*self.random);
            if !deadline.allows(wait) {
                return progress.failed(FailureReason::RetryWouldPassDeadline { wait });
            }
            attempts.retries(&RetryEvent {
                cause: &result,
                wait,
                next_attempt: progress.attempts + 1,
            });
            tokio::select! {
                biased;
                () = attempts.closing() => return progress.failed(FailureReason::ShutDown),
                () = sleep(wait) => {}
            }
        }
    }

    /// One attempt, inside its own limit and that of the export; `Err` where the export ends with it.
    async fn attempt(
        &self,
        attempts: &impl Attempts,
        deadline: Deadline,
    ) -> Result<AttemptResult, FailureReason> {
        let own = self
            .attempt_timeout
            .map_or(Deadline::none(), Deadline::within);
        let limit = own.min(deadline);
        match limit.bound(attempts.attempt(limit)).await {
            Ok(result) => Ok(result),
            Err(_) if deadline.has_passed() => Err(FailureReason::DeadlineExceeded),
            Err(_) => Ok(Err(AttemptError::TimedOut(
                self.attempt_timeout.unwrap_or_default(),
            ))),
        }
    }
}

fn delivered(attempts: u32, result: AttemptResult) -> ExportOutcome {
    match result.ok().and_then(|accepted| accepted.partial_success) {
        None => ExportOutcome::Delivered { attempts },
        Some(partial) => ExportOutcome::PartialSuccess {
            attempts,
            rejected: partial.rejected,
            message: partial.message,
        },
    }
}
