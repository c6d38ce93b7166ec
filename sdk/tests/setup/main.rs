//! One entry for all three signals, with an environment and receivers of its own: in virtual time, but for the programs.

mod bridge;
mod lifecycle;
#[path = "../scripted/log_lines.rs"]
mod log_lines;
mod overrides;
mod programs;
#[cfg(feature = "prometheus")]
mod prometheus;
#[cfg(feature = "prometheus-remote-write")]
mod remote_write;
mod selection;
mod table;
mod variables;
mod wire;
mod world;
#[cfg(feature = "zipkin")]
mod zipkin;
