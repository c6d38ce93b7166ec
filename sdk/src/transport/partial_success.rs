//! The content of `Export...ServiceResponse`.
//!
//! The messages of all signals have one form on the wire: a partial success with a number and a text.

use prost::Message;
#[cfg(feature = "http")]
use serde_json::Value;

use crate::export::{Accepted, AnswerError, PartialSuccess};

/// `ExportMetricsServiceResponse`, and its siblings for traces and logs, which have the same fields.
#[derive(Clone, PartialEq, prost::Message)]
struct Response {
    #[prost(message, optional, tag = "1")]
    partial_success: Option<Partial>,
}

/// `ExportMetricsPartialSuccess`, and its siblings.
#[derive(Clone, PartialEq, prost::Message)]
struct Partial {
    #[prost(int64, tag = "1")]
    rejected: i64,
    #[prost(string, tag = "2")]
    error_message: String,
}

/// Reads the protobuf form. No bytes at all are a full success, and unknown fields are ignored.
///
/// Spec: OTLP 1.11.0, "Full Success", "Future Versions and Interoperability" (MUST).
pub(crate) fn from_protobuf(bytes: &[u8]) -> Result<Accepted, AnswerError> {
    let response =
        Response::decode(bytes).map_err(|error| AnswerError::Undecodable(error.to_string()))?;
    Ok(response
        .partial_success
        .map_or_else(Accepted::default, |partial| {
            accepted(partial.rejected, partial.error_message)
        }))
}

/// Reads the JSON form: 64-bit integers as strings or numbers, unknown keys ignored. No bytes at all are taken as a full
/// success (our choice).
///
/// Spec: OTLP 1.11.0, "JSON Protobuf Encoding" (MUST).
#[cfg(feature = "http")]
pub(crate) fn from_json(bytes: &[u8]) -> Result<Accepted, AnswerError> {
    if bytes.is_empty() {
        return Ok(Accepted::default());
    }
    let undecodable = |reason: &str| AnswerError::Undecodable(reason.to_owned());
    let response: Value = serde_json::from_slice(bytes)
        .map_err(|error| AnswerError::Undecodable(error.to_string()))?;
    let Value::Object(response) = response else {
        return Err(undecodable("the JSON answer is not an object"));
    };
    let partial = match response.get("partialSuccess") {
        None | Some(Value::Null) => return Ok(Accepted::default()),
        Some(Value::Object(partial)) => partial,
        Some(_) => return Err(undecodable("partialSuccess is not an object")),
    };
    let rejected = ["rejectedDataPoints", "rejectedSpans", "rejectedLogRecords"]
        .iter()
        .find_map(|key| partial.get(*key))
        .map_or(Some(0), integer)
        .ok_or_else(|| undecodable("the number of rejected items is not an integer"))?;
    let message = match partial.get("errorMessage") {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(message)) => message.clone(),
        Some(_) => return Err(undecodable("errorMessage is not a string")),
    };
    Ok(accepted(rejected, message))
}

#[cfg(feature = "http")]
fn integer(value: &Value) -> Option<i64> {
    match value {
        Value::Null => Some(0),
        Value::Number(number) => number.as_i64(),
        Value::String(text) => text.parse().ok(),
        _ => None,
    }
}

/// An empty partial success is none (Spec: OTLP 1.11.0, "Partial Success").
fn accepted(rejected: i64, message: String) -> Accepted {
    let partial_success =
        (rejected != 0 || !message.is_empty()).then_some(PartialSuccess { rejected, message });
    Accepted { partial_success }
}

#[cfg(test)]
mod tests {
    use opentelemetry_proto::tonic::collector::metrics::v1::{
        ExportMetricsPartialSuccess, ExportMetricsServiceResponse,
    };
    use proptest::prelude::*;

    use super::*;

    fn partial(rejected: i64, message: &str) -> Accepted {
        Accepted {
            partial_success: Some(PartialSuccess {
                rejected,
                message: message.to_owned(),
            }),
        }
    }

    fn encoded(rejected_data_points: i64, error_message: &str) -> Vec<u8> {
        ExportMetricsServiceResponse {
            partial_success: Some(ExportMetricsPartialSuccess {
                rejected_data_points,
                error_message: error_message.to_owned(),
            }),
        }
        .encode_to_vec()
    }

    #[test]
    fn protobuf_of_every_kind() {
        assert_eq!(from_protobuf(&[]), Ok(Accepted::default()));
        assert_eq!(from_protobuf(&encoded(0, "")), Ok(Accepted::default()));
        assert_eq!(from_protobuf(&encoded(3, "bad")), Ok(partial(3, "bad")));
        assert_eq!(from_protobuf(&encoded(0, "hint")), Ok(partial(0, "hint")));
        assert_eq!(from_protobuf(&encoded(-1, "")), Ok(partial(-1, "")));
    }

    #[test]
    fn unknown_fields_are_ignored() {
        let mut bytes = encoded(3, "bad");
        bytes.extend([0x98, 0x06, 0x01, 0x9a, 0x06, 0x02, b'h', b'i']);
        assert_eq!(from_protobuf(&bytes), Ok(partial(3, "bad")));
        let json = br#"{"future":{},"partialSuccess":{"rejectedDataPoints":1,"x":[1]}}"#;
        assert_eq!(from_json(json), Ok(partial(1, "")));
    }

    #[test]
    fn json_of_every_kind() {
        let json = |text: &str| from_json(text.as_bytes());
        assert_eq!(json(""), Ok(Accepted::default()));
        assert_eq!(json("{}"), Ok(Accepted::default()));
        assert_eq!(json(r#"{"partialSuccess":{}}"#), Ok(Accepted::default()));
        assert_eq!(json(r#"{"partialSuccess":null}"#), Ok(Accepted::default()));
        assert_eq!(
            json(r#"{"partialSuccess":{"rejectedDataPoints":"3","errorMessage":"bad"}}"#),
            Ok(partial(3, "bad"))
        );
        assert_eq!(
            json(r#"{"partialSuccess":{"rejectedDataPoints":3}}"#),
            Ok(partial(3, ""))
        );
        assert_eq!(
            json(r#"{"partialSuccess":{"rejectedSpans":"9"}}"#),
            Ok(partial(9, ""))
        );
        assert!(json("[]").is_err());
        assert!(json("<html>").is_err());
        assert!(json(r#"{"partialSuccess":{"rejectedDataPoints":"x"}}"#).is_err());
    }

    proptest! {
        #[test]
        fn no_bytes_panic(bytes: Vec<u8>) {
            let _ = from_protobuf(&bytes);
            let _ = from_json(&bytes);
        }
    }
}
