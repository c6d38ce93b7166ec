//! OTLP/JSON, written from the protobuf structs.
//!
//! Keys are lowerCamelCase, 64-bit integers are decimal strings, enumerations are integers, trace and span ids are hex,
//! other bytes are base64, and doubles that JSON has no number for are strings. Fields with their default value are
//! left out, except where presence means something.
//!
//! Spec: OTLP 1.11.0, "JSON Protobuf Encoding" (MUST); the `ProtoJSON` format for what it does not say.

mod common;
mod metrics;
mod write;

use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;

/// An `ExportMetricsServiceRequest` as JSON.
pub(crate) fn metrics(request: &ExportMetricsServiceRequest) -> Vec<u8> {
    // Writing to memory cannot fail, and every key is a string.
    serde_json::to_vec(&write::Json(request)).unwrap_or_default()
}

#[cfg(test)]
mod tests;
