//! The metrics half of the SDK against an exporter that does what the test says, in virtual time.

mod cadence;
mod callbacks;
mod console;
mod flush;
mod instruments;
mod log;
mod scripted;
mod shutdown;
mod start;
mod stock;
mod temporality;
mod views;
