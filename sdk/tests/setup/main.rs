//! One entry for all three signals, in virtual time, with an environment and receivers of its own.

mod bridge;
mod lifecycle;
#[path = "../scripted/log_lines.rs"]
mod log_lines;
mod overrides;
mod selection;
mod table;
mod variables;
mod wire;
mod world;
