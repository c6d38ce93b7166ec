//! Logs: what emitted log records become, and where they go.
//!
//! log records -> `SdkLoggerProvider` -> processor -> [`LogBatch`] -> exporter

mod batch;
mod convert;

pub use batch::LogBatch;

use crate::console::ConsoleExporter;
use crate::otlp::{OtlpExporter, OtlpExporterBuilder};

/// Writes log records to the console.
pub type ConsoleLogRecordExporter = ConsoleExporter<LogBatch>;

/// Sends log records over OTLP.
pub type OtlpLogExporter = OtlpExporter<LogBatch>;

/// Configures an [`OtlpLogExporter`].
pub type OtlpLogExporterBuilder = OtlpExporterBuilder<LogBatch>;
