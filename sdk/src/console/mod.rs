//! Batches for people: on the console, or wherever a writer goes.

mod exporter;
#[cfg(feature = "metrics")]
mod metrics;
#[cfg(any(feature = "logs", feature = "metrics", feature = "traces"))]
pub(crate) mod text;

pub use exporter::ConsoleExporter;
