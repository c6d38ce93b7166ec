//! A mock OTLP Collector and a conformance runner: what an OpenTelemetry exporter does when its Collector misbehaves.
//!
//! One type per arrow: `file -> Scenario -> Plan -> Run -> Verdict -> Report`.

pub mod catalog;
pub mod cli;
pub mod crooked;
pub mod diff;
pub mod driver;
pub mod driver_check;
pub mod exit_code;
pub mod explore;
pub mod judge;
pub mod known_failures;
pub mod plan;
pub mod record;
pub mod registry;
pub mod report;
pub mod rules;
pub mod run;
pub mod scenario;
pub mod schema;
pub mod select;
pub mod shard;
mod subject;
pub mod sut;
pub mod verdict;
