//! Traces: what ended spans become, and where they go.
//!
//! spans -> `SdkTracerProvider` -> processor -> [`SpanBatch`] -> exporter

mod batch;
mod convert;

pub use batch::SpanBatch;

#[cfg(feature = "console")]
use crate::console::ConsoleExporter;
use crate::otlp::{OtlpExporter, OtlpExporterBuilder};
use crate::processor::{
    BatchProcessor, BatchProcessorBuilder, SimpleProcessor, SimpleProcessorBuilder,
};

/// Writes spans to the console.
#[cfg(feature = "console")]
pub type ConsoleSpanExporter = ConsoleExporter<SpanBatch>;

/// Sends spans over OTLP.
pub type OtlpSpanExporter = OtlpExporter<SpanBatch>;

/// Configures an [`OtlpSpanExporter`].
pub type OtlpSpanExporterBuilder = OtlpExporterBuilder<SpanBatch>;

/// Exports spans in batches.
pub type BatchSpanProcessor = BatchProcessor<SpanBatch>;

/// Configures a [`BatchSpanProcessor`].
pub type BatchSpanProcessorBuilder = BatchProcessorBuilder<SpanBatch>;

/// Exports each span by itself.
pub type SimpleSpanProcessor = SimpleProcessor<SpanBatch>;

/// Configures a [`SimpleSpanProcessor`].
pub type SimpleSpanProcessorBuilder = SimpleProcessorBuilder<SpanBatch>;
