//! Batches for people: on the console, or wherever a writer goes.

mod exporter;
mod text;

pub use exporter::ConsoleMetricExporter;
