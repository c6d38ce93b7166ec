//! Metrics: batches, and where they go.

mod batch;
mod exporter;
mod exporter_builder;
mod exporter_events;
mod push;
mod temporality;

pub use batch::{MetricBatch, Window};
pub use exporter::OtlpMetricExporter;
pub use exporter_builder::OtlpMetricExporterBuilder;
pub use push::PushMetricExporter;
pub use temporality::{Temporality, TemporalityPreference, UnknownTemporality};
