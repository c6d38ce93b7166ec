//! Prometheus remote write: batches of metrics, pushed.
//!
//! `MetricBatch -> families -> lines (series as they stand on the wire) -> message -> snappy`
//!
//! `RemoteWrite` is the format of an `HttpExporter`, which does the rest. Between messages it remembers which series the
//! receiver has (`Sent`): their times have to rise, and their end has to be told. A batch that differs from the one before in values
//! and times alone, as most do, is filled into the message of that (`Template`).

mod authorization;
mod encode;
mod environment;
mod exporter;
mod format;
mod identity;
mod line;
mod message;
mod native;
mod protocol;
mod sent;
mod state;
mod template;
mod value;
mod walk;
mod written;

pub use exporter::{PrometheusRemoteWriteExporter, PrometheusRemoteWriteExporterBuilder};
pub use protocol::{RemoteWriteProtocol, UnknownRemoteWriteProtocol};
