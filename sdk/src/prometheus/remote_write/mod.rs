//! Prometheus remote write: batches of metrics, pushed.
//!
//! `MetricBatch -> families -> lines (series as they stand on the wire) -> message -> protobuf -> snappy`

mod encode;
mod identity;
mod line;
mod message;
mod native;
mod protocol;
mod sent;
mod value;
mod walk;
mod written;
