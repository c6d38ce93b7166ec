//! Clients whose processors are wrong, or that send spans and log records that are: each stands between the batch
//! processor and the exporter, or is built otherwise.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use opentelemetry_proto::tonic::{logs::v1::LogRecord, trace::v1::Span};
use opentelemetry_sdk::trace::Sampler;
use otelbox_sdk::{Batch, Deadline, ExportOutcome, Exporter, LogBatch, SpanBatch};
use parking_lot::Mutex;

use super::deliveries::{Detached, Ghost};
use super::delivery::{Delivery, delivering_items};
use crate::sut::OtelboxSdk;

/// A batch of items that can be added to another.
trait Items: Batch + Clone {
    fn append(&mut self, more: Self);
}

impl Items for SpanBatch {
    fn append(&mut self, more: Self) {
        self.request
            .resource_spans
            .extend(more.request.resource_spans);
    }
}

impl Items for LogBatch {
    fn append(&mut self, more: Self) {
        self.request
            .resource_logs
            .extend(more.request.resource_logs);
    }
}

/// Starts an export of a batch while another is running.
pub(super) fn overlaps_batches() -> OtelboxSdk {
    delivering_items(|| Detached, || Detached)
}

/// A batch that is added to the next one.
struct Kept<B> {
    batch: Mutex<Option<B>>,
    /// Which are kept: those that were delivered, or those that were not.
    delivered: bool,
}

impl<B: Items> Kept<B> {
    fn new(delivered: bool) -> Self {
        Self {
            batch: Mutex::new(None),
            delivered,
        }
    }
}

impl<B: Items> Delivery<B> for Kept<B> {
    fn deliver<'a>(
        &'a self,
        exporter: &'a Arc<dyn Exporter<B>>,
        batch: &'a B,
        deadline: Deadline,
    ) -> BoxFuture<'a, ExportOutcome> {
        Box::pin(async move {
            let mut merged = batch.clone();
            if let Some(kept) = self.batch.lock().take() {
                merged.append(kept);
            }
            let outcome = exporter.export(&merged, deadline).await;
            if outcome.is_delivered() == self.delivered {
                *self.batch.lock() = Some(batch.clone());
            }
            outcome
        })
    }
}

/// Adds a batch that failed to the next one.
pub(super) fn requeues_failed_batches() -> OtelboxSdk {
    delivering_items(|| Kept::new(false), || Kept::new(false))
}

/// Adds a batch that was delivered to the next one.
pub(super) fn repeats_delivered_items() -> OtelboxSdk {
    delivering_items(|| Kept::new(true), || Kept::new(true))
}

/// Sends the last batch again half a second after it was shut down.
pub(super) fn exports_after_shutdown() -> OtelboxSdk {
    const AFTER: Duration = Duration::from_millis(500);
    delivering_items(|| Ghost::after(AFTER), || Ghost::after(AFTER))
}

/// Exports everything that waits in one batch.
pub(super) fn ignores_the_batch_size() -> OtelboxSdk {
    OtelboxSdk::honest().with_batch_processors(
        |spans| {
            spans
                .with_max_queue_size(2048)
                .with_max_export_batch_size(2048)
        },
        |records| {
            records
                .with_max_queue_size(2048)
                .with_max_export_batch_size(2048)
        },
    )
}

/// Waits an hour, whatever the delay.
pub(super) fn ignores_the_delay() -> OtelboxSdk {
    const HOUR: Duration = Duration::from_secs(3600);
    OtelboxSdk::honest().with_batch_processors(
        |spans| spans.with_schedule_delay(HOUR),
        |records| records.with_schedule_delay(HOUR),
    )
}

/// Gives an export all the time that it takes.
pub(super) fn ignores_the_export_timeout() -> OtelboxSdk {
    OtelboxSdk::honest().with_batch_processors(
        |spans| spans.with_export_timeout(Duration::ZERO),
        |records| records.with_export_timeout(Duration::ZERO),
    )
}

