//! Metrics: instruments, what is collected from them, and where it goes.
//!
//! `MeterProvider` -> instruments -> aggregation of `opentelemetry_sdk` -> reader -> [`MetricBatch`] -> exporter

mod batch;
mod callbacks;
mod carry_over;
mod convert;
mod destination;
mod instrument;
mod instrumentation;
mod provider;
mod push;
mod reader;
#[cfg(feature = "prometheus")]
mod repeating;
mod stock;
mod temporality;
mod times;
mod views;

#[cfg(any(feature = "prometheus", feature = "prometheus-remote-write"))]
pub(crate) use batch::points_of;
pub use batch::{MetricBatch, Window};
pub use callbacks::{CallbackFailure, CallbackFailureReason, CallbackOwner};
pub use carry_over::{CarryOver, DropPolicy};
#[cfg(feature = "prometheus")]
pub(crate) use convert::{
    Attributes, Number, StreamTimes, exponential_histogram_point, histogram_point,
};
pub use provider::{MeterProvider, MeterProviderBuilder};
pub use push::PushMetricExporter;
pub use reader::{
    CycleReport, FlushReport, Kept, Loss, MetricReader, PeriodicExportingMetricReader,
    PeriodicExportingMetricReaderBuilder, ReaderError, ReaderHandle, ShutdownReport,
};
#[cfg(feature = "prometheus")]
pub(crate) use reader::{Demand, sealed};
#[cfg(feature = "prometheus")]
pub(crate) use repeating::{Repeated, RepeatingExporter};
pub use temporality::{Temporality, TemporalityPreference, UnknownTemporality};
pub use views::{UnmatchedView, View};

#[cfg(feature = "console")]
use crate::console::ConsoleExporter;
use crate::otlp::{OtlpExporter, OtlpExporterBuilder};

/// Writes metrics to the console.
#[cfg(feature = "console")]
pub type ConsoleMetricExporter = ConsoleExporter<MetricBatch>;

/// Sends metrics over OTLP.
pub type OtlpMetricExporter = OtlpExporter<MetricBatch>;

/// Configures an [`OtlpMetricExporter`].
pub type OtlpMetricExporterBuilder = OtlpExporterBuilder<MetricBatch>;
