//! Faults that only HTTP/2 knows.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The connection is given up by a GOAWAY frame, and closed.
///
/// Requests over HTTP/1.1 are not matched: they go on to the next fault.
///
/// Spec: RFC 9113, "GOAWAY".
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct GoAway {
    /// What the frame says about the request; default `refused`.
    pub stream: GoAwayStream,
    /// Why; default `NO_ERROR`.
    pub code: Http2Code,
}

/// What a GOAWAY frame says about the request in whose place it comes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum GoAwayStream {
    /// The request was not looked at: the last stream is one below its own. There is no answer.
    #[default]
    Refused,
    /// The request is the last one that is served: it is taken and answered.
    Served,
}

/// The stream of the request is reset (`RST_STREAM`); its connection lives.
///
/// Requests over HTTP/1.1 are not matched: they go on to the next fault.
///
/// Spec: RFC 9113, "`RST_STREAM`".
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RstStream {
    /// Why; default `REFUSED_STREAM`.
    #[serde(default = "refused_stream")]
    pub code: Http2Code,
}

const fn refused_stream() -> Http2Code {
    Http2Code::RefusedStream
}

impl Default for RstStream {
    fn default() -> Self {
        Self {
            code: refused_stream(),
        }
    }
}

/// An error code of HTTP/2, by its name in RFC 9113, "Error Codes".
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[expect(missing_docs, reason = "the variants are the names of the RFC")]
pub enum Http2Code {
    #[default]
    NoError,
    ProtocolError,
    InternalError,
    FlowControlError,
    SettingsTimeout,
    StreamClosed,
    FrameSizeError,
    RefusedStream,
    Cancel,
    CompressionError,
    ConnectError,
    EnhanceYourCalm,
    InadequateSecurity,
    #[serde(rename = "HTTP_1_1_REQUIRED")]
    Http11Required,
}

impl Http2Code {
    /// Its number.
    pub const fn number(self) -> u32 {
        self as u32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_have_the_numbers_of_the_rfc() {
        let numbers = [
            (Http2Code::NoError, h2::Reason::NO_ERROR),
            (Http2Code::RefusedStream, h2::Reason::REFUSED_STREAM),
            (Http2Code::Cancel, h2::Reason::CANCEL),
            (Http2Code::EnhanceYourCalm, h2::Reason::ENHANCE_YOUR_CALM),
            (Http2Code::Http11Required, h2::Reason::HTTP_1_1_REQUIRED),
        ];
        for (code, reason) in numbers {
            assert_eq!(h2::Reason::from(code.number()), reason);
        }
    }
}
