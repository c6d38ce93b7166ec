//! Metrics: batches, and where they go.

mod batch;
mod push;
mod temporality;

pub use batch::{MetricBatch, Window};
pub use push::PushMetricExporter;
pub use temporality::{Temporality, TemporalityPreference, UnknownTemporality};
