//! The place between reader and exporter, where a client can be made crooked. All else is handed on as it is, so that
//! nothing beside the flaw is wrong.

use std::sync::Arc;

use futures_util::future::BoxFuture;
use otelbox_sdk::{
    Deadline, ExportError, ExportOutcome, Exporter, MetricBatch, PushMetricExporter, Statistics,
    TemporalityPreference,
};

use crate::sut::OtelboxSdk;

/// What a crooked delivery does with a batch.
pub(super) trait Delivery: Send + Sync + 'static {
    fn deliver<'a>(
        &'a self,
        exporter: &'a Arc<dyn PushMetricExporter>,
        batch: &'a MetricBatch,
        deadline: Deadline,
    ) -> BoxFuture<'a, ExportOutcome>;

    /// Called after the exporter has shut down.
    fn after_shutdown(&self, exporter: &Arc<dyn PushMetricExporter>) {
        let _ = exporter;
    }

    /// Whether the exporter under it is shut down when the reader says so.
    fn shuts_down(&self) -> bool {
        true
    }

    /// The temporality that it wants where the exporter under it wants `asked`.
    fn prefers(&self, asked: TemporalityPreference) -> TemporalityPreference {
        asked
    }
}

struct Crooked<D> {
    exporter: Arc<dyn PushMetricExporter>,
    /// The same, to which every export is an offer.
    offered: Arc<dyn PushMetricExporter>,
    delivery: D,
}

/// An exporter that leaves it to the reader to say what becomes of a batch.
struct Offered(Arc<dyn PushMetricExporter>);

impl Exporter<MetricBatch> for Offered {
    fn export<'a>(
        &'a self,
        batch: &'a MetricBatch,
        deadline: Deadline,
    ) -> BoxFuture<'a, ExportOutcome> {
        self.0.offer(batch, deadline)
    }

    fn description(&self) -> String {
        self.0.description()
    }
}

impl PushMetricExporter for Offered {}

impl<D: Delivery> Exporter<MetricBatch> for Crooked<D> {
    fn export<'a>(
        &'a self,
        batch: &'a MetricBatch,
        deadline: Deadline,
    ) -> BoxFuture<'a, ExportOutcome> {
        self.delivery.deliver(&self.exporter, batch, deadline)
    }

    fn offer<'a>(
        &'a self,
        batch: &'a MetricBatch,
        deadline: Deadline,
    ) -> BoxFuture<'a, ExportOutcome> {
        self.delivery.deliver(&self.offered, batch, deadline)
    }

    fn hurry(&self, deadline: Deadline) {
        self.exporter.hurry(deadline);
    }

    fn force_flush(&self, deadline: Deadline) -> BoxFuture<'_, Result<(), ExportError>> {
        self.exporter.force_flush(deadline)
    }

    fn shutdown(&self, deadline: Deadline) -> BoxFuture<'_, Result<(), ExportError>> {
        Box::pin(async move {
            let result = if self.delivery.shuts_down() {
                self.exporter.shutdown(deadline).await
            } else {
                Ok(())
            };
            self.delivery.after_shutdown(&self.exporter);
            result
        })
    }

    fn logs_losses(&self) -> bool {
        self.exporter.logs_losses()
    }

    fn statistics(&self) -> Statistics {
        self.exporter.statistics()
    }

    fn description(&self) -> String {
        self.exporter.description()
    }
}

impl<D: Delivery> PushMetricExporter for Crooked<D> {
    fn temporality(&self) -> TemporalityPreference {
        self.delivery.prefers(self.exporter.temporality())
    }
}

/// The SDK with what `make` makes between its reader and its exporter.
pub(super) fn delivering<D: Delivery>(make: impl Fn() -> D + Send + Sync + 'static) -> OtelboxSdk {
    OtelboxSdk::honest().with_push_exporter(move |exporter| {
        Arc::new(Crooked {
            offered: Arc::new(Offered(Arc::clone(&exporter))),
            exporter,
            delivery: make(),
        })
    })
}
