//! What only metrics have: their temporality.

use super::ConsoleExporter;
use crate::metrics::{MetricBatch, PushMetricExporter, TemporalityPreference};

impl ConsoleExporter<MetricBatch> {
    /// The temporality for each kind of instrument. Default: cumulative for all.
    #[must_use]
    pub fn with_temporality(mut self, temporality: TemporalityPreference) -> Self {
        self.preference = temporality;
        self
    }
}

impl PushMetricExporter for ConsoleExporter<MetricBatch> {
    fn temporality(&self) -> TemporalityPreference {
        self.preference
    }
}
