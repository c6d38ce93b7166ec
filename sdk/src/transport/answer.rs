//! Reading answers, with a limit on their size.

use std::io::Read;

use bytes::{Bytes, BytesMut};
use flate2::read::MultiGzDecoder;
use http::HeaderMap;
use http_body_util::BodyExt;
use hyper::body::{Body, Incoming};

use crate::export::AnswerError;

/// A whole body.
pub(crate) struct ReadBody {
    pub(crate) bytes: Bytes,
    pub(crate) trailers: Option<HeaderMap>,
}

/// Why a body could not be read.
pub(crate) enum BodyError {
    /// It is larger than the limit.
    TooLarge,
    /// The connection, or the stream, ended first. What had come of the body by then is kept out.
    Lost(hyper::Error),
}

/// Reads a body of at most `limit` bytes, and stops where it becomes larger.
pub(crate) async fn read_body(mut body: Incoming, limit: usize) -> Result<ReadBody, BodyError> {
    let mut bytes = BytesMut::new();
    let mut trailers = None;
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(BodyError::Lost)?;
        match frame.into_data() {
            Ok(data) => {
                if bytes.len() + data.len() > limit {
                    return Err(BodyError::TooLarge);
                }
                bytes.extend_from_slice(&data);
            }
            Err(frame) => trailers = frame.into_trailers().ok().or(trailers),
        }
        if body.is_end_stream() {
            break;
        }
    }
    Ok(ReadBody {
        bytes: bytes.freeze(),
        trailers,
    })
}

/// Inflates gzip to at most `limit` bytes, and stops where it becomes larger.
pub(crate) fn gunzip(compressed: &[u8], limit: usize) -> Result<Bytes, AnswerError> {
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
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::GzEncoder;
    use proptest::prelude::*;

    use super::*;

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(bytes).expect("written to memory");
        encoder.finish().expect("written to memory")
    }

    #[test]
    fn inflating_stops_at_the_limit() {
        let bomb = gzip(&vec![0; 1_000_000]);
        assert_eq!(
            gunzip(&bomb, 1_000_000).map(|bytes| bytes.len()),
            Ok(1_000_000)
        );
        assert_eq!(
            gunzip(&bomb, 999_999),
            Err(AnswerError::TooLarge {
                limit_bytes: 999_999
            })
        );
    }

    #[test]
    fn half_a_stream_is_an_error() {
        let whole = gzip(b"an answer");
        assert!(gunzip(&whole[..whole.len() / 2], 100).is_err());
        assert!(gunzip(b"<html>", 100).is_err());
    }

    proptest! {
        #[test]
        fn no_bytes_panic(bytes: Vec<u8>) {
            let _ = gunzip(&bytes, 100);
        }
    }
}
