//! What one collection gave, ready to be sent.

use std::fmt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::{AggregationTemporality, Metric};

use super::temporality::{TemporalityPreference, temporality_from};
#[cfg(feature = "console")]
use crate::console::text;
use crate::environment::Environment;
#[cfg(feature = "json")]
use crate::export::json;
use crate::export::sealed::Sealed;
use crate::export::{Batch, counted};
use crate::own_telemetry;
use crate::signal::Signal;

/// The metrics of one collection: owned, and in a fixed order, so that equal data give equal bytes.
#[derive(Clone, Debug, PartialEq)]
pub struct MetricBatch {
    /// The metrics, as OTLP carries them.
    pub request: ExportMetricsServiceRequest,
    /// The time that the collection covers.
    pub window: Window,
}

/// From the previous collection (or the start of the reader) to this one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// The previous collection, or the start of the reader.
    pub start: SystemTime,
    /// This collection.
    pub end: SystemTime,
}

/// As `2026-06-19T10:14:15.000Z to 2026-06-19T10:14:30.000Z`.
impl fmt::Display for Window {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} to {}", date_time(self.start), date_time(self.end))
    }
}

/// The time of day in UTC; the first and last that can be written stand for all beyond them.
fn date_time(time: SystemTime) -> humantime::Rfc3339Timestamp {
    let last = UNIX_EPOCH + Duration::from_secs(253_402_300_799);
    humantime::format_rfc3339_millis(time.clamp(UNIX_EPOCH, last))
}

impl MetricBatch {
    /// A batch of `request` that covers `window`.
    pub fn new(request: ExportMetricsServiceRequest, window: Window) -> Self {
        Self { request, window }
    }

    /// How many metrics (streams of data points with one name) there are.
    pub fn streams(&self) -> u64 {
        self.metrics().count() as u64
    }

    /// Every metric, in order.
    pub fn metrics(&self) -> impl Iterator<Item = &Metric> {
        self.request
            .resource_metrics
            .iter()
            .flat_map(|resource| &resource.scope_metrics)
            .flat_map(|scope| &scope.metrics)
    }
}

impl Sealed for MetricBatch {}

impl Batch for MetricBatch {
    const SIGNAL: Signal = Signal::Metrics;
    const ITEM: &'static str = "data point";

    type Request = ExportMetricsServiceRequest;
    type Preference = TemporalityPreference;

    fn preference_from(environment: &Environment) -> TemporalityPreference {
        temporality_from(environment)
    }

    fn request(&self) -> &ExportMetricsServiceRequest {
        &self.request
    }

    #[cfg(feature = "json")]
    fn to_json(&self) -> Vec<u8> {
        json::metrics(&self.request)
    }

    #[cfg(feature = "console")]
    fn to_text(&self) -> String {
        text::metrics(self)
    }

    fn items(&self) -> u64 {
        self.metrics().map(points_of).sum::<usize>() as u64
    }

    fn is_own_telemetry(&self) -> bool {
        self.request
            .resource_metrics
            .iter()
            .flat_map(|resource| &resource.scope_metrics)
            .all(|metrics| {
                metrics
                    .scope
                    .as_ref()
                    .is_some_and(|scope| scope.name == own_telemetry::SCOPE)
            })
    }

    fn contents(&self) -> String {
        format!(
            "metrics ({}, {}, window {})",
            counted(self.streams(), "stream"),
            counted(self.items(), Self::ITEM),
            self.window,
        )
    }
}

/// Whether the next export holds what this metric does, or what has taken its place.
pub(crate) fn is_restated(metric: &Metric) -> bool {
    let temporality = match &metric.data {
        Some(Data::Sum(sum)) => sum.aggregation_temporality,
        Some(Data::Histogram(histogram)) => histogram.aggregation_temporality,
        Some(Data::ExponentialHistogram(histogram)) => histogram.aggregation_temporality,
        Some(Data::Gauge(_) | Data::Summary(_)) | None => return true,
    };
    temporality == AggregationTemporality::Cumulative as i32
}

/// How many data points a metric has.
pub(crate) fn points_of(metric: &Metric) -> usize {
    match &metric.data {
        Some(Data::Gauge(gauge)) => gauge.data_points.len(),
        Some(Data::Sum(sum)) => sum.data_points.len(),
        Some(Data::Histogram(histogram)) => histogram.data_points.len(),
        Some(Data::ExponentialHistogram(histogram)) => histogram.data_points.len(),
        Some(Data::Summary(summary)) => summary.data_points.len(),
        None => 0,
    }
}
