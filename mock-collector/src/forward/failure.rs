//! Why an upstream did not answer.

use std::error::Error;
use std::io;
use std::time::Duration;

/// Why an upstream did not answer. None of it is a fault of the receiver.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum UpstreamFailure {
    /// The request has a target that no other connection can have, such as that of CONNECT: the upstream was not asked.
    #[error("was not asked: the request cannot be forwarded ({0})")]
    Unforwardable(String),
    /// There is no connection to it: refused, unknown host, no route.
    #[error("cannot be reached: {0}")]
    Unreachable(String),
    /// It did not accept a connection in time.
    #[error("did not accept a connection within {}", humantime::format_duration(*.0))]
    ConnectTimeout(Duration),
    /// TLS was not agreed on.
    #[error("and this side did not agree on TLS: {0}")]
    Tls(String),
    /// It gave the connection up (GOAWAY), with this code.
    #[error("gave the connection up (GOAWAY, {0})")]
    GoAway(String),
    /// It reset the stream (`RST_STREAM`), with this code.
    #[error("reset the stream ({0})")]
    StreamReset(String),
    /// The connection was reset.
    #[error("reset the connection")]
    ConnectionReset,
    /// The connection ended before the answer did.
    #[error("closed the connection before its answer was complete")]
    Closed,
    /// It broke the protocol, or this side could not understand it.
    #[error("broke the protocol: {0}")]
    Protocol(String),
    /// Its answer is longer than the receiver's limit for requests.
    #[error("sent an answer of more than {limit_bytes} bytes")]
    TooLarge {
        /// The limit.
        limit_bytes: usize,
    },
}

impl UpstreamFailure {
    fn lost(error: &io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::ConnectionReset => Self::ConnectionReset,
            _ => Self::Closed,
        }
    }
}

impl From<h2::Error> for UpstreamFailure {
    fn from(error: h2::Error) -> Self {
        let code = || {
            error
                .reason()
                .map_or_else(String::new, |reason| format!("{reason:?}"))
        };
        if let Some(error) = error.get_io() {
            Self::lost(error)
        } else if error.is_remote() && error.is_go_away() {
            Self::GoAway(code())
        } else if error.is_remote() && error.is_reset() {
            Self::StreamReset(code())
        } else {
            Self::Protocol(error.to_string())
        }
    }
}

impl From<hyper::Error> for UpstreamFailure {
    fn from(error: hyper::Error) -> Self {
        let io = error
            .source()
            .and_then(|source| source.downcast_ref::<io::Error>());
        if let Some(error) = io {
            return Self::lost(error);
        }
        if error.is_parse() {
            let source = error.source().map(ToString::to_string);
            return Self::Protocol(source.unwrap_or_else(|| error.to_string()));
        }
        // All others mean that the connection ended: before the answer, within it, or in place of it.
        Self::Closed
    }
}
