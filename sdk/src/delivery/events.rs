//! What one export tells: to the log, and to the counters.

use std::fmt::Write as _;

use parking_lot::Mutex;

use super::failures::{Row, Telling};
use super::{Client, Delivery, LeftOut, Undelivered};
use crate::environment::LOG_TARGET;
use crate::export::{Batch, ExportFailure, ExportOutcome, counted, rounded};
use crate::own_telemetry::OwnExport;
use crate::retry::RetryEvent;

/// The events of one export. One that is dropped without an outcome is reported as lost, so that no loss is silent.
pub(super) struct ExportEvents<'a, B: Batch, C: Client<B>> {
    delivery: &'a Delivery<B, C>,
    batch: &'a B,
    own: Option<OwnExport<'a>>,
    undelivered: Undelivered,
    /// How many items the format cannot carry.
    left_out_items: Mutex<u64>,
    ended: Mutex<bool>,
}

impl<'a, B: Batch, C: Client<B>> ExportEvents<'a, B, C> {
    pub(super) fn new(
        delivery: &'a Delivery<B, C>,
        batch: &'a B,
        undelivered: Undelivered,
    ) -> Self {
        Self {
            delivery,
            batch,
            own: delivery
                .own_telemetry
                .as_ref()
                .filter(|_| !batch.is_own_telemetry())
                .and_then(|own| own.begin(batch.items())),
            undelivered,
            left_out_items: Mutex::default(),
            ended: Mutex::new(false),
        }
    }

    /// The batch is encoded without these. They are counted when it is delivered; else all of it is lost, or none.
    pub(super) fn leaves_out(&self, left_out: &[LeftOut]) {
        *self.left_out_items.lock() = left_out.iter().map(|left_out| left_out.items).sum();
        for LeftOut { items, reason } in left_out {
            let text = format!(
                "left {} out of {} on the way to {}: {reason}",
                counted(*items, B::ITEM),
                self.batch.contents(),
                self.receiver()
            );
            if self.delivery.told_reasons.is_news(reason) {
                tracing::warn!(target: LOG_TARGET, items, "{text} (told once, and counted each time)");
            } else {
                tracing::debug!(target: LOG_TARGET, items, "{text}");
            }
        }
    }

    /// The batch is to be sent again at once in another form, of which `words` tell.
    pub(super) fn falls_back(&self, words: &str) {
        tracing::warn!(target: LOG_TARGET, "{}: {words}", self.receiver());
    }

    pub(super) fn attempt_begins(&self, number: u32, body_bytes: usize) {
        self.delivery.counters.count(|counts| {
            counts.attempts += 1;
            counts.retries += u64::from(number > 1);
            counts.sent_bytes += body_bytes as u64;
        });
        if let Some(own) = &self.own {
            own.attempt_begins(number, body_bytes);
        }
    }

    pub(super) fn retries(&self, event: &RetryEvent<'_>) {
        let receiver = self.receiver();
        let wait = rounded(event.wait);
        let (error, cause) = match event.cause {
            Ok(_) => ("OK".to_owned(), "OK".to_owned()),
            Err(error) => (self.delivery.client.label(error), error.to_string()),
        };
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
        let left_out = *self.left_out_items.lock();
        if let Some(own) = &self.own {
            own.ended(outcome, left_out);
        }
        let receiver = self.receiver();
        match outcome {
            ExportOutcome::Delivered { attempts } => {
                self.delivery.counters.count(|counts| {
                    counts.delivered += 1;
                    counts.dropped_items += left_out;
                });
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
                self.delivery.counters.count(|counts| {
                    counts.delivered += 1;
                    counts.dropped_items += left_out;
                    counts.partial_successes += 1;
                    // A receiver can say any number; no more can be rejected than was sent.
                    counts.rejected_items += u64::try_from(*rejected)
                        .unwrap_or(0)
                        .min(self.batch.items().saturating_sub(left_out));
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
                self.delivery.counters.count(|counts| counts.failed += 1);
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
        if let Some(Row { exports, items }) = self.delivery.failures.succeeded() {
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
        let cause = match &failure.last_status {
            Some(status) => self.delivery.client.label(status),
            None => failure.reason.to_string(),
        };
        let Telling { aloud, advice, row } =
            self.delivery
                .failures
                .failed(items, cause, failure.advice.as_ref());
        let mut text = format!(
            "dropped {} on the way to {}: {failure}",
            self.batch.contents(),
            self.receiver()
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

    /// Host and port.
    fn receiver(&self) -> String {
        self.delivery.client.endpoint().host_and_port()
    }

    fn count_dropped(&self) {
        self.delivery
            .counters
            .count(|counts| counts.dropped_items += self.batch.items());
    }
}

impl<B: Batch, C: Client<B>> Drop for ExportEvents<'_, B, C> {
    fn drop(&mut self) {
        if *self.ended.lock() {
            return;
        }
        if let Some(own) = &self.own {
            own.abandoned();
        }
        self.delivery.counters.count(|counts| counts.abandoned += 1);
        if self.undelivered == Undelivered::Returned {
            return;
        }
        self.count_dropped();
        tracing::error!(
            target: LOG_TARGET,
            items = self.batch.items(),
            "dropped {} on the way to {}: the export was abandoned by its caller",
            self.batch.contents(),
            self.receiver()
        );
    }
}
