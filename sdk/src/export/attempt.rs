//! What one request on the wire came to.

use std::fmt;
use std::time::Duration;

use http::StatusCode;
use tonic::Code;

/// What one attempt came to.
pub type AttemptResult = Result<Accepted, AttemptError>;

/// The receiver said that it took the data.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Accepted {
    /// What it said beyond that. An empty one is left out (Spec: OTLP 1.11.0, "Partial Success").
    pub partial_success: Option<PartialSuccess>,
}

/// The receiver took some of the data, or took all and has something to say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartialSuccess {
    /// How many items it rejected, as it said: zero with a message is a warning; nothing keeps a receiver from sending
    /// a negative number or more than it got.
    pub rejected: i64,
    /// Why, in words for people.
    pub message: String,
}

/// Why one attempt was not an acknowledgement.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AttemptError {
    /// A gRPC status other than OK.
    #[error("{0}")]
    Grpc(GrpcStatus),
    /// An HTTP status outside 200..=299.
    #[error("{0}")]
    Http(HttpStatus),
    /// No answer: there was no connection, or it ended.
    #[error("{0}")]
    Connection(ConnectionError),
    /// No answer within the time limit of one attempt.
    #[error("no answer within {0:?}")]
    TimedOut(Duration),
    /// A success that cannot be read.
    #[error("{0}")]
    Answer(AnswerError),
}

impl AttemptError {
    /// Whether the receiver may have taken the data all the same, so that sending them again may repeat them.
    ///
    /// Our choice: an answer that a receiver or proxy gives after it began to work on the request is no proof that
    /// nothing was taken.
    pub fn is_ambiguous(&self) -> bool {
        match self {
            Self::Grpc(status) => match status.code {
                Code::Ok
                | Code::Cancelled
                | Code::Unknown
                | Code::DeadlineExceeded
                | Code::Internal
                | Code::DataLoss => true,
                Code::InvalidArgument
                | Code::NotFound
                | Code::AlreadyExists
                | Code::PermissionDenied
                | Code::ResourceExhausted
                | Code::FailedPrecondition
                | Code::Aborted
                | Code::OutOfRange
                | Code::Unimplemented
                | Code::Unavailable
                | Code::Unauthenticated => false,
            },
            Self::Http(http) => matches!(http.status.as_u16(), 500 | 502 | 504),
            Self::Connection(connection) => connection.request_sent,
            Self::TimedOut(_) | Self::Answer(_) => true,
        }
    }
}

/// A gRPC status.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GrpcStatus {
    /// The code.
    pub code: Code,
    /// The message, percent-decoded; may be empty.
    pub message: String,
    /// The delay of the `RetryInfo` among the details, if there was a readable one. A delay that is absent or negative
    /// is zero.
    pub retry_info: Option<Duration>,
}

impl GrpcStatus {
    /// The name of the code as the gRPC specification writes it, like `UNAVAILABLE`.
    pub const fn code_name(&self) -> &'static str {
        match self.code {
            Code::Ok => "OK",
            Code::Cancelled => "CANCELLED",
            Code::Unknown => "UNKNOWN",
            Code::InvalidArgument => "INVALID_ARGUMENT",
            Code::DeadlineExceeded => "DEADLINE_EXCEEDED",
            Code::NotFound => "NOT_FOUND",
            Code::AlreadyExists => "ALREADY_EXISTS",
            Code::PermissionDenied => "PERMISSION_DENIED",
            Code::ResourceExhausted => "RESOURCE_EXHAUSTED",
            Code::FailedPrecondition => "FAILED_PRECONDITION",
            Code::Aborted => "ABORTED",
            Code::OutOfRange => "OUT_OF_RANGE",
            Code::Unimplemented => "UNIMPLEMENTED",
            Code::Internal => "INTERNAL",
            Code::Unavailable => "UNAVAILABLE",
            Code::DataLoss => "DATA_LOSS",
            Code::Unauthenticated => "UNAUTHENTICATED",
        }
    }
}

impl fmt::Display for GrpcStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code_name())?;
        write_message(f, &self.message)
    }
}

/// An HTTP status that is not a success.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpStatus {
    /// The status.
    pub status: StatusCode,
    /// What the body said, from a `Status` message or the beginning of a text; may be empty. It never decides anything.
    pub message: String,
    /// What `Retry-After` asked for, if it could be used: a date is turned into the time until then, zero if past.
    pub retry_after: Option<Duration>,
}

impl fmt::Display for HttpStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HTTP {}", self.status.as_u16())?;
        if let Some(reason) = self.status.canonical_reason() {
            write!(f, " {reason}")?;
        }
        write_message(f, &self.message)
    }
}

fn write_message(f: &mut fmt::Formatter<'_>, message: &str) -> fmt::Result {
    if message.is_empty() {
        return Ok(());
    }
    write!(f, ": {message}")
}

/// No answer, because of the connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConnectionError {
    /// Which step failed.
    pub kind: ConnectionErrorKind,
    /// The cause in words.
    pub message: String,
    /// Whether the request may have reached the receiver.
    pub request_sent: bool,
}

impl fmt::Display for ConnectionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.kind {
            // The cause would only repeat it.
            ConnectionErrorKind::Refused => return f.write_str("connection refused"),
            ConnectionErrorKind::NotConnected => "cannot connect",
            ConnectionErrorKind::UnknownName => "the name cannot be resolved",
            ConnectionErrorKind::Tls => "TLS handshake failed",
            ConnectionErrorKind::Lost => "connection lost",
            ConnectionErrorKind::Silent => "connection ended without a word",
            ConnectionErrorKind::Protocol => "protocol error",
            ConnectionErrorKind::Speaks(spoken) => {
                return write!(f, "the receiver speaks {spoken}");
            }
        })?;
        write_message(f, &self.message)
    }
}

/// The step at which a connection failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ConnectionErrorKind {
    /// Nobody listens there.
    Refused,
    /// The name of the host cannot be resolved.
    UnknownName,
    /// No connection for another reason: the host cannot be reached, ...
    NotConnected,
    /// Connected, but without agreement on TLS.
    Tls,
    /// It ended before the whole answer was there.
    Lost,
    /// It ended before the other side had said anything, where that has the first word: HTTP/2 begins with its settings.
    Silent,
    /// The other side does not speak the protocol.
    Protocol,
    /// The other side speaks this protocol instead, as its first bytes tell.
    Speaks(Spoken),
}

/// A protocol, as the first bytes of a server show it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Spoken {
    /// HTTP/1.0 or HTTP/1.1: no gRPC.
    Http1,
    /// HTTP/2, as gRPC needs it.
    Http2,
    /// TLS.
    Tls,
}

impl fmt::Display for Spoken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Http1 => "HTTP/1.1",
            Self::Http2 => "HTTP/2",
            Self::Tls => "TLS",
        })
    }
}

/// The receiver said success, but what it said cannot be read. Not retried: it has the data.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AnswerError {
    /// Larger than the limit.
    ///
    /// Spec: OTLP 1.11.0, "OTLP/gRPC Response" and "OTLP/HTTP Response" (MUST be limited, also after decompression; MUST
    /// be treated as not retryable).
    #[error("the answer is larger than {limit_bytes} bytes")]
    TooLarge {
        /// The limit.
        limit_bytes: usize,
    },
    /// Not what the protocol asks for.
    #[error("the answer cannot be decoded: {0}")]
    Undecodable(String),
}
