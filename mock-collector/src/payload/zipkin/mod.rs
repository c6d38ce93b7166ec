//! Zipkin v2: spans in protobuf and in JSON.
//!
//! Spec: openzipkin/zipkin-api, `zipkin.proto` and `zipkin2-api.yaml`. Written for the receiver alone: it shares nothing
//! with any exporter.

mod decode;
mod encode;
mod span;

pub(super) use decode::{from_json, from_protobuf};
pub(super) use encode::spans_json;
pub use span::{Annotation, Endpoint, Kind, ListOfSpans, Span};
