//! Reading answers, with a limit on their size.
#![cfg_attr(
    not(feature = "grpc"),
    expect(dead_code, reason = "only gRPC has trailers")
)]

use bytes::{Bytes, BytesMut};
use http::HeaderMap;
use http_body_util::BodyExt;
use hyper::body::{Body, Incoming};

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
