//! `google.rpc.Status` and its details.
//!
//! Spec: googleapis `google/rpc/status.proto` and `error_details.proto`.

use prost::Message;
use prost_types::{Any, Duration};

use crate::fault::{RetryInfo, RetryInfoPosition, SignedDuration};

#[derive(Clone, PartialEq, Message)]
pub(crate) struct RpcStatus {
    #[prost(int32, tag = "1")]
    pub(crate) code: i32,
    #[prost(string, tag = "2")]
    pub(crate) message: String,
    #[prost(message, repeated, tag = "3")]
    pub(crate) details: Vec<Any>,
}

#[derive(Clone, PartialEq, Message)]
struct RetryInfoDetail {
    #[prost(message, optional, tag = "1")]
    retry_delay: Option<Duration>,
}

#[derive(Clone, PartialEq, Message)]
struct ErrorInfo {
    #[prost(string, tag = "1")]
    reason: String,
    #[prost(string, tag = "2")]
    domain: String,
}

#[derive(Clone, PartialEq, Message)]
struct RequestInfo {
    #[prost(string, tag = "1")]
    request_id: String,
}

/// `google.rpc.RetryInfo` that asks for this delay.
pub(crate) fn retry_info(delay: SignedDuration) -> Vec<u8> {
    let (seconds, nanos) = delay.seconds_and_nanos();
    RetryInfoDetail {
        retry_delay: Some(Duration { seconds, nanos }),
    }
    .encode_to_vec()
}

/// Bytes that are no `RetryInfo`: the tag of a field that never ends.
pub(crate) const MALFORMED_RETRY_INFO: &[u8] = &[0xff, 0xff, 0xff, 0xff];

/// The details of a status with its `RetryInfo` in the place that was asked for.
pub(crate) fn details(info: RetryInfo, position: RetryInfoPosition) -> Vec<Any> {
    let value = match info {
        RetryInfo::Absent | RetryInfo::NotBase64 => return Vec::new(),
        RetryInfo::After(delay) => retry_info(delay),
        RetryInfo::Malformed => MALFORMED_RETRY_INFO.to_vec(),
    };
    let wanted = any("google.rpc.RetryInfo", value);
    let error_info = ErrorInfo {
        reason: "OTELBOX_FAULT".to_owned(),
        domain: "otelbox".to_owned(),
    };
    let error = any("google.rpc.ErrorInfo", error_info.encode_to_vec());
    let request = any(
        "google.rpc.RequestInfo",
        RequestInfo {
            request_id: "otelbox".to_owned(),
        }
        .encode_to_vec(),
    );
    match position {
        RetryInfoPosition::BareTrailer => Vec::new(),
        RetryInfoPosition::Only => vec![wanted],
        RetryInfoPosition::First => vec![wanted, error, request],
        RetryInfoPosition::Middle => vec![error, wanted, request],
        RetryInfoPosition::Last => vec![error, request, wanted],
    }
}

fn any(name: &str, value: Vec<u8>) -> Any {
    Any {
        type_url: format!("type.googleapis.com/{name}"),
        value,
    }
}

/// The gRPC code that belongs to an HTTP status.
///
/// As in the Collector's `NewStatusFromMsgAndHTTPCode`.
pub(crate) const fn code_of_http_status(status: u16) -> i32 {
    match status {
        400 => 3,
        401 => 16,
        403 => 7,
        404 => 12,
        429 => 8,
        502..=504 => 14,
        500 => 13,
        _ => 2,
    }
}
