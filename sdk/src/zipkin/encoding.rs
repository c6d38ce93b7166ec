//! The two encodings of version 2 of the format.

use std::fmt;
use std::str::FromStr;

/// How spans are written for Zipkin.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum ZipkinEncoding {
    /// JSON, which every receiver reads: the default.
    #[default]
    Json,
    /// Protobuf, which is smaller.
    Protobuf,
}

impl ZipkinEncoding {
    /// Every encoding.
    pub const ALL: [Self; 2] = [Self::Json, Self::Protobuf];

    /// The name of it in the environment, after that of the protocols of OTLP: `http/json`, `http/protobuf`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Json => "http/json",
            Self::Protobuf => "http/protobuf",
        }
    }

    pub(super) const fn content_type(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::Protobuf => "application/x-protobuf",
        }
    }
}

impl fmt::Display for ZipkinEncoding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The text is none of the two names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an encoding of Zipkin (http/json or http/protobuf)")]
pub struct UnknownZipkinEncoding;

/// In any case.
impl FromStr for ZipkinEncoding {
    type Err = UnknownZipkinEncoding;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|encoding| encoding.name().eq_ignore_ascii_case(text))
            .ok_or(UnknownZipkinEncoding)
    }
}
