//! What only metrics have: their temporality.

use super::{OtlpExporter, OtlpExporterBuilder};
use crate::metrics::{MetricBatch, PushMetricExporter, TemporalityPreference};

impl OtlpExporterBuilder<MetricBatch> {
    /// The temporality for each kind of instrument. Default: `OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE`, else
    /// cumulative.
    pub fn with_temporality(mut self, temporality: TemporalityPreference) -> Self {
        self.options.preference = Some(temporality);
        self
    }
}

impl PushMetricExporter for OtlpExporter<MetricBatch> {
    fn temporality(&self) -> TemporalityPreference {
        self.preference
    }
}
