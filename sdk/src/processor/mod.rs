//! Processors: what takes ended spans and log records to an exporter.
//!
//! `on_end` or `emit` -> queue -> batch -> exporter
//!
//! Whoever ends a span or emits a log record only puts it into a queue and never waits for an export. One task empties the queue: a batch at a time, never two at once, in the order of arrival. While
//! a batch is exported the task keeps listening, so that a shutdown can cut the export short.
//!
//! The spans and records are numbered as they are queued. A flush or shutdown covers those that have a number when it is
//! called and are not settled yet (delivered or lost); it has an answer as soon as the last of them is settled.

mod batch;
mod error;
mod handle;
mod item;
#[cfg(feature = "logs")]
mod log_records;
mod pipeline;
mod queue;
mod report;
mod settings;
mod simple;
#[cfg(feature = "traces")]
mod spans;
mod stock;
mod task;

pub use batch::{BatchProcessor, BatchProcessorBuilder};
pub use error::ProcessorError;
pub use handle::ProcessorHandle;
pub use item::Processed;
pub use report::{LostItems, ProcessorReport, Undelivered};
pub use simple::{SimpleProcessor, SimpleProcessorBuilder};
