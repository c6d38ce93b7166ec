//! Faults on the bytes of a connection, whatever they mean.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::timing::{duration_schema, duration_text};
use super::{EndBy, InvalidFault, checked};

/// A direction of a connection, as the collector sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// What the client sends.
    Received,
    /// What the collector sends.
    Sent,
}

/// Bytes pass no faster than this, in one direction or in each of both: n bytes take n / `bytes_per_second`.
///
/// They are those on the wire, with TLS and the frames of HTTP/2. What was not used is not saved up. A slow reader makes
/// the client wait only when the kernel's buffers (in memory: 64 KiB) are full.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Bandwidth {
    /// How many bytes in a second, from 1.
    #[schemars(range(min = 1))]
    pub bytes_per_second: u64,
    /// Which direction; default both, each for itself. Two faults can slow them down differently.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub direction: Option<Direction>,
}

impl Bandwidth {
    pub(super) fn validate(self) -> Result<(), InvalidFault> {
        checked::positive("bandwidth.bytes_per_second", self.bytes_per_second)
    }
}

/// What the collector sends leaves in pieces, with a pause after each.
///
/// Each piece is one write to a socket without Nagle's delay, so it is a segment of its own while the client reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Slice {
    /// How large a piece is at most, in bytes, from 1.
    #[schemars(range(min = 1))]
    pub bytes: u64,
    /// The pause after each; default 10ms.
    #[serde(default = "ten_milliseconds", with = "duration_text")]
    #[schemars(schema_with = "duration_schema")]
    pub every: Duration,
}

const fn ten_milliseconds() -> Duration {
    Duration::from_millis(10)
}

impl Slice {
    pub(super) fn validate(self) -> Result<(), InvalidFault> {
        checked::positive("slice.bytes", self.bytes)?;
        checked::wait("slice.every", self.every)
    }
}

/// The connection ends when so many bytes have passed in one direction: not one more passes.
///
/// They are those on the wire, with TLS and the frames of HTTP/2. A request whose answer was not sent in full by then was
/// not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CloseAfter {
    /// How many bytes, from 1.
    #[schemars(range(min = 1))]
    pub bytes: u64,
    /// Which bytes count; default `sent`.
    #[serde(default = "sent")]
    pub direction: Direction,
    /// Close (FIN) or reset (RST); default `close`.
    #[serde(default)]
    pub by: EndBy,
}

const fn sent() -> Direction {
    Direction::Sent
}

impl CloseAfter {
    pub(super) fn validate(self) -> Result<(), InvalidFault> {
        checked::positive("close_after.bytes", self.bytes)
    }
}

/// The collector ends its sending side (FIN) and reads on.
///
/// Requests are read and their answers are lost: those that had not been sent in full by then are not taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct HalfClose {
    /// After so many sent bytes; default 0: at once.
    pub after_bytes: u64,
}

/// When the connection is over, the collector's FIN is late.
///
/// That is: when the client has closed its side, or when the collector has decided to close the connection. A reset is not
/// late.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SlowClose {
    /// By how much.
    #[serde(with = "duration_text")]
    #[schemars(schema_with = "duration_schema")]
    pub wait: Duration,
}

impl SlowClose {
    pub(super) fn validate(self) -> Result<(), InvalidFault> {
        checked::wait("slow_close.wait", self.wait)
    }
}

/// The connection is given up in good order at this age.
///
/// Over HTTP/2 by GOAWAY with the last stream 2^31-1 and a PING, then, when that is acknowledged, by GOAWAY with the last
/// stream that was served; the connection is closed when its streams have ended. Over HTTP/1.1 the next answer says
/// `connection: close`.
///
/// Spec: RFC 9113, "GOAWAY"; gRPC A9, "Server-side Connection Management".
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MaxConnectionAge {
    /// The age, from the moment at which the connection was made.
    #[serde(with = "duration_text")]
    #[schemars(schema_with = "duration_schema")]
    pub age: Duration,
    /// How much later the connection is closed, whatever is in progress; default never.
    #[serde(
        default,
        with = "super::timing::optional_duration_text",
        skip_serializing_if = "Option::is_none"
    )]
    #[schemars(schema_with = "super::timing::optional_duration_schema")]
    pub grace: Option<Duration>,
}

impl MaxConnectionAge {
    pub(super) fn validate(self) -> Result<(), InvalidFault> {
        checked::wait("max_connection_age.age", self.age)?;
        checked::wait("max_connection_age.grace", self.grace.unwrap_or_default())
    }
}
