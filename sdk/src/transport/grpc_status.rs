//! The gRPC status of an answer, wherever it stands.

use base64::Engine as _;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use http::HeaderMap;
use percent_encoding::percent_decode;
use tonic::Code;

use crate::export::GrpcStatus;
use crate::retry::retry_info;

const GRPC_STATUS: &str = "grpc-status";
const GRPC_MESSAGE: &str = "grpc-message";
const GRPC_STATUS_DETAILS: &str = "grpc-status-details-bin";

/// Reads base64 with and without padding, as gRPC asks for.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// The status in headers or trailers; `None` where there is none. A code that gRPC does not know is UNKNOWN.
///
/// (`tonic::Status::from_header_map` panics on details that are not base64, so it is not used.)
pub(crate) fn from_headers(headers: &HeaderMap) -> Option<GrpcStatus> {
    let code = Code::from_bytes(headers.get(GRPC_STATUS)?.as_bytes());
    let message = headers.get(GRPC_MESSAGE).map_or_else(String::new, |text| {
        percent_decode(text.as_bytes())
            .decode_utf8_lossy()
            .into_owned()
    });
    let retry_info = headers
        .get(GRPC_STATUS_DETAILS)
        .and_then(|text| BASE64.decode(text.as_bytes()).ok())
        .and_then(|details| retry_info(&details));
    Some(GrpcStatus {
        code,
        message,
        retry_info,
    })
}

/// The status of a call whose stream was reset.
///
/// Spec: gRPC over HTTP/2, "Errors".
pub(crate) fn from_reset(reason: h2::Reason) -> GrpcStatus {
    let code = match reason {
        h2::Reason::REFUSED_STREAM => Code::Unavailable,
        h2::Reason::CANCEL => Code::Cancelled,
        h2::Reason::ENHANCE_YOUR_CALM => Code::ResourceExhausted,
        h2::Reason::INADEQUATE_SECURITY => Code::PermissionDenied,
        _ => Code::Internal,
    };
    GrpcStatus {
        code,
        message: format!("the stream was reset: {}", reason.description()),
        retry_info: None,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use base64::prelude::{BASE64_STANDARD, BASE64_STANDARD_NO_PAD};
    use http::HeaderValue;
    use proptest::prelude::*;

    use super::*;
    use crate::retry::tests::{encoded_status, retry_info_detail};

    fn headers(pairs: &[(&'static str, &[u8])]) -> HeaderMap {
        pairs
            .iter()
            .filter_map(|(name, value)| Some((*name, HeaderValue::from_bytes(value).ok()?)))
            .map(|(name, value)| (http::HeaderName::from_static(name), value))
            .collect()
    }

    #[test]
    fn messages_are_percent_decoded() {
        let status = from_headers(&headers(&[
            (GRPC_STATUS, b"14"),
            (GRPC_MESSAGE, b"caf%C3%A9 %zz"),
        ]));
        let status = status.expect("a status");
        assert_eq!(
            (status.code, status.message.as_str()),
            (Code::Unavailable, "caf\u{e9} %zz")
        );
    }

    #[test]
    fn retry_info_is_found_with_and_without_padding() {
        let details = encoded_status(vec![retry_info_detail(3, 0)]);
        for text in [
            BASE64_STANDARD.encode(&details),
            BASE64_STANDARD_NO_PAD.encode(&details),
        ] {
            let status = from_headers(&headers(&[
                (GRPC_STATUS, b"8"),
                (GRPC_STATUS_DETAILS, text.as_bytes()),
            ]));
            assert_eq!(
                status.expect("a status").retry_info,
                Some(Duration::from_secs(3))
            );
        }
    }

    #[test]
    fn details_that_are_not_base64_count_as_absent() {
        let status = from_headers(&headers(&[
            (GRPC_STATUS, b"8"),
            (GRPC_STATUS_DETAILS, b"!!"),
        ]));
        assert_eq!(status.expect("a status").retry_info, None);
    }

    #[test]
    fn unknown_codes_are_unknown() {
        for text in ["42", "-1", "x", ""] {
            let status = from_headers(&headers(&[(GRPC_STATUS, text.as_bytes())]));
            assert_eq!(status.expect("a status").code, Code::Unknown, "{text:?}");
        }
    }

    #[test]
    fn resets_have_codes() {
        assert_eq!(
            from_reset(h2::Reason::REFUSED_STREAM).code,
            Code::Unavailable
        );
        assert_eq!(from_reset(h2::Reason::CANCEL).code, Code::Cancelled);
        assert_eq!(from_reset(h2::Reason::from(99)).code, Code::Internal);
    }

    proptest! {
        #[test]
        fn no_headers_panic(code: Vec<u8>, message: Vec<u8>, details: Vec<u8>) {
            let _ = from_headers(&headers(&[
                (GRPC_STATUS, &code),
                (GRPC_MESSAGE, &message),
                (GRPC_STATUS_DETAILS, &details),
            ]));
        }
    }
}
