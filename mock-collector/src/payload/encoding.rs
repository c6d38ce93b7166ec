//! Compression of bodies.

use std::fmt;
use std::io::Read;

use bytes::Bytes;
use flate2::read::MultiGzDecoder;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::journal::BodyError;

/// How a body is compressed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Encoding {
    /// Not at all.
    #[default]
    Identity,
    /// `gzip`.
    Gzip,
    /// `snappy`, in its block format; over remote write alone.
    Snappy,
}

/// How many bytes a byte of a block of Snappy can stand for, rounded up: three bytes copy 64 at most.
///
/// Source: google/snappy, `format_description.txt`.
const SNAPPY_RATIO: u64 = 22;

impl Encoding {
    /// The encoding with this name in OTLP's `content-encoding` or `grpc-encoding`; an empty name is `identity`.
    pub fn from_name(name: &str) -> Option<Self> {
        match name {
            "" | "identity" => Some(Self::Identity),
            "gzip" => Some(Self::Gzip),
            _ => None,
        }
    }

    /// The bytes without compression. Not compressed, they are shared, not copied.
    ///
    /// Stops at the limit: a small body that would become a large one costs no more than the limit.
    ///
    /// # Errors
    ///
    /// [`BodyError::TooLarge`] beyond `limit_bytes`, [`BodyError::Decompression`] where the bytes are not what they
    /// should be.
    pub fn decompress(self, wire: &Bytes, limit_bytes: u64) -> Result<Bytes, BodyError> {
        let too_large = |length: usize| u64::try_from(length).unwrap_or(u64::MAX) > limit_bytes;
        match self {
            Self::Identity if too_large(wire.len()) => Err(BodyError::TooLarge { limit_bytes }),
            Self::Identity => Ok(wire.clone()),
            Self::Gzip => {
                let mut plain = Vec::with_capacity(wire.len().saturating_mul(4).min(1 << 20));
                MultiGzDecoder::new(wire.as_ref())
                    .take(limit_bytes.saturating_add(1))
                    .read_to_end(&mut plain)
                    .map_err(|error| BodyError::Decompression(error.to_string()))?;
                if too_large(plain.len()) {
                    return Err(BodyError::TooLarge { limit_bytes });
                }
                Ok(plain.into())
            }
            Self::Snappy => {
                // A block begins with the length of what it becomes, which is reserved at once: nobody has to keep it.
                let length = snap::raw::decompress_len(wire)
                    .map_err(|error| BodyError::Decompression(error.to_string()))?;
                if too_large(length) {
                    return Err(BodyError::TooLarge { limit_bytes });
                }
                let possible = (wire.len() as u64).saturating_mul(SNAPPY_RATIO);
                if length as u64 > possible {
                    return Err(BodyError::Decompression(format!(
                        "snappy: {} bytes cannot become {length}",
                        wire.len()
                    )));
                }
                snap::raw::Decoder::new()
                    .decompress_vec(wire)
                    .map(Bytes::from)
                    .map_err(|error| BodyError::Decompression(error.to_string()))
            }
        }
    }
}

impl fmt::Display for Encoding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Identity => "identity",
            Self::Gzip => "gzip",
            Self::Snappy => "snappy",
        })
    }
}
