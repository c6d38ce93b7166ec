//! Prometheus: the model of its metrics, and the ways in which they get there.
//!
//! [`MetricBatch`](crate::MetricBatch) -> families of series -> text that is scraped

pub(crate) mod family;
#[cfg(feature = "prometheus")]
mod pull;
#[cfg(feature = "prometheus")]
mod text;

#[cfg(feature = "prometheus")]
pub use pull::{PrometheusReader, PrometheusReaderBuilder};
