//! Processors for spans and log records against an exporter that does what the test says.

mod batching;
#[path = "../scripted/exporter.rs"]
mod exporter;
mod flush;
#[path = "../scripted/log_lines.rs"]
mod log_lines;
mod overflow;
mod rig;
mod schedules;
mod shutdown;
mod simple;
mod threads;
