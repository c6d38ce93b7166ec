//! What a failed exchange means.

use std::error::Error;

use crate::export::{AttemptError, ConnectionError, ConnectionErrorKind, Spoken};
use crate::transport::http2;
use crate::transport::overheard::Heard;

/// What an error of the HTTP library means, on a connection that was to speak `expected` and on which `heard` was heard.
/// A stream that was reset has a gRPC status; all else is the connection.
pub(crate) fn exchange_failed(
    error: &hyper::Error,
    heard: &Heard,
    expected: Spoken,
) -> AttemptError {
    match failure(error) {
        AttemptError::Connection(lost) => {
            AttemptError::Connection(explained(lost, heard, expected))
        }
        answered => answered,
    }
}

fn failure(error: &hyper::Error) -> AttemptError {
    let connection = |kind, request_sent| {
        AttemptError::Connection(ConnectionError {
            kind,
            message: chain(error),
            request_sent,
        })
    };
    if let Some(reset) = http2::failure(error) {
        return reset;
    }
    if error.is_parse() {
        return connection(ConnectionErrorKind::Protocol, true);
    }
    connection(ConnectionErrorKind::Lost, !error.is_canceled())
}

/// A connection on which not even the preface could be exchanged.
pub(crate) fn handshake_failed(
    error: &hyper::Error,
    heard: &Heard,
    expected: Spoken,
) -> AttemptError {
    let lost = ConnectionError {
        kind: ConnectionErrorKind::Lost,
        message: chain(error),
        request_sent: false,
    };
    AttemptError::Connection(explained(lost, heard, expected))
}

/// What the first bytes of the other side say about a connection that was lost.
fn explained(lost: ConnectionError, heard: &Heard, expected: Spoken) -> ConnectionError {
    match heard.spoken() {
        // Who speaks another protocol has taken nothing.
        Some(spoken) if spoken != expected => ConnectionError {
            kind: ConnectionErrorKind::Speaks(spoken),
            request_sent: false,
            ..lost
        },
        _ if expected == Spoken::Http2
            && !heard.anything()
            && lost.kind == ConnectionErrorKind::Lost =>
        {
            ConnectionError {
                kind: ConnectionErrorKind::Silent,
                ..lost
            }
        }
        _ => lost,
    }
}

/// An error and its causes, without repetition.
pub(super) fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(current) = cause {
        let part = current.to_string();
        if !text.contains(&part) {
            text.push_str(": ");
            text.push_str(&part);
        }
        cause = current.source();
    }
    text
}
