//! Which answers are worth another attempt: the tables of the specification.

use tonic::Code;

use super::Verdict;
use crate::export::{AttemptError, AttemptResult, GrpcStatus};

/// What the specification makes of an attempt.
///
/// - gRPC: the table of codes; `RESOURCE_EXHAUSTED` only with a `RetryInfo`.
/// - HTTP: 429, 502, 503 and 504; `Retry-After` counts on these only.
/// - no connection, no answer: retried.
/// - an answer of success that cannot be read: the receiver has the data, so not retried.
///
/// Spec: OTLP 1.11.0, "OTLP/gRPC Response / Failures", "OTLP/gRPC Throttling", "OTLP/HTTP Response / Failures",
/// "OTLP/HTTP Throttling", "All Other Responses".
pub fn classify(result: &AttemptResult) -> Verdict {
    classify_by(is_retryable_http_status, result)
}

/// The same with another table of HTTP statuses.
pub(super) fn classify_by(is_retryable: fn(u16) -> bool, result: &AttemptResult) -> Verdict {
    match result {
        Ok(_) => Verdict::Delivered,
        Err(AttemptError::Grpc(status)) => classify_grpc(status),
        Err(AttemptError::Http(answer)) => {
            if is_retryable(answer.status.as_u16()) {
                Verdict::Retry {
                    not_before: answer.retry_after,
                }
            } else {
                Verdict::Drop
            }
        }
        Err(AttemptError::Connection(_) | AttemptError::TimedOut(_)) => {
            Verdict::Retry { not_before: None }
        }
        Err(AttemptError::Answer(_)) => Verdict::Drop,
    }
}

fn classify_grpc(status: &GrpcStatus) -> Verdict {
    let has_retry_info = status.retry_info.is_some();
    if is_retryable_code(status.code, has_retry_info) {
        Verdict::Retry {
            not_before: status.retry_info,
        }
    } else {
        Verdict::Drop
    }
}

/// Whether a gRPC code is worth another attempt.
///
/// Spec: OTLP 1.11.0, "OTLP/gRPC Response / Failures", the table (SHOULD and SHOULD NOT).
pub const fn is_retryable_code(code: Code, has_retry_info: bool) -> bool {
    match code {
        Code::Cancelled
        | Code::DeadlineExceeded
        | Code::Aborted
        | Code::OutOfRange
        | Code::Unavailable
        | Code::DataLoss => true,
        Code::ResourceExhausted => has_retry_info,
        Code::Ok
        | Code::Unknown
        | Code::InvalidArgument
        | Code::NotFound
        | Code::AlreadyExists
        | Code::PermissionDenied
        | Code::FailedPrecondition
        | Code::Unimplemented
        | Code::Internal
        | Code::Unauthenticated => false,
    }
}

/// Whether an HTTP status is worth another attempt.
///
/// Spec: OTLP 1.11.0, "OTLP/HTTP Response / Failures", "Retryable Response Codes" (SHOULD; all others MUST NOT).
pub const fn is_retryable_http_status(status: u16) -> bool {
    match status {
        429 | 502 | 503 | 504 => true,
        0..=428 | 430..=501 | 505..=u16::MAX => false,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use http::StatusCode;

    use super::*;
    use crate::export::{
        Accepted, AnswerError, ConnectionError, ConnectionErrorKind, HttpStatus, PartialSuccess,
    };

    const RETRY: Verdict = Verdict::Retry { not_before: None };

    fn grpc(code: Code, retry_info: Option<u64>) -> AttemptResult {
        Err(AttemptError::Grpc(GrpcStatus {
            code,
            message: String::new(),
            retry_info: retry_info.map(Duration::from_secs),
        }))
    }

    fn http(status: u16, retry_after: Option<u64>) -> AttemptResult {
        Err(AttemptError::Http(HttpStatus {
            status: StatusCode::from_u16(status).expect("a status"),
            message: String::new(),
            retry_after: retry_after.map(Duration::from_secs),
        }))
    }

    #[test]
    fn grpc_codes_are_classified_as_the_specification_tables_them() {
        let retryable: Vec<i32> = (1..=16)
            .filter(|number| classify(&grpc(Code::from(*number), None)) == RETRY)
            .collect();
        assert_eq!(retryable, [1, 4, 10, 11, 14, 15]);
        let with_retry_info: Vec<i32> = (1..=16)
            .filter(|number| {
                classify(&grpc(Code::from(*number), Some(3)))
                    == Verdict::Retry {
                        not_before: Some(Duration::from_secs(3)),
                    }
            })
            .collect();
        assert_eq!(with_retry_info, [1, 4, 8, 10, 11, 14, 15]);
    }

    #[test]
    fn http_statuses_are_classified_as_the_specification_lists_them() {
        let retryable: Vec<u16> = (300..=599)
            .filter(|status| classify(&http(*status, None)) == RETRY)
            .collect();
        assert_eq!(retryable, [429, 502, 503, 504]);
    }

    #[test]
    fn retry_after_makes_nothing_retryable() {
        assert_eq!(classify(&http(400, Some(1))), Verdict::Drop);
        assert_eq!(classify(&http(413, Some(1))), Verdict::Drop);
        assert_eq!(
            classify(&http(502, Some(1))),
            Verdict::Retry {
                not_before: Some(Duration::from_secs(1))
            }
        );
    }

    #[test]
    fn success_is_delivered_partial_or_not() {
        let partial_success = Some(PartialSuccess {
            rejected: 3,
            message: "bad".to_owned(),
        });
        assert_eq!(
            classify(&Ok(Accepted { partial_success })),
            Verdict::Delivered
        );
        assert_eq!(classify(&Ok(Accepted::default())), Verdict::Delivered);
    }

    #[test]
    fn no_answer_is_retried_and_an_unreadable_success_is_not() {
        let lost = AttemptError::Connection(ConnectionError {
            kind: ConnectionErrorKind::Lost,
            message: String::new(),
            request_sent: true,
        });
        assert_eq!(classify(&Err(lost)), RETRY);
        let hung = AttemptError::TimedOut(Duration::from_secs(1));
        assert_eq!(classify(&Err(hung)), RETRY);
        let unreadable = AttemptError::Answer(AnswerError::TooLarge { limit_bytes: 1 });
        assert_eq!(classify(&Err(unreadable)), Verdict::Drop);
    }
}
