//! Traces: what ended spans become, and where they go.
//!
//! spans -> `SdkTracerProvider` -> processor -> [`SpanBatch`] -> exporter

mod batch;
mod convert;

pub use batch::SpanBatch;

use crate::console::ConsoleExporter;
use crate::otlp::{OtlpExporter, OtlpExporterBuilder};

/// Writes spans to the console.
pub type ConsoleSpanExporter = ConsoleExporter<SpanBatch>;

/// Sends spans over OTLP.
pub type OtlpSpanExporter = OtlpExporter<SpanBatch>;

/// Configures an [`OtlpSpanExporter`].
pub type OtlpSpanExporterBuilder = OtlpExporterBuilder<SpanBatch>;
