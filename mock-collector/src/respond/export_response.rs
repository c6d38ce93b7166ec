//! The message that answers an export: `Export...ServiceResponse`.

use bytes::Bytes;
use prost::Message;
use serde_json::{Map, Value, json};

use crate::fault::{PartialSuccess, UndecodableBody};
use crate::signal::{Protocol, Signal};

/// The response of all four services: they differ in names only, not on the wire.
///
/// Spec: opentelemetry-proto 1.10.0, `collector/*/v1/*_service.proto`.
#[derive(Clone, PartialEq, Message)]
struct ExportResponse {
    #[prost(message, optional, tag = "1")]
    partial_success: Option<ExportPartialSuccess>,
}

#[derive(Clone, PartialEq, Message)]
struct ExportPartialSuccess {
    #[prost(int64, tag = "1")]
    rejected: i64,
    #[prost(string, tag = "2")]
    error_message: String,
}

/// A full success: the partial success is left unset.
///
/// Spec: OTLP 1.11.0, "Full Success" (MUST).
pub(super) fn full_success(protocol: Protocol) -> Bytes {
    match protocol {
        Protocol::HttpJson => Bytes::from_static(b"{}"),
        // The servers of the others say nothing.
        Protocol::Grpc
        | Protocol::HttpProtobuf
        | Protocol::RemoteWrite1
        | Protocol::RemoteWrite2
        | Protocol::ZipkinJson
        | Protocol::ZipkinProtobuf => Bytes::new(),
    }
}

/// A response that says that some items were rejected.
///
/// Spec: OTLP 1.11.0, "Partial Success"; JSON Protobuf Encoding: 64-bit integers are strings. What is not OTLP has no such
/// message: there the text alone stands in the body.
pub(super) fn partial_success(
    partial: &PartialSuccess,
    signal: Option<Signal>,
    protocol: Protocol,
) -> Bytes {
    match protocol {
        Protocol::Grpc | Protocol::HttpProtobuf => {
            let partial_success = ExportPartialSuccess {
                rejected: partial.rejected,
                error_message: partial.message.clone(),
            };
            ExportResponse {
                partial_success: Some(partial_success),
            }
            .encode_to_vec()
            .into()
        }
        Protocol::HttpJson => {
            let mut fields = Map::new();
            if partial.rejected != 0 {
                let rejected = if partial.json_number {
                    partial.rejected.into()
                } else {
                    partial.rejected.to_string().into()
                };
                fields.insert(rejected_key(signal).to_owned(), rejected);
            }
            if !partial.message.is_empty() {
                fields.insert(
                    "errorMessage".to_owned(),
                    Value::from(partial.message.as_str()),
                );
            }
            json!({ "partialSuccess": fields }).to_string().into()
        }
        Protocol::RemoteWrite1
        | Protocol::RemoteWrite2
        | Protocol::ZipkinJson
        | Protocol::ZipkinProtobuf => partial.message.clone().into(),
    }
}

/// An answer of full success with fields that no schema knows.
///
/// Spec: OTLP 1.11.0, "Future Versions and Interoperability" and "JSON Protobuf Encoding": they are ignored.
pub(super) const fn unknown_fields(protocol: Protocol) -> Bytes {
    match protocol {
        // Field 99 twice: a varint, and a message of two bytes.
        Protocol::Grpc | Protocol::HttpProtobuf => {
            Bytes::from_static(&[0x98, 0x06, 0x01, 0x9a, 0x06, 0x02, 0x08, 0x01])
        }
        // The others say nothing that is to be read: this must not be read either.
        Protocol::HttpJson
        | Protocol::RemoteWrite1
        | Protocol::RemoteWrite2
        | Protocol::ZipkinJson
        | Protocol::ZipkinProtobuf => {
            Bytes::from_static(br#"{"future":{"nested":[1]},"futureCount":"3"}"#)
        }
    }
}

/// How many items a response says were rejected; `None` where it says nothing of a partial success, or cannot be read.
///
/// Spec: OTLP 1.11.0, "JSON Protobuf Encoding": 64-bit integers are text, and numbers are taken as well.
pub(crate) fn rejected(message: &[u8], protocol: Protocol) -> Option<i64> {
    match protocol {
        Protocol::Grpc | Protocol::HttpProtobuf => {
            let response = ExportResponse::decode(message).ok()?;
            Some(response.partial_success?.rejected)
        }
        Protocol::HttpJson => {
            let response: Value = serde_json::from_slice(message).ok()?;
            let partial_success = response.get("partialSuccess")?.as_object()?;
            let rejected = Signal::ALL
                .into_iter()
                .find_map(|signal| partial_success.get(rejected_key(Some(signal))));
            match rejected {
                None => Some(0),
                Some(Value::String(text)) => text.parse().ok(),
                Some(number) => number.as_i64(),
            }
        }
        Protocol::RemoteWrite1
        | Protocol::RemoteWrite2
        | Protocol::ZipkinJson
        | Protocol::ZipkinProtobuf => None,
    }
}

const fn rejected_key(signal: Option<Signal>) -> &'static str {
    match signal {
        Some(Signal::Metrics) | None => "rejectedDataPoints",
        Some(Signal::Traces) => "rejectedSpans",
        Some(Signal::Logs) => "rejectedLogRecords",
        Some(Signal::Profiles) => "rejectedProfiles",
    }
}

/// The longest message of which half can be sent: a partial success that says nothing.
///
/// It is what the Collector sends for a full success, and an empty message has no half. Where there is no message at all, it
/// is a text, which clients do not read.
pub(super) fn worth_halving(signal: Option<Signal>, protocol: Protocol) -> Bytes {
    if protocol.is_otlp() {
        partial_success(&PartialSuccess::default(), signal, protocol)
    } else {
        Bytes::from_static(b"accepted\n")
    }
}

/// A body that is no response.
pub(super) fn undecodable(body: UndecodableBody, protocol: Protocol) -> Bytes {
    let text: &'static [u8] = match (body, protocol) {
        // Field 15 of the reserved wire type 7 in protobuf, and no character in UTF-8.
        (UndecodableBody::RandomBytes, _) => &[0x7f, 0xfe, 0x9c, 0x03, 0xd1, 0x88, 0xff, 0x41],
        (UndecodableBody::Html, _) => b"<html><body><h1>It works!</h1></body></html>",
        (UndecodableBody::Truncated, Protocol::HttpJson) => br#"{"partialSuccess":{"errorMess"#,
        // Field 1, a message of 100 bytes, of which there are two.
        (UndecodableBody::Truncated, _) => &[0x0a, 0x64, 0x08, 0x01],
        (UndecodableBody::WrongJson, _) => br#"{"partialSuccess":["none",1]}"#,
    };
    Bytes::from_static(text)
}
