//! Prometheus: the model of its metrics, and the ways in which they get there.
//!
//! [`MetricBatch`](crate::MetricBatch) -> families of series -> text that is scraped, or what is sent by remote write

pub(crate) mod family;
#[cfg(feature = "prometheus")]
mod pull;
#[cfg(feature = "prometheus-remote-write")]
mod remote_write;
#[cfg(feature = "prometheus")]
mod text;

#[cfg(feature = "prometheus")]
pub use family::TranslationStrategy;
#[cfg(feature = "prometheus")]
pub use pull::{PrometheusReader, PrometheusReaderBuilder};
#[cfg(feature = "prometheus-remote-write")]
pub use remote_write::{
    PrometheusRemoteWriteExporter, PrometheusRemoteWriteExporterBuilder, RemoteWriteProtocol,
    UnknownRemoteWriteProtocol,
};
