//! The model half of the collector: values, decisions, journal, ledger, payloads. No sockets.

mod arbitrary;
mod composition;
mod connection_faults;
mod decisions;
mod evidence;
mod faults_in_yaml;
mod journal;
mod ledger;
mod normalized;
mod otlp_json;
mod request;
mod wire_walk;
