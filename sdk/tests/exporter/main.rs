//! The exporter against a scripted receiver, in virtual time.

mod connections;
mod deadlines;
mod lifecycle;
mod limits;
mod own_telemetry;
mod receiver;
mod retries;
mod seams;
mod tcp;
mod throttling;
mod tls;
mod wire;
