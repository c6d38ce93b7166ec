//! What HTTP/2 says about a request that failed.

use std::error::Error;

use super::failure::chain;
use super::grpc_status;
use crate::export::{AttemptError, ConnectionError, ConnectionErrorKind};

/// What an error means that came of HTTP/2; `None` where it did not.
pub(super) fn failure(error: &hyper::Error) -> Option<AttemptError> {
    let http2 = http2_error(error)?;
    let connection = |kind, request_sent| {
        AttemptError::Connection(ConnectionError {
            kind,
            message: chain(error),
            request_sent,
        })
    };
    Some(match http2.reason() {
        Some(reason) if http2.is_reset() && http2.is_remote() => {
            AttemptError::Grpc(grpc_status::from_reset(reason))
        }
        // The connection is going away, and says that it has not begun with this stream.
        Some(h2::Reason::NO_ERROR) if http2.is_go_away() && http2.is_remote() => {
            connection(ConnectionErrorKind::Lost, false)
        }
        Some(_) if http2.is_library() => connection(ConnectionErrorKind::Protocol, true),
        _ => connection(ConnectionErrorKind::Lost, true),
    })
}

fn http2_error(error: &hyper::Error) -> Option<&h2::Error> {
    let mut cause = error.source();
    while let Some(current) = cause {
        if let Some(http2) = current.downcast_ref() {
            return Some(http2);
        }
        cause = current.source();
    }
    None
}
