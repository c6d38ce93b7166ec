//! Prometheus remote write: the messages of both versions, and the series that they hold.
//!
//! Spec: Prometheus Remote-Write 1.0 and 2.0, "Protocol" and "Protobuf Message". Written for the receiver alone: it shares
//! nothing with any exporter.

mod histogram;
mod json;
mod series;
pub mod v1;
pub mod v2;

pub use histogram::{BucketSpan, Histogram, HistogramCount, ZeroCount};
pub(super) use json::{request_json, write_request_json};
pub use series::{Exemplar, Metadata, MetricType, STALE_NAN_BITS, Sample, Series, is_stale};
