//! Logs: what emitted log records become, and where they go.
//!
//! log records -> `SdkLoggerProvider` -> processor -> [`LogBatch`] -> exporter

mod batch;
mod convert;

pub use batch::LogBatch;

use crate::otlp::{OtlpExporter, OtlpExporterBuilder};

/// Sends log records over OTLP.
pub type OtlpLogExporter = OtlpExporter<LogBatch>;

/// Configures an [`OtlpLogExporter`].
pub type OtlpLogExporterBuilder = OtlpExporterBuilder<LogBatch>;
