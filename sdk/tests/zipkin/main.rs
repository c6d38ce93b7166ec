//! The exporter for Zipkin: against a scripted receiver in virtual time, and over a raw socket.

mod advice;
mod answers;
#[path = "../scripted/http_receiver.rs"]
mod http_receiver;
#[path = "../scripted/log_lines.rs"]
mod log_lines;
mod mapping;
mod own_telemetry;
mod receiver;
mod retries;
mod spans;
mod wire;
