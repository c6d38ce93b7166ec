//! Makes attempts until one of them settles the export.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use super::{RetryPolicy, Verdict};
use crate::export::{
    AttemptError, AttemptResult, ConnectionError, ConnectionErrorKind, Deadline, ExportFailure,
    ExportOutcome, FailureReason,
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
            advice: None,
        })
    }
}

/// What the engine works on: the way to make an attempt, and who is told of it.
pub(crate) trait Attempts: Sync {
    /// Makes one attempt, which its caller drops at `deadline`.
    fn attempt(&self, deadline: Deadline) -> impl Future<Output = AttemptResult> + Send;

    /// Whether the attempt in flight has sent anything: until it has, the receiver cannot have the data.
    fn is_sent(&self) -> bool;

    /// An attempt begins; it is number `number`, from 1.
    fn begins(&self, number: u32);

    /// A retry is about to be waited for.
    fn retries(&self, event: &RetryEvent<'_>);

    /// Whether what the receiver refused with `error`, in this attempt, is to be sent again at once in another form; `Err` where
    /// it cannot be written so, which ends the export. After finitely many times it is not.
    fn falls_back(&self, error: &AttemptError, attempt: u32) -> Option<Result<(), FailureReason>> {
        let _ = (error, attempt);
        None
    }

    /// Ready when the export has to be over sooner than it was told; gives its new deadline.
    fn hurried(&self) -> impl Future<Output = Deadline> + Send;

    /// Ready when waits have to end because of a shutdown.
    fn closing(&self) -> impl Future<Output = ()> + Send;

    /// Ready when attempts have to end because of a shutdown.
    fn closed(&self) -> impl Future<Output = ()> + Send;
}

impl Engine {
    /// Makes attempts until one settles the export, or `deadline` passes.
    ///
    /// An export that is told to hurry has its new deadline from then on. A wait ends at once and the next attempt is
    /// made, but for as long as the receiver asked for: that is kept where it fits, and else the export is given up.
    pub(crate) async fn run(&self, attempts: &impl Attempts, deadline: Deadline) -> ExportOutcome {
        let mut limit = ExportLimit {
            deadline: if self.policy.keeps_deadline() {
                deadline
            } else {
                Deadline::none()
            },
            hurried: false,
        };
        let mut progress = Progress::default();
        loop {
            if limit.deadline.has_passed() {
                return progress.failed(FailureReason::DeadlineExceeded);
            }
            progress.attempts += 1;
            attempts.begins(progress.attempts);
            let result = match self.attempt(attempts, &mut limit).await {
                Ok(result) => result,
                Err(reason) => {
                    progress.ambiguous |= attempts.is_sent();
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
                    match result
                        .as_ref()
                        .err()
                        .and_then(|error| attempts.falls_back(error, progress.attempts))
                    {
                        Some(Ok(())) => continue,
                        Some(Err(reason)) => return progress.failed(reason),
                        None => {}
                    }
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
            if !limit.deadline.allows(wait) {
                return progress.failed(FailureReason::RetryWouldPassDeadline { wait });
            }
            attempts.retries(&RetryEvent {
                cause: &result,
                wait,
                next_attempt: progress.attempts + 1,
            });
            if let Err(reason) = limit.wait(attempts, wait, asked).await {
                return progress.failed(reason);
            }
        }
    }

    /// One attempt, inside its own limit and that of the export; `Err` where the export ends with it.
    async fn attempt(
        &self,
        attempts: &impl Attempts,
        limit: &mut ExportLimit,
    ) -> Result<AttemptResult, FailureReason> {
        let own = self
            .attempt_timeout
            .map_or(Deadline::none(), Deadline::within);
        let mut attempt = pin!(attempts.attempt(own.min(limit.deadline)));
        loop {
            let end = own.min(limit.deadline);
            let hurried = limit.hurried;
            tokio::select! {
                biased;
                result = &mut attempt => return Ok(result),
                () = end.passed() => break,
                () = attempts.closed() => return Err(FailureReason::ShutDown),
                () = limit.shorten(attempts), if !hurried => {}
            }
        }
        if limit.deadline.has_passed() {
            return Err(FailureReason::DeadlineExceeded);
        }
        let limit = self.attempt_timeout.unwrap_or_default();
        Ok(Err(if attempts.is_sent() {
            AttemptError::TimedOut(limit)
        } else {
            AttemptError::Connection(ConnectionError {
                kind: ConnectionErrorKind::NotConnected,
                message: format!("no connection within {limit:?}"),
                request_sent: false,
            })
        }))
    }
}

/// The deadline of an export, which can come nearer once.
struct ExportLimit {
    deadline: Deadline,
    hurried: bool,
}

impl ExportLimit {
    /// Ready when the export was told to hurry, and the deadline is what it was told.
    async fn shorten(&mut self, attempts: &impl Attempts) {
        let told = attempts.hurried().await;
        self.deadline = self.deadline.min(told);
        self.hurried = true;
    }

    /// Waits before a retry, for `wait` unless there is reason to hurry; `Err` where the export ends there.
    async fn wait(
        &mut self,
        attempts: &impl Attempts,
        wait: Duration,
        asked: Option<Duration>,
    ) -> Result<(), FailureReason> {
        let mut until = Deadline::within(wait);
        // What the wait has beyond this is ours.
        let asked_until = asked.map(Deadline::within);
        loop {
            let hurried = self.hurried;
            tokio::select! {
                biased;
                () = attempts.closing() => return Err(FailureReason::ShutDown),
                () = until.passed() => return Ok(()),
                () = self.shorten(attempts), if !hurried => {}
            }
            let Some(asked_until) = asked_until.filter(|asked| !asked.has_passed()) else {
                return Ok(());
            };
            until = until.min(asked_until);
            let rest = until.remaining().unwrap_or(wait);
            if !self.deadline.allows(rest) {
                return Err(FailureReason::RetryWouldPassDeadline { wait: rest });
            }
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

#[cfg(test)]
mod tests {
    use std::future::pending;

    use parking_lot::Mutex;
    use tokio::time::{Instant, sleep};
    use tonic::Code;

    use super::*;
    use crate::export::{GrpcStatus, Hurry};
    use crate::random::FixedRandom;
    use crate::retry::SpecRetryPolicy;

    const SECOND: Duration = Duration::from_secs(1);

    /// A receiver that is always unavailable, until it is back.
    struct Unavailable {
        asks_for: Option<Duration>,
        back_after: u32,
        hangs: bool,
        made: Instant,
        hurry: Hurry,
        seen: Mutex<Vec<Duration>>,
    }

    impl Attempts for Unavailable {
        async fn attempt(&self, _: Deadline) -> AttemptResult {
            if self.hangs {
                pending::<()>().await;
            }
            if self.seen.lock().len() as u64 > u64::from(self.back_after) {
                return Ok(crate::export::Accepted {
                    partial_success: None,
                });
            }
            Err(AttemptError::Grpc(GrpcStatus {
                code: Code::Unavailable,
                message: String::new(),
                retry_info: self.asks_for,
            }))
        }

        fn is_sent(&self) -> bool {
            true
        }

        fn begins(&self, _: u32) {
            self.seen.lock().push(self.made.elapsed());
        }

        fn retries(&self, _: &RetryEvent<'_>) {}

        async fn hurried(&self) -> Deadline {
            self.hurry.told().await
        }

        async fn closing(&self) {
            pending::<()>().await;
        }

        async fn closed(&self) {
            pending::<()>().await;
        }
    }

    /// Runs an export with 20 s that is told at 4 s to be over at `end`; the times of its attempts, and when it ended.
    async fn hurried(
        asks_for: Option<Duration>,
        back_after: u32,
        hangs: bool,
        end: Duration,
    ) -> (Vec<u64>, u64, ExportOutcome) {
        hurried_at(SECOND * 4, asks_for, back_after, hangs, end).await
    }

    /// The same, told at `told_at`.
    async fn hurried_at(
        told_at: Duration,
        asks_for: Option<Duration>,
        back_after: u32,
        hangs: bool,
        end: Duration,
    ) -> (Vec<u64>, u64, ExportOutcome) {
        let receiver = Unavailable {
            asks_for,
            back_after,
            hangs,
            made: Instant::now(),
            hurry: Hurry::new(),
            seen: Mutex::default(),
        };
        let engine = Engine {
            policy: Arc::new(SpecRetryPolicy::default()),
            random: Arc::new(FixedRandom::MIDPOINT),
            attempt_timeout: None,
        };
        let told = async {
            sleep(told_at).await;
            let rest = end.checked_sub(told_at).expect("an end after that");
            receiver.hurry.tell(Deadline::within(rest));
        };
        let (outcome, ()) =
            tokio::join!(engine.run(&receiver, Deadline::within(SECOND * 20)), told);
        let ended = receiver.made.elapsed().as_secs();
        let seen = receiver.seen.lock().iter().map(Duration::as_secs).collect();
        (seen, ended, outcome)
    }

    #[tokio::test(start_paused = true)]
    async fn a_backoff_ends_and_the_next_attempt_is_made_at_once() {
        let (attempts, ended, outcome) = hurried(None, 3, false, SECOND * 6).await;
        assert_eq!((attempts, ended), (vec![0, 1, 3, 4], 4));
        assert!(outcome.is_delivered());
    }

    #[tokio::test(start_paused = true)]
    async fn a_retry_that_no_longer_fits_is_given_up_at_once() {
        let (attempts, ended, outcome) = hurried(None, 99, false, SECOND * 6).await;
        assert_eq!((attempts, ended), (vec![0, 1, 3, 4], 4));
        assert!(!outcome.is_delivered());
    }

    #[tokio::test(start_paused = true)]
    async fn a_wait_that_the_receiver_asked_for_is_kept_where_it_fits() {
        let (attempts, _, outcome) = hurried(Some(SECOND * 6), 1, false, SECOND * 8).await;
        assert_eq!(attempts, [0, 6]);
        assert!(outcome.is_delivered());
        let (attempts, ended, outcome) = hurried(Some(SECOND * 6), 1, false, SECOND * 5).await;
        assert_eq!((attempts, ended), (vec![0], 4));
        assert!(!outcome.is_delivered());
    }

    #[tokio::test(start_paused = true)]
    async fn of_a_wait_longer_than_what_the_receiver_asked_for_the_rest_alone_is_given_up() {
        // The third wait is 4 s, from 6 s on, and each answer asks for 3 s; told to hurry at 8 s.
        let asked = Some(SECOND * 3);
        let (attempts, _, outcome) = hurried_at(SECOND * 8, asked, 3, false, SECOND * 12).await;
        assert_eq!(attempts, [0, 3, 6, 9], "3 s after the third, not 2 s");
        assert!(outcome.is_delivered());
        // What was asked for is over at 9 s.
        let half = SECOND * 19 / 2;
        let (attempts, _, outcome) = hurried_at(half, asked, 3, false, SECOND * 12).await;
        assert_eq!(attempts, [0, 3, 6, 9]);
        assert!(outcome.is_delivered());
    }

    #[tokio::test(start_paused = true)]
    async fn an_attempt_in_flight_has_until_the_new_deadline() {
        let (attempts, ended, outcome) = hurried(None, 99, true, SECOND * 7).await;
        assert_eq!((attempts, ended), (vec![0], 7));
        assert!(matches!(
            outcome,
            ExportOutcome::Failed(failure) if failure.reason == FailureReason::DeadlineExceeded
        ));
    }
}
