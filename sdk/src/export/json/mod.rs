//! OTLP/JSON, written from the protobuf structs.
//!
//! Keys are lowerCamelCase, 64-bit integers are decimal strings, enumerations are integers, trace and span ids are hex,
//! other bytes are base64, and doubles that JSON has no number for are strings. Fields with their default value are
//! left out, except where presence means something.
//!
//! Spec: OTLP 1.11.0, "JSON Protobuf Encoding" (MUST); the `ProtoJSON` format for what it does not say.

mod common;
#[cfg(feature = "logs")]
mod logs;
#[cfg(feature = "metrics")]
mod metrics;
#[cfg(feature = "traces")]
mod traces;
mod write;

#[cfg(feature = "logs")]
use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
#[cfg(feature = "metrics")]
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
#[cfg(feature = "traces")]
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;

/// An `ExportMetricsServiceRequest` as JSON.
#[cfg(feature = "metrics")]
pub(crate) fn metrics(request: &ExportMetricsServiceRequest) -> Vec<u8> {
    written(request)
}

/// An `ExportTraceServiceRequest` as JSON.
#[cfg(feature = "traces")]
pub(crate) fn traces(request: &ExportTraceServiceRequest) -> Vec<u8> {
    written(request)
}

/// An `ExportLogsServiceRequest` as JSON.
#[cfg(feature = "logs")]
pub(crate) fn logs(request: &ExportLogsServiceRequest) -> Vec<u8> {
    written(request)
}

fn written(message: &impl write::Message) -> Vec<u8> {
    // Writing to memory cannot fail, and every key is a string.
    serde_json::to_vec(&write::Json(message)).unwrap_or_default()
}

#[cfg(test)]
mod tests;
