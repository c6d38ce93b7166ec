//! What a client sent.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Method, Version};
use serde::{Deserialize, Serialize};

use crate::payload::{Encoding, PayloadError};

/// What is known of a request when its headers are complete.
#[derive(Clone, Debug)]
pub struct RequestHead {
    /// The method.
    pub method: Method,
    /// The request target as it was sent, with its query.
    pub target: String,
    /// The version of HTTP.
    pub version: Version,
    /// The headers, or gRPC metadata.
    pub headers: HeaderMap,
    /// The client's deadline from `grpc-timeout`.
    pub grpc_timeout: Option<Duration>,
}

impl RequestHead {
    /// The request target without its query.
    pub fn path(&self) -> &str {
        self.target
            .split_once('?')
            .map_or(self.target.as_str(), |(path, _)| path)
    }

    /// The content type as it was sent, if it is text.
    pub fn content_type(&self) -> Option<&str> {
        self.headers
            .get(http::header::CONTENT_TYPE)
            .and_then(|value| value.to_str().ok())
    }
}

/// A body as it was received.
#[derive(Clone, Debug, Default)]
pub struct RequestBody {
    /// The bytes as they were on the wire: without gRPC's frame, still compressed.
    pub wire: Bytes,
    /// How they are compressed.
    pub encoding: Encoding,
    /// Whether the client sent the body to its end.
    pub complete: bool,
    /// How many gRPC messages it held; 0 for HTTP.
    pub message_count: u32,
    /// Why it cannot be used, if the receiver found out.
    pub error: Option<BodyError>,
}

/// Why a body cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum BodyError {
    /// The client went away before the end, or announced another length.
    #[error("the body ended early: {0}")]
    Incomplete(String),
    /// Its frame is no gRPC frame, or there is not exactly one.
    #[error("the gRPC framing is wrong: {0}")]
    Framing(String),
    /// It is compressed in a way that the collector does not speak.
    #[error("unsupported encoding {0}")]
    UnsupportedEncoding(String),
    /// It is not compressed as it says.
    #[error("the body cannot be decompressed: {0}")]
    Decompression(String),
    /// It is larger than the limit, as sent or decompressed.
    #[error("the body is larger than {limit_bytes} bytes")]
    TooLarge {
        /// The limit in bytes.
        limit_bytes: u64,
    },
    /// It is no message of its protocol.
    #[error("the body cannot be decoded: {0}")]
    Undecodable(PayloadError),
}

/// The request of an exchange, without its bytes.
#[derive(Clone, Debug)]
pub struct ReceivedRequest {
    /// What came before the body.
    pub head: Arc<RequestHead>,
    /// How the body is compressed.
    pub encoding: Encoding,
    /// Length of the body on the wire, in bytes.
    pub wire_bytes: u64,
    /// Length of the body after decompression, in bytes, where it could be decompressed.
    pub plain_bytes: Option<u64>,
    /// Whether the client sent the request to its end.
    pub complete: bool,
    /// How many gRPC messages it held; 0 for HTTP.
    pub message_count: u32,
    /// Why the body cannot be used.
    pub body_error: Option<BodyError>,
}

impl std::ops::Deref for ReceivedRequest {
    type Target = RequestHead;

    fn deref(&self) -> &Self::Target {
        &self.head
    }
}
