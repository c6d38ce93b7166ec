//! The real OpenTelemetry Collector as a process, with what it exports read back from its file.

mod builder;
mod collector;
mod exported;

pub use builder::CollectorBuilder;
pub use collector::RealCollector;
pub use exported::Exported;
