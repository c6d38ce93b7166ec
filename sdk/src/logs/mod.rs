//! Logs: what emitted log records become, and where they go.
//!
//! log records -> `SdkLoggerProvider` -> processor -> [`LogBatch`] -> exporter

mod batch;
mod convert;

pub use batch::LogBatch;

#[cfg(feature = "console")]
use crate::console::ConsoleExporter;
use crate::otlp::{OtlpExporter, OtlpExporterBuilder};
use crate::processor::{
    BatchProcessor, BatchProcessorBuilder, SimpleProcessor, SimpleProcessorBuilder,
};

/// Writes log records to the console.
#[cfg(feature = "console")]
pub type ConsoleLogRecordExporter = ConsoleExporter<LogBatch>;

/// Sends log records over OTLP.
pub type OtlpLogExporter = OtlpExporter<LogBatch>;

/// Configures an [`OtlpLogExporter`].
pub type OtlpLogExporterBuilder = OtlpExporterBuilder<LogBatch>;

/// Exports log records in batches.
pub type BatchLogRecordProcessor = BatchProcessor<LogBatch>;

/// Configures a [`BatchLogRecordProcessor`].
pub type BatchLogRecordProcessorBuilder = BatchProcessorBuilder<LogBatch>;

/// Exports each log record by itself.
pub type SimpleLogRecordProcessor = SimpleProcessor<LogBatch>;

/// Configures a [`SimpleLogRecordProcessor`].
pub type SimpleLogRecordProcessorBuilder = SimpleProcessorBuilder<LogBatch>;