/// Samples every span, whatever its parent says.
pub(super) fn samples_everything() -> OtelboxSdk {
    OtelboxSdk::honest().with_sampler(Sampler::AlwaysOn)
}

/// Gives every span the same ids.
pub(super) fn repeats_ids() -> OtelboxSdk {
    OtelboxSdk::honest().with_repeated_ids()
}

/// Changes each span and each log record before it is exported.
struct Changed<I>(fn(&mut I));

impl Delivery<SpanBatch> for Changed<Span> {
    fn deliver<'a>(
        &'a self,
        exporter: &'a Arc<dyn Exporter<SpanBatch>>,
        batch: &'a SpanBatch,
        deadline: Deadline,
    ) -> BoxFuture<'a, ExportOutcome> {
        Box::pin(async move {
            let mut batch = batch.clone();
            let scopes = batch.request.resource_spans.iter_mut();
            for scope in scopes.flat_map(|resource| &mut resource.scope_spans) {
                scope.spans.iter_mut().for_each(self.0);
            }
            exporter.export(&batch, deadline).await
        })
    }
}

impl Delivery<LogBatch> for Changed<LogRecord> {
    fn deliver<'a>(
        &'a self,
        exporter: &'a Arc<dyn Exporter<LogBatch>>,
        batch: &'a LogBatch,
        deadline: Deadline,
    ) -> BoxFuture<'a, ExportOutcome> {
        Box::pin(async move {
            let mut batch = batch.clone();
            let scopes = batch.request.resource_logs.iter_mut();
            for scope in scopes.flat_map(|resource| &mut resource.scope_logs) {
                scope.log_records.iter_mut().for_each(self.0);
            }
            exporter.export(&batch, deadline).await
        })
    }
}

fn changing(span: fn(&mut Span), record: fn(&mut LogRecord)) -> OtelboxSdk {
    delivering_items(move || Changed(span), move || Changed(record))
}

/// Sends spans with a trace id of zeros.
pub(super) fn zero_ids() -> OtelboxSdk {
    changing(|span| span.trace_id = vec![0; 16], |_| {})
}

/// Sends spans that end before they start.
pub(super) fn negative_durations() -> OtelboxSdk {
    changing(
        |span| span.end_time_unix_nano = span.start_time_unix_nano - 1,
        |_| {},
    )
}

/// Sets a flag that is reserved.
pub(super) fn reserved_flags() -> OtelboxSdk {
    changing(
        |span| span.flags |= 1 << 20,
        |record| record.flags |= 1 << 20,
    )
}

/// Sends log records without an observed time.
pub(super) fn no_observed_time() -> OtelboxSdk {
    changing(|_| {}, |record| record.observed_time_unix_nano = 0)
}

/// Sends log records with a span id and no trace id.
pub(super) fn lonely_span_ids() -> OtelboxSdk {
    changing(|_| {}, |record| record.span_id = vec![7; 8])
}

/// Sends a status code and a severity that nobody knows.
pub(super) fn unknown_status() -> OtelboxSdk {
    changing(
        |span| span.status.get_or_insert_default().code = 7,
        |record| record.severity_number = 77,
    )
}

/// Sends every item in a group of its own.
pub(super) fn scattered_groups() -> OtelboxSdk {
    struct Scattered;
    impl Delivery<SpanBatch> for Scattered {
        fn deliver<'a>(
            &'a self,
            exporter: &'a Arc<dyn Exporter<SpanBatch>>,
            batch: &'a SpanBatch,
            deadline: Deadline,
        ) -> BoxFuture<'a, ExportOutcome> {
            Box::pin(async move {
                let mut batch = batch.clone();
                for resource in &mut batch.request.resource_spans {
                    let scopes = std::mem::take(&mut resource.scope_spans);
                    for scope in scopes {
                        for span in &scope.spans {
                            let mut one = scope.clone();
                            one.spans = vec![span.clone()];
                            resource.scope_spans.push(one);
                        }
                    }
                }
                exporter.export(&batch, deadline).await
            })
        }
    }
    delivering_items(|| Scattered, || Changed::<LogRecord>(|_| {}))
}
