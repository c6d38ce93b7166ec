//! Answers that are large, or that come slowly.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::timing::{duration_schema, duration_text};
use super::{InvalidFault, checked};

/// An answer of success that is larger than a client should read: padded with fields that no schema knows.
///
/// Spec: OTLP 1.11.0, "OTLP/gRPC Response" and "OTLP/HTTP Response" (MUST): the size of a response is limited when it is
/// parsed, also after decompression.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LargeAnswer {
    /// How large the message is, in bytes, before it is compressed: 1 KiB to 2 GiB, rounded up to a whole KiB.
    #[schemars(range(min = 1024, max = 0x8000_0000_u64))]
    pub bytes: u64,
    /// Compressed with gzip, whether the client asked for that or not: `bytes` then count after decompression, and the
    /// wire carries about a thousandth. Default: no.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub gzip: bool,
    /// Without a `Content-Length`, over HTTP: the client does not know beforehand. gRPC always announces the length of a
    /// message. Default: no.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub endless: bool,
}

impl LargeAnswer {
    const LEAST: u64 = 1024;
    const MOST: u64 = 2 * 1024 * 1024 * 1024;

    /// An answer of so many bytes, neither compressed nor endless.
    pub const fn of(bytes: u64) -> Self {
        Self {
            bytes,
            gzip: false,
            endless: false,
        }
    }

    /// The same, compressed with gzip.
    #[must_use]
    pub const fn gzip(self) -> Self {
        Self { gzip: true, ..self }
    }

    /// The same, of a length that is not announced.
    #[must_use]
    pub const fn endless(self) -> Self {
        Self {
            endless: true,
            ..self
        }
    }

    pub(crate) fn validate(self) -> Result<(), InvalidFault> {
        if (Self::LEAST..=Self::MOST).contains(&self.bytes) {
            return Ok(());
        }
        Err(InvalidFault::new(
            "large_answer.bytes",
            self.bytes,
            "a size from 1024 to 2147483648",
        ))
    }
}

/// An answer of success that comes byte by byte.
///
/// The payload counts as taken when the client has waited for all of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DripAnswer {
    /// The time between two bytes; default 1s.
    #[serde(default = "one_second", with = "duration_text")]
    #[schemars(schema_with = "duration_schema")]
    pub every: Duration,
    /// What comes slowly; default `head`.
    #[serde(default)]
    pub part: DripPart,
    /// How many bytes of the body come slowly, from 1 to 1024; default 1024. Of no account for the head.
    #[serde(default = "whole_body")]
    pub bytes: u64,
}

/// What comes slowly.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DripPart {
    /// Everything, from the status line or the first frame on.
    #[default]
    Head,
    /// The body, from its third byte on or so; status and headers come at once.
    Body,
}

const fn whole_body() -> u64 {
    DripAnswer::MOST_BYTES
}

const fn one_second() -> Duration {
    Duration::from_secs(1)
}

impl DripAnswer {
    /// The most bytes of a body that comes slowly.
    pub const MOST_BYTES: u64 = 1024;

    pub(crate) fn validate(self) -> Result<(), InvalidFault> {
        checked::wait("drip_answer.every", self.every)?;
        if (1..=Self::MOST_BYTES).contains(&self.bytes) {
            return Ok(());
        }
        Err(InvalidFault::new(
            "drip_answer.bytes",
            self.bytes,
            "a size from 1 to 1024",
        ))
    }
}
