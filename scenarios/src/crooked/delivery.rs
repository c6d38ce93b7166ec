//! The place between a reader or a processor and its exporter, where a crooked client does with a batch what it should
//! not. Made once, so that only the flaw is wrong.

use std::sync::Arc;

use futures_util::future::BoxFuture;
use otelbox_sdk::{
    Batch, Deadline, ExportError, ExportOutcome, Exporter, LogBatch, MetricBatch,
    PushMetricExporter, SpanBatch, Statistics, TemporalityPreference,
};

use crate::sut::OtelboxSdk;

/// What a client does with a batch.
pub(super) trait Delivery<B: Batch>: Send + Sync + 'static {
    fn deliver<'a>(
        &'a self,
        exporter: &'a Arc<dyn Exporter<B>>,
        batch: &'a B,
        deadline: Deadline,
    ) -> BoxFuture<'a, ExportOutcome>;

    /// Called after the exporter has shut down.
    fn after_shutdown(&self, exporter: &Arc<dyn Exporter<B>>) {
        let _ = exporter;
    }

    /// Called when the running export is told to hurry.
    fn hurried(&self) {}

    /// What it tells of what the exporter under it has counted.
    fn told(&self, statistics: Statistics) -> Statistics {
        statistics
    }

    /// Whether the exporter under it is shut down when the reader or processor says so.
    fn shuts_down(&self) -> bool {
        true
    }

    /// The temporality that it wants where the exporter under it wants `asked`; of metrics only.
    fn prefers(&self, asked: TemporalityPreference) -> TemporalityPreference {
        asked
    }
}

/// An exporter with a delivery in front of it.
struct Between<B: Batch, D> {
    exporter: Arc<dyn Exporter<B>>,
    /// The same, to which every export is an offer.
    offered: Arc<dyn Exporter<B>>,
    temporality: TemporalityPreference,
    delivery: D,
}

impl<B: Batch, D: Delivery<B>> Between<B, D> {
    fn new(
        exporter: Arc<dyn Exporter<B>>,
        temporality: TemporalityPreference,
        delivery: D,
    ) -> Arc<Self> {
        Arc::new(Self {
            offered: Arc::new(Offered(Arc::clone(&exporter))),
            exporter,
            temporality: delivery.prefers(temporality),
            delivery,
        })
    }
}

/// An exporter that leaves it to its caller to say what becomes of a batch.
struct Offered<B: Batch>(Arc<dyn Exporter<B>>);

impl<B: Batch> Exporter<B> for Offered<B> {
    fn export<'a>(&'a self, batch: &'a B, deadline: Deadline) -> BoxFuture<'a, ExportOutcome> {
        self.0.offer(batch, deadline)
    }

    fn description(&self) -> String {
        self.0.description()
    }
}

impl<B: Batch, D: Delivery<B>> Exporter<B> for Between<B, D> {
    fn export<'a>(&'a self, batch: &'a B, deadline: Deadline) -> BoxFuture<'a, ExportOutcome> {
        self.delivery.deliver(&self.exporter, batch, deadline)
    }

    fn offer<'a>(&'a self, batch: &'a B, deadline: Deadline) -> BoxFuture<'a, ExportOutcome> {
        self.delivery.deliver(&self.offered, batch, deadline)
    }

    fn hurry(&self, deadline: Deadline) {
        self.delivery.hurried();
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
        self.delivery.told(self.exporter.statistics())
    }

    fn description(&self) -> String {
        self.exporter.description()
    }
}

impl<D: Delivery<MetricBatch>> PushMetricExporter for Between<MetricBatch, D> {
    fn temporality(&self) -> TemporalityPreference {
        self.temporality
    }
}

/// `sdk` with what `make` makes between its readers and their exporters.
pub(super) fn metrics_by<D: Delivery<MetricBatch>>(
    sdk: OtelboxSdk,
    make: impl Fn() -> D + Send + Sync + 'static,
) -> OtelboxSdk {
    sdk.with_push_exporter(move |exporter| {
        let temporality = exporter.temporality();
        Between::new(exporter, temporality, make())
    })
}

/// `sdk` with what these make between its processors and their exporters.
pub(super) fn items_by<S: Delivery<SpanBatch>, L: Delivery<LogBatch>>(
    sdk: OtelboxSdk,
    spans: impl Fn() -> S + Send + Sync + 'static,
    records: impl Fn() -> L + Send + Sync + 'static,
) -> OtelboxSdk {
    let none = TemporalityPreference::default;
    sdk.with_span_exporter(move |exporter| Between::new(exporter, none(), spans()))
        .with_log_exporter(move |exporter| Between::new(exporter, none(), records()))
}

/// The reference SDK with what `make` makes between its readers and their exporters.
pub(super) fn delivering<D: Delivery<MetricBatch>>(
    make: impl Fn() -> D + Send + Sync + 'static,
) -> OtelboxSdk {
    metrics_by(OtelboxSdk::honest(), make)
}

/// The reference SDK with what these make between its processors and their exporters.
pub(super) fn delivering_items<S: Delivery<SpanBatch>, L: Delivery<LogBatch>>(
    spans: impl Fn() -> S + Send + Sync + 'static,
    records: impl Fn() -> L + Send + Sync + 'static,
) -> OtelboxSdk {
    items_by(OtelboxSdk::honest(), spans, records)
}
