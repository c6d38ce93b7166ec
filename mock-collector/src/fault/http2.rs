//! Faults that only HTTP/2 knows.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::timing::{duration_schema, duration_text};
use super::{InvalidFault, checked};

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
    /// Why; default `NO_ERROR`, and nothing else where it is graceful.
    pub code: Http2Code,
}

impl GoAway {
    pub(super) fn validate(self) -> Result<(), InvalidFault> {
        if self.stream == GoAwayStream::Graceful && self.code != Http2Code::NoError {
            return Err(InvalidFault::new(
                "goaway.code",
                serde_json::to_string(&self.code)
                    .unwrap_or_default()
                    .trim_matches('"'),
                "NO_ERROR where the stream is `graceful`",
            ));
        }
        Ok(())
    }
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
    /// The same, but the frame comes when the head of the answer is under way: the rest of the answer follows it.
    InFlight,
    /// The same, but the rest of the answer never comes: the connection is closed after the frame. The payload is taken.
    Cut,
    /// As a server does that is to be restarted: a first frame names the last stream 2^31-1 and comes with a PING; when
    /// the client has acknowledged that, a second frame names the last stream that was served. All requests that come
    /// until then are taken and answered; then the connection is closed.
    Graceful,
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
    /// When; default `before_answer`.
    #[serde(default, skip_serializing_if = "RstAt::is_default")]
    pub at: RstAt,
}

/// When a stream is reset.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RstAt {
    /// In place of the answer.
    #[default]
    BeforeAnswer,
    /// After its HEADERS.
    AfterHeaders,
    /// After half of its DATA.
    MidData,
    /// After all of its DATA, in place of the trailers.
    AfterData,
}

impl RstAt {
    #[expect(
        clippy::trivially_copy_pass_by_ref,
        reason = "the signature that serde asks for"
    )]
    fn is_default(&self) -> bool {
        *self == Self::BeforeAnswer
    }
}

impl RstStream {
    /// Whether the payload was taken: when an answer has begun, whose end is what is lost. Not with `REFUSED_STREAM`,
    /// which promises that the request was not looked at, so that it may be sent again.
    ///
    /// Spec: RFC 9113, "Request Reliability".
    pub(super) const fn takes_payload(self) -> bool {
        !matches!(
            (self.at, self.code),
            (RstAt::BeforeAnswer, _) | (_, Http2Code::RefusedStream)
        )
    }
}

const fn refused_stream() -> Http2Code {
    Http2Code::RefusedStream
}

impl Default for RstStream {
    fn default() -> Self {
        Self {
            code: refused_stream(),
            at: RstAt::default(),
        }
    }
}

/// Settings of HTTP/2 other than the usual ones; at least one.
///
/// They are what the first SETTINGS frame says: a client that sends before it has read them is held to them only from then
/// on. Connections over HTTP/1.1 are not matched.
///
/// Spec: RFC 9113, "Defined Settings".
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Http2Settings {
    /// How many requests the client may have in progress; 0 allows none. Default: no limit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_concurrent_streams: Option<u32>,
    /// How many bytes of a body the client may send before it is allowed more, up to 2147483647. With 0 it never is: no
    /// body can be sent. Default: 1 MiB.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(max = 0x7fff_ffff))]
    pub initial_window_size: Option<u32>,
    /// How large the headers of a request may be, in bytes; larger ones get 431. Default: 16 MiB, unsaid.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_header_list_size: Option<u32>,
    /// How large a frame of the client may be, 16384 to 16777215. Default: 16384.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 16384, max = 0x00ff_ffff))]
    pub max_frame_size: Option<u32>,
}

impl Http2Settings {
    const LARGEST_WINDOW: u32 = 0x7fff_ffff;
    const FRAME_SIZES: std::ops::RangeInclusive<u32> = 16384..=0x00ff_ffff;

    pub(super) fn validate(self) -> Result<(), InvalidFault> {
        if self == Self::default() {
            return Err(InvalidFault::new(
                "http2_settings",
                "{}",
                "at least one setting",
            ));
        }
        if let Some(window) = self.initial_window_size
            && window > Self::LARGEST_WINDOW
        {
            return Err(InvalidFault::new(
                "http2_settings.initial_window_size",
                window,
                "a size from 0 to 2147483647",
            ));
        }
        match self.max_frame_size {
            Some(size) if !Self::FRAME_SIZES.contains(&size) => Err(InvalidFault::new(
                "http2_settings.max_frame_size",
                size,
                "a size from 16384 to 16777215",
            )),
            _ => Ok(()),
        }
    }
}

/// Many PING frames, from the beginning of the connection on. Connections over HTTP/1.1 are not matched.
///
/// Spec: RFC 9113, "PING" (MUST): each is acknowledged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct PingStorm {
    /// The time between two; default 10ms.
    #[serde(with = "duration_text")]
    #[schemars(schema_with = "duration_schema")]
    pub every: Duration,
    /// How many, from 1; default 100.
    #[schemars(range(min = 1))]
    pub count: u64,
}

impl Default for PingStorm {
    fn default() -> Self {
        Self {
            every: Duration::from_millis(10),
            count: 100,
        }
    }
}

impl PingStorm {
    pub(super) fn validate(self) -> Result<(), InvalidFault> {
        checked::positive("ping_storm.count", self.count)?;
        checked::wait("ping_storm.every", self.every)
    }
}

/// An answer of success whose headers are larger than a client should read.
///
/// They are padded with fields `x-otelbox-padding-0`, `-1`, ... The payload is taken.
///
/// Spec: RFC 9113, "`SETTINGS_MAX_HEADER_LIST_SIZE`": a field counts its name, its value and 32 bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LargeHeaders {
    /// How large the padding is, by the measure of HTTP/2: 1 KiB to 16 MiB.
    #[schemars(range(min = 1024, max = 0x0100_0000))]
    pub bytes: u32,
}

impl LargeHeaders {
    const SIZES: std::ops::RangeInclusive<u32> = 1024..=16 * 1024 * 1024;

    pub(super) fn validate(self) -> Result<(), InvalidFault> {
        if Self::SIZES.contains(&self.bytes) {
            return Ok(());
        }
        Err(InvalidFault::new(
            "large_headers.bytes",
            self.bytes,
            "a size from 1024 to 16777216",
        ))
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
