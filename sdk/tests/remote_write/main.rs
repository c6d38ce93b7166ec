//! The exporter of Prometheus remote write: against a scripted receiver in virtual time, and over a raw socket.

mod again;
mod batches;
mod configuration;
mod decoded;
mod fall_back;
#[path = "../scripted/http_receiver.rs"]
mod http_receiver;
#[path = "../scripted/log_lines.rs"]
mod log_lines;
mod messages;
mod order;
mod partial;
mod receiver;
mod refusals;
mod retries;
mod stale;
mod wire;
