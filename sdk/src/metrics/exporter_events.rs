//! What one export tells: to the log, and to the counters.

use std::time::SystemTime;

use parking_lot::Mutex;

use super::MetricBatch;
use crate::environment::LOG_TARGET;
use crate::export::{AttemptError, AttemptResult, ExportOutcome, counted, rounded};
use crate::protocol::Protocol;
use crate::retry::RetryEvent;
use crate::statistics::Counters;
use crate::transport::{EncodedRequest, OtlpClient};

/// The events of one export. One that is dropped without an outcome is reported as lost, so that no loss is silent.
pub(super) struct ExportEvents<'a> {
    client: &'a OtlpClient,
    counters: &'a Counters,
    batch: &'a MetricBatch,
    ended: Mutex<bool>,
}

impl<'a> ExportEvents<'a> {
    pub(super) fn new(
        client: &'a OtlpClient,
        counters: &'a Counters,
        batch: &'a MetricBatch,
    ) -> Self {
        Self {
            client,
            counters,
            batch,
            ended: Mutex::new(false),
        }
    }

    pub(super) fn attempt_begins(&self, number: u32, request: &EncodedRequest) {
        self.counters.count(|counts| {
            counts.attempts += 1;
            counts.retries += u64::from(number > 1);
            counts.sent_bytes += request.body().len() as u64;
        });
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
            "transient error {error} while exporting metrics to {receiver}, retrying in {wait:?} (attempt {})",
            event.next_attempt
        );
    }

    pub(super) fn ended(&self, outcome: &ExportOutcome) {
        *self.ended.lock() = true;
        let receiver = self.client.endpoint().host_and_port();
        match outcome {
            ExportOutcome::Delivered { attempts } => {
                self.counters.count(|counts| counts.delivered += 1);
                tracing::debug!(
                    target: LOG_TARGET,
                    attempts,
                    "exported {} to {receiver}",
                    self.what()
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
                    counts.rejected_points += u64::try_from(*rejected).unwrap_or(0);
                });
                let verdict = match rejected {
                    0 => "and says".to_owned(),
                    rejected => format!("and rejected {}", counted(*rejected, "data point")),
                };
                tracing::warn!(
                    target: LOG_TARGET,
                    attempts,
                    rejected,
                    reason = message,
                    "{receiver} took {} {verdict}: {message}",
                    self.what()
                );
            }
            ExportOutcome::Failed(failure) => {
                self.counters.count(|counts| counts.failed += 1);
                self.count_dropped();
                tracing::error!(
                    target: LOG_TARGET,
                    streams = self.batch.streams(),
                    points = self.batch.points(),
                    attempts = failure.attempts,
                    "dropped {} on the way to {receiver}: {failure}",
                    self.what()
                );
            }
        }
    }

    fn count_dropped(&self) {
        self.counters.count(|counts| {
            counts.dropped_streams += self.batch.streams();
            counts.dropped_points += self.batch.points();
        });
    }

    fn what(&self) -> String {
        format!(
            "metrics ({}, {}, window {} to {})",
            counted(self.batch.streams(), "stream"),
            counted(self.batch.points(), "data point"),
            time_of_day(self.batch.window.start),
            time_of_day(self.batch.window.end),
        )
    }
}

impl Drop for ExportEvents<'_> {
    fn drop(&mut self) {
        if *self.ended.lock() {
            return;
        }
        self.counters.count(|counts| counts.abandoned += 1);
        self.count_dropped();
        tracing::error!(
            target: LOG_TARGET,
            streams = self.batch.streams(),
            points = self.batch.points(),
            "dropped {} on the way to {}: the export was abandoned by its caller",
            self.what(),
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

fn time_of_day(time: SystemTime) -> humantime::Rfc3339Timestamp {
    humantime::format_rfc3339_millis(time)
}
