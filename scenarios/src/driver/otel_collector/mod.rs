//! The OpenTelemetry Collector as a SUT: a Collector of its own for each case, whose one pipeline ends in the exporter
//! under test.
//!
//! What is emitted is given to the Collector's own OTLP receiver at once, as one request; what the exporter makes of it is
//! what is tested. The Collector has no flush: that call waits until the Collector's own counters account for all that it
//! was given, and tells nothing.

mod accounts;
mod configuration;
mod contract;
mod hand_over;
mod measured;
mod pipeline;
mod process;
mod source;
mod sut;

pub use process::CollectorError;
pub(crate) use process::become_collector;
pub(super) use sut::OtelCollector;
