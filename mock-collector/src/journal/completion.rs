//! What was sent back, and how an exchange ended.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::fault::GrpcCode;
use crate::signal::Protocol;

/// How an exchange ended. It is set once.
#[derive(Clone, Debug)]
pub struct Completion {
    /// When, since the collector started.
    pub at: Duration,
    /// What was sent, as far as it was sent; `None` where nothing was.
    pub answer: Option<Arc<SentAnswer>>,
    /// How it ended.
    pub end: End,
}

impl Completion {
    /// Whether a client of this protocol was told that the payload was taken: HTTP 2xx, or gRPC `OK`, sent to the end.
    pub fn is_acknowledged(&self, protocol: Option<Protocol>) -> bool {
        self.end == End::Answered
            && self
                .answer
                .as_ref()
                .is_some_and(|answer| answer.is_success(protocol))
    }
}

/// An answer as it was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SentAnswer {
    /// The HTTP status; 200 for most gRPC answers.
    pub http_status: StatusCode,
    /// The gRPC status, for gRPC answers.
    pub grpc_status: Option<GrpcCode>,
    /// The text of the status, if there was one.
    pub message: Option<String>,
    /// The headers.
    pub headers: HeaderMap,
    /// The trailers, empty for HTTP and for trailers-only answers.
    pub trailers: HeaderMap,
    /// The body: gRPC messages with their frame, HTTP bodies as they are. Of a large answer, its beginning.
    pub body: Bytes,
    /// How long the body is, in bytes; that of a large answer, if it is sent to its end.
    pub body_bytes: u64,
}

impl SentAnswer {
    /// Whether it says to a client of this protocol that the payload was taken. Over gRPC an HTTP status alone says nothing.
    pub fn is_success(&self, protocol: Option<Protocol>) -> bool {
        self.http_status.is_success()
            && match self.grpc_status {
                Some(code) => code.number() == 0,
                None => protocol != Some(Protocol::Grpc),
            }
    }
}

/// How an exchange ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum End {
    /// The answer was sent to its end.
    Answered,
    /// The client cancelled the request (`RST_STREAM`); its connection lives.
    ClientCancelled,
    /// The client's connection ended.
    ClientGone,
    /// The collector reset the connection.
    ResetByCollector,
    /// The collector closed the connection.
    ClosedByCollector,
    /// The collector reset the stream (`RST_STREAM`); its connection lives.
    StreamResetByCollector,
    /// The collector was stopped.
    CollectorStopped,
}

impl fmt::Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Answered => "answered",
            Self::ClientCancelled => "cancelled by the client",
            Self::ClientGone => "client gone",
            Self::ResetByCollector => "reset by the collector",
            Self::ClosedByCollector => "closed by the collector",
            Self::StreamResetByCollector => "stream reset by the collector",
            Self::CollectorStopped => "collector stopped",
        })
    }
}
