//! HTTP statuses where a gRPC status should have been.

#[cfg(feature = "grpc")]
use tonic::Code;

use crate::export::GrpcStatus;

/// How the message of a status ends that was made of an HTTP status.
const WITHOUT_STATUS: &str = " without a gRPC status";

/// The status of an answer that has none of its own.
///
/// Spec: gRPC, "HTTP to gRPC Status Code Mapping".
#[cfg(feature = "grpc")]
pub(crate) fn status(status: http::StatusCode) -> GrpcStatus {
    let code = match status.as_u16() {
        400 => Code::Internal,
        401 => Code::Unauthenticated,
        403 => Code::PermissionDenied,
        404 => Code::Unimplemented,
        429 | 502 | 503 | 504 => Code::Unavailable,
        0..=399 | 402 | 405..=428 | 430..=501 | 505..=u16::MAX => Code::Unknown,
    };
    GrpcStatus {
        code,
        message: format!("HTTP status {}{WITHOUT_STATUS}", status.as_u16()),
        retry_info: None,
    }
}

/// The HTTP status that `status` was made of, where the answer had no status of its own.
pub(crate) fn http_status_of(status: &GrpcStatus) -> Option<u16> {
    let code = status.message.strip_prefix("HTTP status ")?;
    code.strip_suffix(WITHOUT_STATUS)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use http::StatusCode;

    use super::*;

    #[test]
    fn http_statuses_have_codes_and_are_known_again() {
        assert_eq!(
            status(StatusCode::SERVICE_UNAVAILABLE).code,
            Code::Unavailable
        );
        assert_eq!(status(StatusCode::OK).code, Code::Unknown);
        assert_eq!(http_status_of(&status(StatusCode::NOT_FOUND)), Some(404));
    }
}
