//! The exporter against a scripted receiver, in virtual time.

mod connections;
mod deadlines;
mod lifecycle;
mod limits;
mod log;
#[path = "../scripted/log_lines.rs"]
mod log_lines;
mod own_telemetry;
mod receiver;
mod retries;
mod seams;
mod secrets;
mod tcp;
mod throttling;
mod tls;
mod tls_messages;
mod tls_rotation;
mod wire;
