//! The metrics half of the SDK against an exporter that does what the test says, in virtual time.

mod cadence;
mod callbacks;
mod carry_over;
mod console;
#[path = "../scripted/exporter.rs"]
mod exporter;
mod flush;
mod instruments;
mod log;
#[path = "../scripted/log_lines.rs"]
mod log_lines;
mod scripted;
mod shutdown;
mod start;
mod stock;
mod temporality;
mod views;
