//! What a reader asks of an exporter of metrics.

use std::sync::Arc;

use super::{MetricBatch, TemporalityPreference};
use crate::export::Exporter;

/// Takes batches of metrics away, and says with which temporality it wants them.
pub trait PushMetricExporter: Exporter<MetricBatch> {
    /// The temporality that it wants for each kind of instrument. Default: cumulative for all.
    fn temporality(&self) -> TemporalityPreference {
        TemporalityPreference::cumulative()
    }
}

impl<E: PushMetricExporter + ?Sized> PushMetricExporter for Arc<E> {
    fn temporality(&self) -> TemporalityPreference {
        (**self).temporality()
    }
}
