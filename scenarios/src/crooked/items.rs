//! Clients whose processors are wrong, or that send spans and log records that are: each stands between the batch
//! processor and the exporter, or is built otherwise.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
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

/// Samples every span, whatever its parent says.
pub(super) fn samples_everything() -> OtelboxSdk {
    OtelboxSdk::honest().with_sampler(Sampler::AlwaysOn)
}

/// Gives every span the same ids.
pub(super) fn repeats_ids() -> OtelboxSdk {
    OtelboxSdk::honest().with_repeated_ids()
}
