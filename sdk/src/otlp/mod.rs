//! The exporter of every signal over OTLP: configured, encoded once, retried, told about.

mod builder;
mod client;
mod environment;
mod exporter;
#[cfg(feature = "metrics")]
mod metrics;
#[cfg_attr(not(feature = "tls"), path = "without_tls.rs")]
mod tls;

pub use builder::{OtlpExporterBuilder, OtlpOptions};
pub use exporter::OtlpExporter;
#[cfg(feature = "http-formats")]
pub(crate) use tls::tls;
