//! The model half of the collector: values, decisions, journal, ledger, payloads. No sockets.

mod arbitrary;

mod faults_in_yaml;
mod otlp_json;
mod wire_walk;
