//! Batches for people: on the console, or wherever a writer goes.

mod exporter;
pub(crate) mod text;

pub use exporter::ConsoleExporter;
