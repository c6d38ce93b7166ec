//! Answers of success whose labels are not true.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::InvalidFault;
use super::http::header_value;

/// An answer of success with one label that does not say the truth about the message in it: `{ content_type: text/html }`,
/// `{ length: short }`, `{ compression: not_gzip }`.
///
/// The payload is taken. The message is a partial success that says nothing, as the Collector sends it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum MislabelledAnswer {
    /// This content type, or none where it is null; the message stays in the encoding of the request.
    ///
    /// Spec: OTLP 1.11.0, "OTLP/HTTP Response" (MUST): the content type of the response is that of the request.
    ContentType(Option<String>),
    /// Another length.
    Length(WrongLength),
    /// Compressed, it says, and is not.
    Compression(FalseCompression),
}

/// A length that is announced: the `Content-Length` over HTTP, the length before the message over gRPC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum WrongLength {
    /// One byte less than there is.
    Short,
    /// 16 bytes more than there are. Over HTTP they never come and the connection stays open, until the client goes away; over
    /// gRPC the trailers follow.
    Long,
}

/// Compression of which there is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FalseCompression {
    /// `Content-Encoding: gzip`, or `grpc-encoding: gzip` and the compressed flag, on a message that is not compressed.
    NotGzip,
    /// The compressed flag of gRPC without a `grpc-encoding`. HTTP requests are not matched: they go on to the next fault.
    ///
    /// Spec: grpc/grpc `doc/compression.md`: such a message is an error, `INTERNAL` to the client.
    FlagAlone,
}

impl WrongLength {
    /// The length that is announced for a message of so many bytes.
    pub(crate) const fn length(self, bytes: usize) -> usize {
        match self {
            Self::Short => bytes.saturating_sub(1),
            Self::Long => bytes.saturating_add(16),
        }
    }
}

impl MislabelledAnswer {
    pub(crate) fn validate(&self) -> Result<(), InvalidFault> {
        match self {
            Self::ContentType(Some(text)) => header_value("mislabelled_answer.content_type", text),
            Self::ContentType(None) | Self::Length(_) | Self::Compression(_) => Ok(()),
        }
    }
}
