//! The periodic reader: collects at an interval and hands each batch to an exporter.
//!
//! One task does everything in turn, so two exports never overlap and nothing queues up: it sleeps until the next
//! start, runs the callbacks, collects, exports, and answers flushes and the shutdown in between. While an export runs
//! it keeps listening, so that a shutdown can cut it short. A reader on demand is the same, but for what starts a cycle.

mod builder;
mod cycle;
mod demand;
mod error;
mod handle;
mod report;
mod sdk_reader;
mod shared;
mod task;
mod timing;

pub use builder::PeriodicExportingMetricReaderBuilder;
#[cfg(feature = "prometheus")]
pub(crate) use demand::Demand;
pub use error::ReaderError;
pub use handle::ReaderHandle;
pub use report::{CycleReport, FlushReport, Kept, Loss, ShutdownReport};
#[cfg(feature = "prometheus")]
pub(crate) use sdk_reader::sealed;
pub use sdk_reader::{MetricReader, PeriodicExportingMetricReader};
