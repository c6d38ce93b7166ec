//! Writing OTLP/JSON.

mod common;
mod logs;
mod metrics;
mod object;
mod style;
mod traces;

use opentelemetry_proto::tonic::common::v1::AnyValue;
use serde_json::{Value, json};

pub(crate) use object::{Object, double};
pub use style::{Style, Verbatim};

use crate::payload::Payload;

/// Writes a payload as OTLP/JSON; one of another protocol as Zipkin's JSON, or as the JSON that remote write would have.
///
/// Absent and zero values are left out, as protobuf's JSON mapping has it. Profiles have only their number left.
pub fn encode(payload: &Payload) -> Value {
    encode_styled(payload, &mut Verbatim)
}

/// The same, with times and ids as `style` writes them.
pub fn encode_styled(payload: &Payload, style: &mut dyn Style) -> Value {
    match payload {
        Payload::Metrics(request) => metrics::request(request, style),
        Payload::Traces(request) => traces::request(request, style),
        Payload::Logs(request) => logs::request(request, style),
        Payload::Profiles { count } => json!({ "profiles": count }),
        Payload::RemoteWrite1(_) | Payload::RemoteWrite2(_) | Payload::Zipkin(_) => {
            payload.other_json(style)
        }
    }
}

/// An attribute value as OTLP/JSON text.
pub(crate) fn any_value_text(value: &AnyValue) -> String {
    common::any_value(value).to_string()
}
