//! Where the reader's batches go.

use std::sync::Arc;

use futures_util::future::BoxFuture;
use opentelemetry_sdk::metrics::data::ResourceMetrics;

use super::batch::MetricBatch;
use super::push::PushMetricExporter;
use super::temporality::TemporalityPreference;
use crate::export::{Deadline, ExportError, ExportOutcome};
use crate::statistics::Statistics;

/// An exporter that gets what the SDK collected, as it is.
pub(crate) trait CollectedExporter: Send + Sync {
    fn export<'a>(
        &'a self,
        collected: &'a ResourceMetrics,
        deadline: Deadline,
    ) -> BoxFuture<'a, ExportOutcome>;

    fn force_flush(&self) -> Result<(), ExportError>;

    fn shutdown(&self, deadline: Deadline) -> Result<(), ExportError>;

    fn temporality(&self) -> TemporalityPreference;

    fn description(&self) -> String;
}

/// Where the reader's batches go.
pub(crate) enum Destination {
    /// To an exporter of batches.
    Batches(Arc<dyn PushMetricExporter>),
    /// To an exporter made for `opentelemetry_sdk`.
    Collected(Arc<dyn CollectedExporter>),
}

impl Destination {
    pub(crate) fn export<'a>(
        &'a self,
        batch: &'a MetricBatch,
        collected: &'a ResourceMetrics,
        deadline: Deadline,
    ) -> BoxFuture<'a, ExportOutcome> {
        match self {
            Self::Batches(exporter) => exporter.export(batch, deadline),
            Self::Collected(exporter) => exporter.export(collected, deadline),
        }
    }

    /// As `export`, where the caller says what becomes of a batch that is not delivered. An exporter of collected data
    /// cannot do without its own words about it.
    pub(crate) fn offer<'a>(
        &'a self,
        batch: &'a MetricBatch,
        collected: &'a ResourceMetrics,
        deadline: Deadline,
    ) -> BoxFuture<'a, ExportOutcome> {
        match self {
            Self::Batches(exporter) => exporter.offer(batch, deadline),
            Self::Collected(exporter) => exporter.export(collected, deadline),
        }
    }

    pub(crate) fn hurry(&self, deadline: Deadline) {
        match self {
            Self::Batches(exporter) => exporter.hurry(deadline),
            Self::Collected(_) => {}
        }
    }

    pub(crate) async fn force_flush(&self, deadline: Deadline) -> Result<(), ExportError> {
        match self {
            Self::Batches(exporter) => exporter.force_flush(deadline).await,
            Self::Collected(exporter) => exporter.force_flush(),
        }
    }

    pub(crate) async fn shutdown(&self, deadline: Deadline) -> Result<(), ExportError> {
        match self {
            Self::Batches(exporter) => exporter.shutdown(deadline).await,
            Self::Collected(exporter) => exporter.shutdown(deadline),
        }
    }

    pub(crate) fn temporality(&self) -> TemporalityPreference {
        match self {
            Self::Batches(exporter) => exporter.temporality(),
            Self::Collected(exporter) => exporter.temporality(),
        }
    }

    pub(crate) fn logs_losses(&self) -> bool {
        match self {
            Self::Batches(exporter) => exporter.logs_losses(),
            Self::Collected(_) => false,
        }
    }

    pub(crate) fn statistics(&self) -> Statistics {
        match self {
            Self::Batches(exporter) => exporter.statistics(),
            Self::Collected(_) => Statistics::default(),
        }
    }

    pub(crate) fn description(&self) -> String {
        match self {
            Self::Batches(exporter) => exporter.description(),
            Self::Collected(exporter) => exporter.description(),
        }
    }
}
