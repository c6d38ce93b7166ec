//! Prometheus: the model of its metrics, and the ways in which they get there.
//!
//! [`MetricBatch`](crate::MetricBatch) -> families of series -> text that is scraped

pub(crate) mod family;
#[cfg(feature = "prometheus-remote-write")]
mod remote_write;

#[cfg(feature = "prometheus-remote-write")]
pub use remote_write::{
    PrometheusRemoteWriteExporter, PrometheusRemoteWriteExporterBuilder, RemoteWriteProtocol,
    UnknownRemoteWriteProtocol,
};
