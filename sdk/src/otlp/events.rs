//! What one export tells: to the log, and to the counters.

use std::fmt::Write as _;

use parking_lot::Mutex;

use super::failures::{Failures, Row, Telling};
use crate::environment::LOG_TARGET;
use crate::export::{
    AttemptError, AttemptResult, Batch, ExportFailure, ExportOutcome, counted, rounded,
};
use crate::own_telemetry::{ExporterTelemetry, OwnExport};
use crate::protocol::Protocol;
use crate::retry::RetryEvent;
use crate::statistics::Counters;
use crate::transport::{EncodedRequest, OtlpClient};

/// The events of one export. One that is dropped without an outcome is reported as lost, so that no loss is silent.
pub(super) struct ExportEvents<'a, B: Batch> {
    client: &'a OtlpClient,
    counters: &'a Counters,
    failures: &'a Failures,
    batch: &'a B,
    own: Option<OwnExport<'a>>,
    undelivered: Undelivered,
    ended: Mutex<bool>,
}

/// Who says what becomes of a batch that is not delivered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Undelivered {
    /// It is lost, which is counted and logged here.
    Lost,
    /// It stays with the caller, who counts and logs what is lost of it.
    Returned,
}

impl<'a, B: Batch> ExportEvents<'a, B> {
    pub(super) fn new(
        client: &'a OtlpClient,
        counters: &'a Counters,
        failures: &'a Failures,
        own: Option<&'a ExporterTelemetry>,
        batch: &'a B,
        undelivered: Undelivered,
    ) -> Self {
        Self {
            client,
            counters,
            failures,
            batch,
            own: own
                .filter(|_| !batch.is_own_telemetry())
                .and_then(|own| own.begin(batch.items())),
            undelivered,
            ended: Mutex::new(false),
        }
    }

    pub(super) fn attempt_begins(&self, number: u32, request: &EncodedRequest) {
        self.counters.count(|counts| {
            counts.attempts += 1;
            counts.retries += u64::from(number > 1);
            counts.sent_bytes += request.body().len() as u64;
        });
        if let Some(own) = &self.own {
            own.attempt_begins(number, request.body().len());
        }
    }

    pub(super) fn retries(&self, event: &RetryEvent<'_>) {
        let receiver = self.client.endpoint().host_and_port();
        let wait = rounded(event.wait);
        let error = label(event.cause, self.client.protocol());
        let cause = event
            .cause
            .as_ref()
            .map_or_else(ToString::to_string, |_| "OK".to_owned());
        tracing::warn!(
            target: LOG_TARGET,
            attempt = event.next_attempt,
            cause,
            "transient error {error} while exporting {} to {receiver}, retrying in {wait:?} (attempt {})",
            B::SIGNAL,
            event.next_attempt
        );
    }

    pub(super) fn ended(&self, outcome: &ExportOutcome) {
        *self.ended.lock() = true;
        if let Some(own) = &self.own {
            own.ended(outcome);
        }
        let receiver = self.client.endpoint().host_and_port();
        match outcome {
            ExportOutcome::Delivered { attempts } => {
                self.counters.count(|counts| counts.delivered += 1);
                tracing::debug!(
                    target: LOG_TARGET,
                    attempts,
                    "exported {} to {receiver}",
                    self.batch.contents()
                );
            }
            ExportOutcome::PartialSuccess {
                attempts,
                rejected,
                message,
            } => {
                self.counters.count(|counts| {
                    counts.delivered += 1;
                    counts.partial_successes += 1;
                    // A receiver can say any number; no more can be rejected than was sent.
                    counts.rejected_items += u64::try_from(*rejected)
                        .unwrap_or(0)
                        .min(self.batch.items());
                });
                let verdict = match rejected {
                    0 => "and says".to_owned(),
                    rejected => format!("and rejected {}", counted(*rejected, B::ITEM)),
                };
                tracing::warn!(
                    target: LOG_TARGET,
                    attempts,
                    rejected,
                    reason = message,
                    "{receiver} took {} {verdict}: {message}",
                    self.batch.contents()
                );
            }
            ExportOutcome::Failed(failure) => {
                self.counters.count(|counts| counts.failed += 1);
                if self.undelivered == Undelivered::Returned {
                    tracing::debug!(
                        target: LOG_TARGET,
                        items = self.batch.items(),
                        attempts = failure.attempts,
                        "could not deliver {} to {receiver}: {failure}",
                        self.batch.contents()
                    );
                    return;
                }
                self.count_dropped();
                self.failed(failure);
                return;
            }
        }
        if let Some(Row { exports, items }) = self.failures.succeeded() {
            tracing::info!(
                target: LOG_TARGET,
                "{receiver} takes {} again; lost before that: {} in {} in a row",
                B::SIGNAL,
                counted(items, B::ITEM),
                counted(exports, "export")
            );
        }
    }

    /// Tells a failure: in full the first time, and then in short.
    fn failed(&self, failure: &ExportFailure) {
        let items = self.batch.items();
        let cause = match failure.last_status.clone() {
            Some(status) => label(&Err(status), self.client.protocol()),
            None => failure.reason.to_string(),
        };
        let Telling { aloud, advice, row } =
            self.failures.failed(items, cause, failure.advice.as_ref());
        let mut text = format!(
            "dropped {} on the way to {}: {failure}",
            self.batch.contents(),
            self.client.endpoint().host_and_port()
        );
        if row.exports > 1 {
            let _ = write!(
                text,
                " ({} in a row, {} in all)",
                counted(row.exports, "export"),
                counted(row.items, B::ITEM)
            );
        }
        if let Some(advice) = advice {
            let _ = write!(text, "; {advice}");
        }
        let attempts = failure.attempts;
        if aloud {
            tracing::error!(target: LOG_TARGET, items, attempts, "{text}");
        } else {
            tracing::debug!(target: LOG_TARGET, items, attempts, "{text}");
        }
    }

    fn count_dropped(&self) {
        self.counters
            .count(|counts| counts.dropped_items += self.batch.items());
    }
}

impl<B: Batch> Drop for ExportEvents<'_, B> {
    fn drop(&mut self) {
        if *self.ended.lock() {
            return;
        }
        if let Some(own) = &self.own {
            own.abandoned();
        }
        self.counters.count(|counts| counts.abandoned += 1);
        if self.undelivered == Undelivered::Returned {
            return;
        }
        self.count_dropped();
        tracing::error!(
            target: LOG_TARGET,
            items = self.batch.items(),
            "dropped {} on the way to {}: the export was abandoned by its caller",
            self.batch.contents(),
            self.client.endpoint().host_and_port()
        );
    }
}

/// The error in a word or two. Over gRPC a failed connection shows up as UNAVAILABLE.
fn label(cause: &AttemptResult, protocol: Protocol) -> String {
    match (cause, protocol) {
        (Ok(_), _) => "OK".to_owned(),
        (Err(AttemptError::Grpc(status)), _) => status.code_name().to_owned(),
        (Err(AttemptError::Http(answer)), _) => format!("HTTP {}", answer.status),
        (Err(error @ AttemptError::Connection(_)), Protocol::Grpc) => {
            format!("UNAVAILABLE ({error})")
        }
        (Err(error), _) => error.to_string(),
    }
}
