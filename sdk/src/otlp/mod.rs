//! The exporter of every signal over OTLP: configured, encoded once, retried, told about.

mod builder;
mod environment;
mod events;
mod exporter;
mod failures;
#[cfg(feature = "metrics")]
mod metrics;
#[cfg_attr(not(feature = "tls"), path = "without_tls.rs")]
mod tls;

pub use builder::OtlpExporterBuilder;
pub use exporter::OtlpExporter;
