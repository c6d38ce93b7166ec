//! Exporters that need no batch for what they have exported before.

use opentelemetry_sdk::metrics::data::ResourceMetrics;

use super::convert::StreamTimes;
use super::push::PushMetricExporter;

/// An exporter that needs no batch where a collection differs from the one before in numbers alone.
pub(crate) trait RepeatingExporter: PushMetricExporter {
    /// Exports `collected` as it would export the batch of it, if it can do so without one. If not, it forgets what it
    /// [remembered](Self::remember).
    fn repeat(&self, collected: &ResourceMetrics, times: &dyn StreamTimes) -> Option<Repeated>;

    /// Remembers what it exported last, which was made of `collected`: each point of the batch was the one of it that `order`
    /// says, both numbered through.
    fn remember(&self, collected: ResourceMetrics, order: &[usize], times: &dyn StreamTimes);
}

/// How much was exported without a batch.
pub(crate) struct Repeated {
    /// How many metrics.
    pub(crate) streams: u64,
    /// How many data points.
    pub(crate) points: u64,
}
