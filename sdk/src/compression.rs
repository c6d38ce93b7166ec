//! How bodies are compressed.

use std::fmt;
use std::str::FromStr;

/// The compression of requests.
///
/// Spec: OTLP exporter, "Supported values for `OTEL_EXPORTER_OTLP_*COMPRESSION` options" (`none`, `gzip`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Compression {
    /// Not compressed: the default.
    #[default]
    None,
    /// gzip.
    Gzip,
}

impl Compression {
    /// Every compression.
    pub const ALL: [Self; 2] = [Self::None, Self::Gzip];
}

impl fmt::Display for Compression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::None => "none",
            Self::Gzip => "gzip",
        })
    }
}

/// The text is neither `none` nor `gzip`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a compression (none or gzip)")]
pub struct UnknownCompression;

/// In any case.
impl FromStr for Compression {
    type Err = UnknownCompression;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.to_ascii_lowercase().as_str() {
            "none" => Ok(Self::None),
            "gzip" => Ok(Self::Gzip),
            _ => Err(UnknownCompression),
        }
    }
}
