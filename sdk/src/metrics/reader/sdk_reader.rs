//! The reader as `opentelemetry_sdk` sees it.

use std::fmt;
use std::sync::{Arc, Weak};
use std::time::Duration;

use opentelemetry_sdk::error::{OTelSdkError, OTelSdkResult};
use opentelemetry_sdk::metrics::data::ResourceMetrics;
use opentelemetry_sdk::metrics::reader::MetricReader as StockReader;
use opentelemetry_sdk::metrics::{InstrumentKind, Pipeline, Temporality};

use super::PeriodicExportingMetricReaderBuilder;
use super::error::ReaderError;
use super::handle::ReaderHandle;
use super::shared::Shared;
use crate::environment::LOG_TARGET;
use crate::metrics::destination::Destination;
use crate::metrics::instrumentation::Instrumentation;
use crate::metrics::push::PushMetricExporter;
use crate::metrics::stock;
use crate::metrics::temporality::TemporalityPreference;
use crate::metrics::times::Creations;

/// Collects at an interval and exports each batch.
///
/// - The interval is from start to start: default 60 s. The first cycle starts one interval after the provider was
///   built.
/// - The timeout is the deadline of a whole cycle, callbacks, collection and export with all its retries: default 30 s,
///   or two thirds of the interval where only that is set and the result is smaller.
/// - There is no queue. A cycle that takes longer than the interval makes the next one start late; two exports never
///   overlap. What a cycle could not deliver is lost, logged, and never sent again.
///
/// It is given to a [`MeterProvider`](crate::metrics::MeterProvider), and flushed and shut down through that or through
/// its [`handle`](Self::handle). It also works with `opentelemetry_sdk::metrics::SdkMeterProvider`, where callbacks of
/// observable instruments then are run by the SDK: one that panics ends all metrics of that provider.
///
/// A reader belongs to the process that built it. After a `fork` its thread does not exist in the child, where its calls
/// fail with [`Forked`](ReaderError::Forked): build the provider after the fork, in each worker.
///
/// Spec: Metrics SDK, "Periodic exporting `MetricReader`".
pub struct PeriodicExportingMetricReader {
    shared: Arc<Shared>,
}

/// A reader that a [`MeterProvider`](crate::MeterProvider) can own: one of this crate's.
pub trait MetricReader: sealed::Reader {}

impl MetricReader for PeriodicExportingMetricReader {}

impl sealed::Reader for PeriodicExportingMetricReader {
    fn into_reader(self) -> PeriodicExportingMetricReader {
        self
    }
}

pub(crate) mod sealed {
    use super::PeriodicExportingMetricReader;

    /// What all readers are within.
    pub trait Reader {
        fn into_reader(self) -> PeriodicExportingMetricReader;
    }
}

impl PeriodicExportingMetricReader {
    /// A reader that hands its batches to `exporter`.
    pub fn builder(exporter: impl PushMetricExporter) -> PeriodicExportingMetricReaderBuilder {
        Self::builder_shared(Arc::new(exporter))
    }

    /// As [`builder`](Self::builder), with an exporter that others hold too.
    pub fn builder_shared(
        exporter: Arc<dyn PushMetricExporter>,
    ) -> PeriodicExportingMetricReaderBuilder {
        PeriodicExportingMetricReaderBuilder::new(Destination::Batches(exporter))
    }

    /// A reader that hands what it collected to an exporter made for `opentelemetry_sdk`.
    ///
    /// Such an exporter gets the SDK's own data: its times are those of the SDK, not of the injected clock, and points
    /// that a failed callback left out may be in it as "no change". It cannot be asked to hurry; at the deadline its
    /// export is dropped. It is polled on the reader's runtime, so one that blocks blocks the reader, and one that uses
    /// a blocking HTTP client panics there and loses each batch.
    pub fn builder_stock(
        exporter: impl opentelemetry_sdk::metrics::exporter::PushMetricExporter,
    ) -> PeriodicExportingMetricReaderBuilder {
        PeriodicExportingMetricReaderBuilder::new(stock::destination(exporter))
    }

    pub(super) fn new(shared: Arc<Shared>) -> Self {
        Self { shared }
    }

    /// A handle to flush it, shut it down, and read its statistics.
    pub fn handle(&self) -> ReaderHandle {
        ReaderHandle {
            shared: Arc::clone(&self.shared),
        }
    }

    /// Makes the reader run the callbacks of a provider of this crate.
    pub(crate) fn attach(&self, instrumentation: Arc<Instrumentation>) {
        // A reader has one owner, so it is attached once.
        let _ = self.shared.instrumentation.set(instrumentation);
    }

    pub(crate) fn creations(&self) -> Arc<Creations> {
        Arc::clone(&self.shared.creations)
    }

    /// Whether what it exports is converted from what the SDK collects.
    pub(crate) fn converts(&self) -> bool {
        matches!(self.shared.destination, Destination::Batches(_))
    }

    pub(crate) fn temporality(&self) -> TemporalityPreference {
        self.shared.temporality
    }
}

impl StockReader for PeriodicExportingMetricReader {
    fn register_pipeline(&self, pipeline: Weak<Pipeline>) {
        self.shared.collector.register_pipeline(pipeline);
        self.shared.control.start();
    }

    fn collect(&self, collected: &mut ResourceMetrics) -> OTelSdkResult {
        self.shared.collector.collect(collected)
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.handle()
            .blocking_force_flush(self.shared.timing.timeout)
            .map(drop)
            .map_err(sdk_error)
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        let result = self.handle().blocking_shutdown(timeout);
        if let Err(error @ ReaderError::WouldDeadlock { .. }) = &result {
            tracing::warn!(
                target: LOG_TARGET,
                "not shut down, what was recorded since the last collection is lost: {error}"
            );
        }
        result.map(drop).map_err(sdk_error)
    }

    fn temporality(&self, kind: InstrumentKind) -> Temporality {
        self.shared.temporality.of(kind).into()
    }
}

impl Drop for PeriodicExportingMetricReader {
    fn drop(&mut self) {
        self.shared.control.abandon();
    }
}

impl fmt::Debug for PeriodicExportingMetricReader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PeriodicExportingMetricReader")
            .field("destination", &self.shared.destination.description())
            .field("timing", &self.shared.timing)
            .finish()
    }
}

fn sdk_error(error: ReaderError) -> OTelSdkError {
    match error {
        ReaderError::AlreadyShutDown => OTelSdkError::AlreadyShutdown,
        ReaderError::Timeout { limit, .. } => OTelSdkError::Timeout(limit),
        other => OTelSdkError::InternalFailure(other.to_string()),
    }
}
