//! Compression with gzip.

use std::io::{self, Read, Write};

use bytes::Bytes;
use flate2::Compression;
use flate2::read::MultiGzDecoder;
use flate2::write::GzEncoder;

use crate::export::AnswerError;

/// What receivers are told that answers may be compressed with.
pub(super) const ACCEPTED: Option<&str> = Some("gzip");

/// Appends `message` to `before`, compressed.
pub(crate) fn compress(before: Vec<u8>, message: &[u8]) -> io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(before, Compression::default());
    encoder.write_all(message)?;
    encoder.finish()
}

/// Inflates gzip to at most `limit` bytes, and stops where it becomes larger.
pub(super) fn decompress(compressed: &[u8], limit: usize) -> Result<Bytes, AnswerError> {
    let mut inflated = Vec::new();
    let stop_after = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
    MultiGzDecoder::new(compressed)
        .take(stop_after)
        .read_to_end(&mut inflated)
        .map_err(|error| AnswerError::Undecodable(format!("gzip: {error}")))?;
    if inflated.len() > limit {
        return Err(AnswerError::TooLarge { limit_bytes: limit });
    }
    Ok(inflated.into())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        compress(Vec::new(), bytes).expect("written to memory")
    }

    #[test]
    fn inflating_stops_at_the_limit() {
        let bomb = gzip(&vec![0; 1_000_000]);
        assert_eq!(
            decompress(&bomb, 1_000_000).map(|bytes| bytes.len()),
            Ok(1_000_000)
        );
        assert_eq!(
            decompress(&bomb, 999_999),
            Err(AnswerError::TooLarge {
                limit_bytes: 999_999
            })
        );
    }

    #[test]
    fn half_a_stream_is_an_error() {
        let whole = gzip(b"an answer");
        assert!(decompress(&whole[..whole.len() / 2], 100).is_err());
        assert!(decompress(b"<html>", 100).is_err());
    }

    proptest! {
        #[test]
        fn no_bytes_panic(bytes: Vec<u8>) {
            let _ = decompress(&bytes, 100);
        }
    }
}
